/*
 * A stand-in for MetaMask: an extension of its own that speaks MetaMask's wire protocol over a real port, signs with play keys,
 * and has a person who answers as the test says. It is not MetaMask: docs/wallets.md says what it cannot show.
 */
import { createWalletClient, defineChain, getAddress, type Hex, http, isHex, type TypedDataDefinition } from 'viem'
import { privateKeyToAccount, privateKeyToAddress } from 'viem/accounts'
import { type Answer, type Asked, DEFAULTS, type Settings } from '../settings.ts'

interface Port {
  readonly sender?: { readonly id?: string; readonly url?: string }
  readonly onMessage: { addListener(listener: (message: Message) => void): void }
  readonly onDisconnect: { addListener(listener: () => void): void }
  postMessage(message: unknown): void
  disconnect(): void
}

interface Message {
  readonly name: string
  readonly data: { readonly id: number; readonly method: string; readonly params?: readonly unknown[] }
}

/** As much of the browser's extension API as is used here. */
declare const chrome: {
  runtime: { onConnectExternal: { addListener(listener: (port: Port) => void): void } }
  storage: {
    local: { get(keys: object): Promise<object>; set(values: object): Promise<void> }
    onChanged: { addListener(listener: (changes: Record<string, unknown>) => void): void }
  }
}

/** An error as MetaMask words it. */
class RpcError extends Error {
  readonly code: number
  constructor(code: number, message: string) {
    super(message)
    this.code = code
  }
}

const settings = async (): Promise<Settings> => (await chrome.storage.local.get(DEFAULTS)) as Settings
const set = (changes: Partial<Settings>): Promise<void> => chrome.storage.local.set(changes)

const ports = new Set<Port>()

chrome.runtime.onConnectExternal.addListener((port) => {
  ports.add(port)
  port.onDisconnect.addListener(() => ports.delete(port))
  port.onMessage.addListener(({ name, data }) => {
    if (name !== 'metamask-provider') return
    void answer(port, data)
  })
})

/** What it tells everybody by itself. */
chrome.storage.onChanged.addListener(async (changes) => {
  const { chainId } = await settings()
  if (changes.keys || changes.isLocked) notify('metamask_accountsChanged', await accounts())
  if (changes.chainId) notify('metamask_chainChanged', network(chainId))
})

function notify(method: string, params: unknown): void {
  for (const port of ports) post(port, { jsonrpc: '2.0', method, params })
}

function post(port: Port, data: unknown): void {
  try {
    port.postMessage({ name: 'metamask-provider', data })
  } catch {
    ports.delete(port) // whoever asked is gone
  }
}

async function answer(port: Port, { id, method, params = [] }: Message['data']): Promise<void> {
  await note({ from: port.sender?.id ?? '', method, params })
  const { closesOn, hangsOn } = await settings()
  if (closesOn === method || closesOn === 'every') {
    ports.delete(port)
    return port.disconnect()
  }
  if (hangsOn === method || hangsOn === 'every') return
  const run = METHODS[method]
  try {
    if (!run) throw new RpcError(-32601, `The method "${method}" does not exist / is not available.`)
    post(port, { id, jsonrpc: '2.0', result: await run(params) })
  } catch (error) {
    const { code = -32603, message } = error as Partial<RpcError> & Error
    post(port, { id, jsonrpc: '2.0', error: { code, message } })
  }
}

/** Kept where the test can read it. One after another, so that none is lost. */
let noting: Promise<unknown> = Promise.resolve()
function note(asked: Asked): Promise<unknown> {
  noting = noting.then(async () => {
    const { asked: before } = (await chrome.storage.local.get({ asked: [] })) as { asked: Asked[] }
    await chrome.storage.local.set({ asked: [...before, asked] })
  })
  return noting
}

const network = (chainId: number) => ({
  chainId: `0x${chainId.toString(16)}`,
  networkVersion: chainId.toString(),
  isConnected: true,
})

