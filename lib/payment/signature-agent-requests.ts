import type { Handlers } from '@/lib/messaging/messaging'
import type { Interlock } from '@/lib/queue'
import { checkDirectory, hosting } from '@/lib/wallet/key-directory'
import {
  createSignatureAgent,
  removeSignatureAgent,
  setAgentAddress,
  signatureAgent,
} from '@/lib/wallet/signature-agent'
import { stayUnlocked } from '@/lib/wallet/vault'

interface Services {
  /** Holds changes back while a signature is made. */
  readonly signing: Interlock
  readonly announceChange: () => void
}

type AgentMessage = 'get' | 'create' | 'remove' | 'setAddress' | 'hosting' | 'check'

/** What the screens may ask about the signature agent. */
export function signatureAgentHandlers({
  signing,
  announceChange,
}: Services): Pick<Handlers, `signatureAgent.${AgentMessage}`> {
  const act = async <Output>(step: Promise<Output>): Promise<Output> => {
    const output = await step
    await stayUnlocked()
    announceChange()
    return output
  }
  return {
    'signatureAgent.get': async () => {
      const agent = await signatureAgent()
      return agent && { keyId: agent.keyId, address: agent.address, checkedAt: agent.checkedAt }
    },
    'signatureAgent.create': () => act(signing.change(createSignatureAgent)),
    'signatureAgent.remove': () => act(signing.change(removeSignatureAgent)),
    'signatureAgent.setAddress': ({ address }) => act(signing.change(() => setAgentAddress(address))),
    'signatureAgent.hosting': () => act(hosting()),
    'signatureAgent.check': () => act(checkDirectory()),
  }
}
