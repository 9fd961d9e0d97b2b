import { createHash, randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { json } from 'node:stream/consumers'
import { base58 } from '@scure/base'
import {
  type Address,
  type Base64EncodedWireTransaction,
  getBase64Encoder,
  getCompiledTransactionMessageDecoder,
  getTransactionDecoder,
  lamports,
  type Transaction,
} from '@solana/kit'
import { FailedTransactionMetadata, LiteSVM } from 'litesvm'
import { parseUnits } from 'viem'
import { PROGRAMS, tokenAccountOf } from '../lib/money/solana.ts'
import { serve } from './server.ts'

/** The network that it says it is: Solana Devnet, in CAIP-2. */
export const SOLANA = 'solana:EtWTRABZaYq6iMfeYKouRu166VU2xqa1'
/** The hash of Devnet's first block, of which CAIP-2 has the beginning. */
const GENESIS = 'EtWTRABZaYq6iMfeYKouRu166VU2xqa1wcaWoxPkrZBG'
/** USDC's mint on Devnet. */
export const SOLANA_USDC = '4zMMC9srt5Ri5X14GAgXhaHii3GnPAEERYPJgZJDncDU'

const DECIMALS = 6
const USDC = { address: SOLANA_USDC, program: PROGRAMS.token }

const BLOCK_MS = 400
/** A transaction can be in as many blocks after the one that it names. */
const USABLE_BLOCKS = 150
/** A block is final when so many are on top of it. */
const FINAL_BLOCKS = 32
/** Not every slot has had a block. */
const EMPTY_SLOTS = 1_000
const START_HEIGHT = 10_000
const MINT_LENGTH = 82
const ACCOUNT_LENGTH = 165

/** Solana's own codes of errors, as far as clients tell them apart. */
const ERRORS = { invalid: -32602, unknownMethod: -32601, badSignature: -32003, tooEarly: -32016 } as const

/** A local Solana that looks like Devnet: the real virtual machine and token programs, with USDC at its known address. */
export interface Solana {
  readonly rpcUrl: string
  /** Gives `address` USDC out of nothing; `usd` is dollars as a decimal, like "1.50". */
  fund(address: string, usd: string): Promise<void>
  /** Gives `address` what fees are paid of. */
  fundFees(address: string): void
  /** The USDC of `address` in atomic units. */
  balanceOf(address: string): Promise<bigint>
  /** Lets so many blocks pass at once. A new one comes every 0.4 seconds anyway. */
  passBlocks(count: number): void
  /** Ends it; all its state is gone. */
  stop(): Promise<void>
}

class RpcError extends Error {
  readonly code: number

  constructor(code: number, message: string) {
    super(message)
    this.code = code
  }
}

/** A transaction that is in a block. */
interface Landed {
  readonly signature: string
  readonly wire: string
  readonly height: number
  readonly time: number
  readonly err: unknown
  readonly accounts: readonly string[]
}

interface Options {
  readonly commitment?: string
  readonly minContextSlot?: number
  readonly encoding?: string
  readonly limit?: number
  readonly before?: string
  readonly sigVerify?: boolean
  readonly dataSlice?: { readonly offset: number; readonly length: number }
}

/**
 * Starts Solana's virtual machine (litesvm) behind a JSON-RPC server on 127.0.0.1, which adds what it has none of: blocks that
 * come with time, the hashes that transactions name, finality, and a history to search.
 * @throws PlaygroundError when the port is taken
 */
export async function startSolana(port = 0): Promise<Solana> {
  const chain = new Cluster()
  const { url, stop } = await serve(
    '127.0.0.1',
    async (request, response) => {
      response.setHeader('content-type', 'application/json')
      const calls = await readCalls(request)
      const answers = (Array.isArray(calls) ? calls : [calls]).map(({ id, method, params = [] }) => {
        try {
          return { jsonrpc: '2.0', id, result: chain.answer(method, params) }
        } catch (error) {
          const code = error instanceof RpcError ? error.code : ERRORS.invalid
          return {
            jsonrpc: '2.0',
            id,
            error: { code, message: error instanceof Error ? error.message : String(error) },
          }
        }
      })
      response.end(JSON.stringify(Array.isArray(calls) ? answers : answers[0]))
    },
    port,
  )
  return {
    rpcUrl: url,
    fund: (address, usd) => chain.give(address, parseUnits(usd, DECIMALS)),
    fundFees: (address) => chain.giveFees(address),
    balanceOf: (address) => chain.balanceOf(address),
    passBlocks: (count) => chain.passBlocks(count),
    stop,
  }
}

interface Call {
  readonly id: unknown
  readonly method: string
  readonly params?: readonly unknown[]
}

const readCalls = (request: IncomingMessage): Promise<Call | Call[]> => json(request) as Promise<Call | Call[]>

class Cluster {
  readonly #svm = new LiteSVM().withBlockhashCheck(false)
  readonly #history: Landed[] = []
  readonly #seed = randomBytes(32)
  readonly #startedAt = Date.now()
  #passed = 0

  constructor() {
    const mint = Buffer.alloc(MINT_LENGTH)
    mint.writeBigUInt64LE(10n ** 15n, 36)
    mint[44] = DECIMALS
    mint[45] = 1 // initialized
    this.#set(SOLANA_USDC, mint)
  }

  passBlocks(count: number): void {
    this.#passed += count
  }

  giveFees(address: string): void {
    this.#svm.airdrop(address as Address, lamports(10n ** 12n))
  }

  async give(owner: string, units: bigint): Promise<void> {
    const account = Buffer.alloc(ACCOUNT_LENGTH)
    account.set(base58.decode(SOLANA_USDC), 0)
    account.set(base58.decode(owner), 32)
    account.writeBigUInt64LE((await this.balanceOf(owner)) + units, 64)
    account[108] = 1 // initialized
    this.#set(await tokenAccountOf(owner, USDC), account)
  }

  async balanceOf(owner: string): Promise<bigint> {
    const account = this.#svm.getAccount((await tokenAccountOf(owner, USDC)) as Address)
    return account.exists ? Buffer.from(account.data).readBigUInt64LE(64) : 0n
  }

  #set(address: string, data: Uint8Array): void {
    this.#svm.setAccount({
      address: address as Address,
      programAddress: PROGRAMS.token as Address,
      lamports: lamports(this.#svm.minimumBalanceForRentExemption(BigInt(data.length))),
      space: BigInt(data.length),
      executable: false,
      data,
    })
  }

  /** One call of JSON-RPC. Throws `RpcError`. */
  answer(method: string, params: readonly unknown[]): unknown {
    const [first, second] = params
    const options = ((typeof first === 'object' && !Array.isArray(first) ? first : second) ?? {}) as Options
    const slot = this.#slotOf(this.#height(options.commitment))
    if (options.minContextSlot !== undefined && options.minContextSlot > slot)
      throw new RpcError(ERRORS.tooEarly, 'Minimum context slot has not been reached')
    const inContext = (value: unknown) => ({ context: { slot }, value })
    switch (method) {
      case 'getGenesisHash':
        return GENESIS
      case 'getFirstAvailableBlock':
        return 0
      case 'getSlot':
        return slot
      case 'getBlockHeight':
        return this.#height(options.commitment)
      case 'getEpochInfo':
        return {
          absoluteSlot: slot,
          blockHeight: this.#height(options.commitment),
          epoch: 0,
          slotIndex: slot,
          slotsInEpoch: 432_000,
        }
      case 'getLatestBlockhash': {
        const height = this.#height(options.commitment)
        return inContext({ blockhash: this.#hashOf(height), lastValidBlockHeight: height + USABLE_BLOCKS })
      }
      case 'getAccountInfo':
        return inContext(this.#account(first as string, options))
      case 'getMultipleAccounts':
        return inContext((first as string[]).map((address) => this.#account(address, options)))
      case 'simulateTransaction':
        return inContext(this.#simulate(first as string, options))
      case 'sendTransaction':
        return this.#send(first as string)
      case 'getSignatureStatuses':
        return inContext((first as string[]).map((signature) => this.#status(signature)))
      case 'getSignaturesForAddress':
        return this.#signatures(first as string, options)
      case 'getTransaction':
        return this.#transaction(first as string, options)
      default:
        throw new RpcError(ERRORS.unknownMethod, `The playground does not know ${method}.`)
    }
  }

  /** Of the latest block, or of the latest that is final: Solana's default. */
  #height(commitment = 'finalized'): number {
    const latest = START_HEIGHT + Math.floor((Date.now() - this.#startedAt) / BLOCK_MS) + this.#passed
    return commitment === 'finalized' ? latest - FINAL_BLOCKS : latest
  }

  #slotOf(height: number): number {
    return height + EMPTY_SLOTS
  }

  #hashOf(height: number): string {
    return base58.encode(createHash('sha256').update(this.#seed).update(String(height)).digest())
  }

  #isUsable(blockhash: string): boolean {
    const latest = this.#height('processed')
    return Array.from({ length: USABLE_BLOCKS + 1 }, (_, back) => this.#hashOf(latest - back)).includes(blockhash)
  }

  #account(address: string, { encoding = 'base64', dataSlice }: Options): unknown {
    if (encoding !== 'base64') throw new RpcError(ERRORS.invalid, 'The playground gives accounts in base64 only.')
    const account = this.#svm.getAccount(address as Address)
    if (!account.exists) return null
    const { offset = 0, length = account.data.length } = dataSlice ?? {}
    const data = Buffer.from(account.data.slice(offset, offset + length)).toString('base64')
    const { programAddress, lamports, executable } = account
    return {
      owner: programAddress,
      data: [data, 'base64'],
      lamports: Number(lamports),
      executable,
      rentEpoch: 0,
      space: account.data.length,
    }
  }

  #simulate(wire: string, { sigVerify = false }: Options): unknown {
    const { transaction, blockhash } = read(wire)
    const result = this.#isUsable(blockhash)
      ? this.#svm.withSigverify(sigVerify).simulateTransaction(transaction)
      : null
    const err =
      result === null ? 'BlockhashNotFound' : result instanceof FailedTransactionMetadata ? errorOf(result) : null
    return { err, logs: [], accounts: null, unitsConsumed: 0, returnData: null, innerInstructions: null }
  }

  /** As a server does that was told to skip its own trial: what comes too late is never heard of again. */
  #send(wire: string): string {
    const { transaction, blockhash, signature, accounts } = read(wire)
    if (!this.#isUsable(blockhash) || this.#find(signature)) return signature
    const result = this.#svm.withSigverify(true).sendTransaction(transaction)
    const err = result instanceof FailedTransactionMetadata ? errorOf(result) : null
    if (err === 'SignatureFailure')
      throw new RpcError(ERRORS.badSignature, 'Transaction signature verification failure')
    const height = this.#height('processed')
    this.#history.unshift({ signature, wire, height, time: Math.floor(Date.now() / 1000), err, accounts })
    return signature
  }

  #find(signature: string, commitment = 'processed'): Landed | undefined {
    const height = this.#height(commitment)
    return this.#history.find((landed) => landed.signature === signature && landed.height <= height)
  }

  #status(signature: string): unknown {
    const landed = this.#find(signature)
    if (!landed) return null
    const { height, err } = landed
    const isFinal = height <= this.#height()
    return {
      slot: this.#slotOf(height),
      confirmations: isFinal ? null : 1,
      err,
      status: err === null ? { Ok: null } : { Err: err },
      confirmationStatus: isFinal ? 'finalized' : 'confirmed',
    }
  }

  #signatures(address: string, { commitment, limit = 1_000, before }: Options): unknown {
    const known = this.#history.filter(
      ({ accounts, height }) => accounts.includes(address) && height <= this.#height(commitment),
    )
    const from = before === undefined ? 0 : known.findIndex(({ signature }) => signature === before) + 1
    return known.slice(from, from + limit).map(({ signature, height, time, err }) => ({
      signature,
      slot: this.#slotOf(height),
      blockTime: time,
      err,
      memo: null,
      confirmationStatus: height <= this.#height() ? 'finalized' : 'confirmed',
    }))
  }

  #transaction(signature: string, { commitment, encoding }: Options): unknown {
    if (encoding !== 'base64') throw new RpcError(ERRORS.invalid, 'The playground gives transactions in base64 only.')
    const landed = this.#find(signature, commitment)
    if (!landed) return null
    const { wire, height, time, err } = landed
    return { slot: this.#slotOf(height), blockTime: time, version: 0, meta: { err }, transaction: [wire, 'base64'] }
  }
}

function read(wire: string) {
  const bytes = getBase64Encoder().encode(wire as Base64EncodedWireTransaction)
  const transaction: Transaction = getTransactionDecoder().decode(bytes)
  const message = getCompiledTransactionMessageDecoder().decode(transaction.messageBytes)
  const { staticAccounts: accounts, lifetimeToken: blockhash } = message
  return { transaction, blockhash, accounts, signature: base58.encode(bytes.slice(1, 65)) }
}

/** Solana's own word for what went wrong, as far as litesvm tells it. */
function errorOf(result: FailedTransactionMetadata): unknown {
  const text = result.toString()
  return /SignatureFailure/.test(text) ? 'SignatureFailure' : { InstructionError: [0, text.slice(0, 500)] }
}
