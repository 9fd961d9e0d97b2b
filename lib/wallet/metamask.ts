import { createExternalExtensionProvider } from '@metamask/providers'
import {
  getAddress,
  getTypesForEIP712Domain,
  type Hex,
  hashTypedData,
  isAddressEqual,
  numberToHex,
  parseSignature,
  recoverAddress,
  serializeSignature,
  serializeTypedData,
  type TypedDataDefinition,
} from 'viem'
import { storage } from 'wxt/utils/storage'
import { z } from 'zod'
import { type ErrorCode, TuppenceError } from '@/lib/errors'
import { type EvmNetwork, NETWORKS } from '@/lib/money/networks'
import { createQueue } from '@/lib/queue'

/*
 * MetaMask is another extension: it holds its own keys and asks the person in its own window. It is spoken to over a port
 * between the two extensions, so it sees Tuppence as who asks, and never the site.
 */

/** What needs no person is answered at once, or MetaMask hangs. */
const ALONE_MS = 5_000
/**
 * How long a person may take in MetaMask's window, as long as for Tuppence's own question: they may have to unlock it, read
 * what they sign, and fetch a hardware wallet. What a site's offer allows is often shorter, and ends it sooner.
 */
const WITH_PERSON_MS = 5 * 60_000

/** MetaMask's id where each browser gets its extensions from. Other builds have others. */
const STORE_IDS = {
  chrome: 'nkbihfbeogaeaoehlefnkodbefgpgknn',
  edge: 'ejbalbakoplchlghecdalmeeeajnimhm',
  firefox: 'webextension@metamask.io',
} as const

/** Chromium's ids, and Firefox's two forms. */
const EXTENSION_ID = /^([a-p]{32}|\{[0-9a-f-]{36}\}|[\w.-]{1,80}@[\w.-]{1,80})$/

interface Stored {
  /** Null for the one from the browser's own store. */
  readonly extensionId: string | null
  readonly account: Hex | null
  readonly pays: boolean
}

const NOTHING: Stored = { extensionId: null, account: null, pays: false }
const stored = storage.defineItem<Stored>('local:metamask', { fallback: NOTHING, version: 1 })

export interface MetaMaskState {
  readonly extensionId: string
  /** The account that was connected, as EIP-55 writes it. */
  readonly account: Hex | null
  /** Whether that account pays on EVM networks, in place of the spending wallet's. */
  readonly pays: boolean
}

export async function state(): Promise<MetaMaskState> {
  const { extensionId, account, pays } = await stored.getValue()
  return { extensionId: extensionId ?? storeId(), account, pays: pays && account !== null }
}

/**
 * The connected account, as EIP-55 writes it. While there is none, MetaMask opens its own window to choose one, unless it was
 * allowed there before, and that is remembered. Another account comes only after `disconnect`: the connected one may be paying,
 * whichever MetaMask shows. Throws `metamask_missing`, `metamask_rejected`, `metamask_locked`, `metamask_busy`,
 * `metamask_unreachable`, `metamask_failed`.
 */
export async function connect(): Promise<Hex> {
  const { account } = await state()
  if (account !== null) return account
  const [chosen] = await requestAccounts()
  if (!chosen) throw new TuppenceError('metamask_locked')
  await change({ account: chosen })
  return chosen
}

/** Forgets the account here, and stops paying with it. What MetaMask allows Tuppence is changed in MetaMask. */
export const disconnect = (): Promise<void> => change({ account: null, pays: false })

/** Pays with the connected account from now on, or no more. Throws `metamask_not_connected` while there is none. */
export async function setPays(pays: boolean): Promise<void> {
  if (pays && (await state()).account === null) throw new TuppenceError('metamask_not_connected')
  await change({ pays })
}

/** Speaks to another build of MetaMask, or (null) to the store's. Its account is another's. Throws `invalid_extension_id`. */
export async function setExtensionId(id: string | null): Promise<void> {
  if (id !== null && !EXTENSION_ID.test(id)) throw new TuppenceError('invalid_extension_id')
  connection = null
  await change({ ...NOTHING, extensionId: id === storeId() ? null : id })
}

/**
 * Gets MetaMask ready to sign with an account on a network: unlocked, the account allowed, the network chosen (and added, where
 * MetaMask does not know it). Throws `metamask_wrong_account`, `metamask_wrong_chain`, and what `connect` throws.
 */
