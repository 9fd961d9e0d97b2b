import { createSignatureAgent, noteAgentCheck, setAgentAddress } from '@/lib/wallet/signature-agent'

export const AGENT = 'https://agent.example'

/** Makes a signature agent in the unlocked wallet, as if its key had been found published at the address. */
export async function readyAgent(address = AGENT): Promise<void> {
  await createSignatureAgent()
  await setAgentAddress(address)
  await noteAgentCheck(address, true)
}