/** The accounts that whoever asks may know now. */
async function accounts(): Promise<Hex[]> {
  const { keys, isLocked } = await settings()
  return isLocked ? [] : keys.map((key) => privateKeyToAddress(key).toLowerCase() as Hex)
}

/** One of the windows: resolves once the person has confirmed. */
async function inWindow(window: 'unlock' | 'change' | 'add' | 'sign'): Promise<void> {
  if ((await settings()).isBusy) throw new RpcError(-32002, 'Request already pending. Please wait.')
  const { promise, resolve } = Promise.withResolvers<Answer>()
  const look = async () => {
    const { [window]: said } = await settings()
    if (said !== 'wait') resolve(said)
  }
  chrome.storage.onChanged.addListener(() => void look())
  await look()
  if ((await promise) === 'reject') throw new RpcError(4001, 'User rejected the request.')
}

/** The key of an account that may be used. */
async function keyOf(address: unknown): Promise<Hex> {
  const { keys, signsWith } = await settings()
  const key = keys.find((one) => typeof address === 'string' && privateKeyToAddress(one) === getAddress(address))
  if (!key || !(await accounts()).length)
    throw new RpcError(4100, 'The requested account and/or method has not been authorized by the user.')
  return signsWith ?? key
}

function chainIdOf([parameter]: readonly unknown[]): number {
  const { chainId } = parameter as { chainId: unknown }
  if (!isHex(chainId)) throw new RpcError(-32602, 'Expected 0x-prefixed hexadecimal string "chainId".')
  return Number(chainId)
}

const METHODS: Readonly<Record<string, (params: readonly unknown[]) => Promise<unknown>>> = {
  metamask_getProviderState: async () => {
    const { chainId, isLocked } = await settings()
    return { accounts: await accounts(), isUnlocked: !isLocked, ...network(chainId) }
  },
  eth_accounts: accounts,
  eth_requestAccounts: async () => {
    const allowed = await accounts()
    if (allowed.length > 0) return allowed
    await inWindow('unlock')
    await set({ isLocked: false })
    return accounts()
  },
  eth_chainId: async () => network((await settings()).chainId).chainId,
  wallet_switchEthereumChain: async (params) => {
    const chainId = chainIdOf(params)
    const { chainId: active, knownChains } = await settings()
    if (!knownChains.includes(chainId))
      throw new RpcError(4902, `Unrecognized chain ID "0x${chainId.toString(16)}". Try adding the chain first.`)
    if (chainId === active) return null
    await inWindow('change')
    await set({ chainId })
    return null
  },
  wallet_addEthereumChain: async (params) => {
    const chainId = chainIdOf(params)
    await inWindow('add')
    await set({ knownChains: [...(await settings()).knownChains, chainId] })
    return null
  },
  eth_signTypedData_v4: async ([address, text]) => {
    const data = JSON.parse(String(text)) as TypedDataDefinition
    const { chainId } = await settings()
    if (Number(data.domain?.chainId) !== chainId)
      throw new RpcError(
        -32602,
        `Provided chainId "${data.domain?.chainId}" must match the active chainId "${chainId}"`,
      )
    await keyOf(address)
    await inWindow('sign')
    return privateKeyToAccount(await keyOf(address)).signTypedData(data)
  },
  eth_sendTransaction: async ([parameter]) => {
    const { from, to, data, value } = parameter as { from: Hex; to: Hex; data: Hex; value: Hex }
    const { chainId, rpcUrl } = await settings()
    const account = privateKeyToAccount(await keyOf(from))
    await inWindow('sign')
    const chain = defineChain({
      id: chainId,
      name: 'active',
      nativeCurrency: { name: 'Coin', symbol: 'COIN', decimals: 18 },
      rpcUrls: { default: { http: [rpcUrl] } },
    })
    const wallet = createWalletClient({ account, chain, transport: http() })
    return wallet.sendTransaction({ to, data, value: BigInt(value) })
  },
}