export async function prepare(from: Hex, network: EvmNetwork): Promise<void> {
  const allowed = await accounts()
  if (!allowed.some((account) => isAddressEqual(account, from)))
    throw new TuppenceError('metamask_wrong_account', { account: from })
  await choose(network)
}

/**
 * Has a person sign typed data (EIP-712) in MetaMask's window, on the network of its domain. The signature was checked to be
 * the account's. Throws `metamask_rejected` only when the person said no to this very signature, so that there is none; else
 * what `prepare` throws.
 */
export async function signTypedData(from: Hex, typedData: TypedDataDefinition): Promise<Hex> {
  const { domain = {}, types, primaryType, message } = typedData
  const network = evmNetwork(Number(domain.chainId))
  await prepare(from, network)
  const text = serializeTypedData({
    domain,
    types: { EIP712Domain: getTypesForEIP712Domain({ domain }), ...types },
    primaryType,
    message,
  } as TypedDataDefinition)
  const answer = await ask('eth_signTypedData_v4', [from, text], signatureSchema, WITH_PERSON_MS)
  const signature = parsed(answer)
  const signer = await recoverAddress({ hash: hashTypedData(typedData), signature }).catch(() => null)
  if (!signer || !isAddressEqual(signer, from)) throw new TuppenceError('metamask_wrong_account', { account: from })
  return signature
}

/**
 * Hands a transaction in for the person to confirm, and gives its hash once MetaMask has sent it. Throws `metamask_rejected` when
 * they said no, and what `prepare` throws. After any other error it may have been sent all the same.
 */
export async function sendTransaction(
  network: EvmNetwork,
  transaction: { readonly from: Hex; readonly to: Hex; readonly data: Hex },
): Promise<Hex> {
  await prepare(transaction.from, network)
  const chainId = numberToHex(network.chainId)
  return ask('eth_sendTransaction', [{ ...transaction, value: '0x0', chainId }], hashSchema, WITH_PERSON_MS)
}

const hex = (digits: number) => z.templateLiteral(['0x', z.string().regex(new RegExp(`^[0-9a-fA-F]{${digits}}$`))])
const signatureSchema = hex(130)
const hashSchema = hex(64)
const accountsSchema = z.array(hex(40).transform((account) => getAddress(account)))
const chainSchema = z.templateLiteral(['0x', z.string().regex(/^[0-9a-fA-F]{1,16}$/)])

/** Some hardware wallets end it with 0 or 1, where contracts want 27 or 28. */
function parsed(signature: Hex): Hex {
  try {
    return serializeSignature(parseSignature(signature))
  } catch (error) {
    throw new TuppenceError('metamask_failed', {}, { cause: error })
  }
}

function evmNetwork(chainId: number): EvmNetwork {
  const network = NETWORKS.find((one) => one.family === 'evm' && one.chainId === chainId)
  if (network?.family !== 'evm') throw new TuppenceError('internal')
  return network
}

/** The accounts that MetaMask allows us. While it is locked there are none, so that it is asked to unlock. */
async function accounts(): Promise<Hex[]> {
  const allowed = await ask('eth_accounts', [], accountsSchema, ALONE_MS)
  if (allowed.length > 0) return allowed
  return requestAccounts().catch((error: unknown) => {
    // Whoever closes the window that unlocks it has said nothing about the payment.
    throw is(error, 'metamask_rejected') ? new TuppenceError('metamask_locked') : error
  })
}

const requestAccounts = (): Promise<Hex[]> => ask('eth_requestAccounts', [], accountsSchema, WITH_PERSON_MS)

const isOn = async ({ chainId }: EvmNetwork): Promise<boolean> =>
  Number(await ask('eth_chainId', [], chainSchema, ALONE_MS)) === chainId

/** Has MetaMask change to a network. A person may be asked. */
async function choose(network: EvmNetwork): Promise<void> {
  const { chainId, name, coin, suggestedRpc, explorer } = network
  if (await isOn(network)) return
  const id = numberToHex(chainId)
  const change = () => ask('wallet_switchEthereumChain', [{ chainId: id }], z.unknown(), WITH_PERSON_MS)
  try {
    await change().catch(async (error: unknown) => {
      if (!is(error, 'metamask_wrong_chain')) throw error
      const added = {
        chainId: id,
        chainName: name,
        nativeCurrency: { name: coin, symbol: coin, decimals: 18 },
        // Never the address that the user chose for Tuppence: it may hold a key of theirs.
        rpcUrls: [suggestedRpc],
        blockExplorerUrls: [explorer.replace('/tx/{}', '')],
      }
      await ask('wallet_addEthereumChain', [added], z.unknown(), WITH_PERSON_MS)
      if (!(await isOn(network))) await change()
    })
  } catch (error) {
    if (is(error, 'metamask_rejected') || is(error, 'metamask_wrong_chain'))
      throw new TuppenceError('metamask_wrong_chain', { network: name }, { cause: error })
    throw error
  }
  if (!(await isOn(network))) throw new TuppenceError('metamask_wrong_chain', { network: name })
}

type Provider = ReturnType<typeof createExternalExtensionProvider>

/** A port to MetaMask. Once it is lost it stays lost: the next one to ask opens another. */
interface Connection {
  readonly extensionId: string
  readonly provider: Provider
  /** Rejects when the port is lost. What was asked over it is never answered. */
  readonly lost: Promise<never>
  /** Whether anything was answered over it. */
  answered: boolean
}

let connection: Connection | null = null

/** MetaMask's provider says so when its port is gone, and not when its chain is out of reach. */
const PORT_LOST = 1011

function open(extensionId: string): Connection {
  if (connection?.extensionId === extensionId) return connection
  const { promise: lost, reject } = Promise.withResolvers<never>()
  lost.catch(() => undefined)
  const opened: Connection = { extensionId, provider: providerOf(extensionId), lost, answered: false }
  opened.provider.on('disconnect', (error: unknown) => {
    if (codeOf(error) !== PORT_LOST) return
    drop(opened)
    // A browser closes a port at once behind which there is nobody, or nobody who lets us in.
    reject(new TuppenceError(opened.answered ? 'metamask_unreachable' : 'metamask_missing', {}, { cause: error }))
  })
  connection = opened
  return opened
}

function providerOf(extensionId: string): Provider {
  try {
    return createExternalExtensionProvider(extensionId)
  } catch (error) {
    throw new TuppenceError('metamask_missing', {}, { cause: error })
  }
}

function drop(lost: Connection): void {
  if (connection === lost) connection = null
}

/** Asks MetaMask. What comes back too late is heard by nobody. */
async function ask<T>(method: string, params: unknown[], schema: z.ZodType<T>, withinMs: number): Promise<T> {
  const asked = open((await state()).extensionId)
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      drop(asked)
      reject(new TuppenceError('metamask_unreachable'))
    }, withinMs)
  })
  try {
    const answer = await Promise.race([asked.provider.request({ method, params }), asked.lost, late])
    asked.answered = true
    return schema.parse(answer)
  } catch (error) {
    throw error instanceof TuppenceError ? error : failure(asked, error)
  } finally {
    clearTimeout(timer)
  }
}

/** What MetaMask's errors mean (EIP-1193, EIP-1474, and two of its own). */
const CODES: Readonly<Record<number, ErrorCode>> = {
  4001: 'metamask_rejected',
  4100: 'metamask_locked',
  4902: 'metamask_wrong_chain',
  [-32002]: 'metamask_busy',
}

function failure(asked: Connection, error: unknown): TuppenceError {
  const code = codeOf(error)
  if (code !== null) asked.answered = true
  return new TuppenceError(CODES[code ?? 0] ?? 'metamask_failed', {}, { cause: error })
}

const codeOf = (error: unknown): number | null => z.object({ code: z.number() }).safeParse(error).data?.code ?? null

const is = (error: unknown, code: ErrorCode): boolean => error instanceof TuppenceError && error.code === code

const inOrder = createQueue()
const change = (changes: Partial<Stored>): Promise<void> =>
  inOrder(async () => stored.setValue({ ...(await stored.getValue()), ...changes }))

function storeId(): string {
  const { userAgent } = navigator
  if (userAgent.includes('Firefox/')) return STORE_IDS.firefox
  return userAgent.includes('Edg/') ? STORE_IDS.edge : STORE_IDS.chrome
}
