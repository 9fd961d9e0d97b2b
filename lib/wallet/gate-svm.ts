import { sha256 } from '@noble/hashes/sha2'
import { base58 } from '@scure/base'
import { bytesToHex, type Hex } from 'viem'
import { TuppenceError } from '@/lib/errors'
import type { SvmAsset } from '@/lib/money/assets'
import { LONGEST_MEMO, PROGRAMS, tokenAccountOf } from '@/lib/money/solana'

/** How long a transaction can be used: what a server of the user's own says of the chain at that moment. */
export interface Lifetime {
  /** A recent block's hash, which the transaction names. */
  readonly blockhash: string
  /** The height of the last block that can hold a transaction which names it. */
  readonly lastBlockHeight: number
  /** The slot of then. */
  readonly slot: number
}

/** What a transaction may do at the very most: the purchase that was decided on. */
export interface ExpectedTransfer {
  readonly asset: SvmAsset
  readonly units: bigint
  readonly from: string
  readonly to: string
  /** Who pays the network's fee. */
  readonly feePayer: string
  readonly lifetime: Lifetime
}

/** What passed the gate: what later proves whether it was used. */
export interface ClearedTransfer {
  readonly method: 'solana'
  readonly digest: Hex
  readonly nonce: Hex
  readonly validBefore: number
  readonly lastBlockHeight: number
  readonly slot: number
}

/** A transaction can be used in 150 blocks: a minute of them as a rule, two where the network is slow. In seconds. */
const LONGEST_USE = 120

/** Above what an honest payment needs by far. The fee payer pays for it: this is only so that nothing odd is signed. */
const MOST_COMPUTE_UNITS = 200_000n
/** In millionths of a lamport. The facilitators' own maximum. */
const MOST_COMPUTE_PRICE = 5_000_000n

/** The first byte of a message of version 0; those of the legacy version have a count there. */
const VERSION_0 = 0x80
const ADDRESS_LENGTH = 32
/** What begins the data of the instructions that there may be. */
const SET_COMPUTE_UNIT_LIMIT = 2
const SET_COMPUTE_UNIT_PRICE = 3
const TRANSFER_CHECKED = 12

/**
 * Compares a transaction's message, byte by byte read, with what was decided. It must be the one transfer and nothing beside it:
 * limit and price of the computing, the transfer, at most one memo. Rejects with `signing_refused` and the name of the first
 * thing that is off. Nothing is signed around this function, whatever asked for it.
 */
export async function clearTransfer(bytes: Uint8Array, expected: ExpectedTransfer): Promise<ClearedTransfer> {
  const { asset, feePayer, from, lifetime } = expected
  const [source, destination] = await Promise.all([from, expected.to].map((owner) => tokenAccountOf(owner, asset)))
  const { header, accounts, blockhash, instructions } = readMessage(bytes)
  const [computeLimit, computePrice, transfer, memo, ...others] = instructions
  const addresses = (instruction: Instruction | undefined) => instruction?.accounts.map((index) => accounts[index])
  const program = (instruction: Instruction | undefined) => instruction && accounts[instruction.program]

  const readonly = [asset.address, asset.program, PROGRAMS.computeBudget, ...(memo ? [PROGRAMS.memo] : [])]
  const checks: Record<string, boolean> = {
    // Two sign, and of these only the fee payer's account changes.
    signers: same(header, [2, 1, readonly.length]),
    'fee payer': accounts[0] === feePayer && feePayer !== from,
    payer: accounts[1] === from,
    // Of all others only the two that the money goes between.
    'accounts that change': sameSet(accounts.slice(2, 4), [source, destination]),
    'accounts that are read': sameSet(accounts.slice(4), readonly),
    blockhash: blockhash === lifetime.blockhash,
    instructions: others.length === 0,
    'compute limit':
      program(computeLimit) === PROGRAMS.computeBudget &&
      same(addresses(computeLimit), []) &&
      isAtMost(computeLimit?.data, SET_COMPUTE_UNIT_LIMIT, 4, MOST_COMPUTE_UNITS),
    'compute price':
      program(computePrice) === PROGRAMS.computeBudget &&
      same(addresses(computePrice), []) &&
      isAtMost(computePrice?.data, SET_COMPUTE_UNIT_PRICE, 8, MOST_COMPUTE_PRICE),
    'token program': program(transfer) === asset.program,
    'transfer accounts': same(addresses(transfer), [source, asset.address, destination, from]),
    transfer: same(transfer && [...transfer.data], transferData(expected)),
    memo: !memo || (program(memo) === PROGRAMS.memo && same(addresses(memo), []) && memo.data.length <= LONGEST_MEMO),
  }
  const off = Object.keys(checks).find((field) => !checks[field])
  if (off) throw refused(off)
  const hash = bytesToHex(sha256(bytes))
  return {
    method: 'solana',
    digest: hash,
    nonce: hash,
    validBefore: Math.floor(Date.now() / 1000) + LONGEST_USE,
    lastBlockHeight: lifetime.lastBlockHeight,
    slot: lifetime.slot,
  }
}

interface Instruction {
  /** The place of its program among the message's accounts. */
  readonly program: number
  readonly accounts: readonly number[]
  readonly data: Uint8Array
}

interface Message {
  /** How many sign, how many of these only read, and how many of the others only read. */
  readonly header: readonly number[]
  /** Those that sign first; in both parts, those that change before those that are only read. */
  readonly accounts: readonly string[]
  readonly blockhash: string
  readonly instructions: readonly Instruction[]
}

/**
 * Reads a message of version 0 that looks up no addresses elsewhere. Throws `signing_refused` for any other, for one that could
 * have been written shorter, and for one with a byte too many or too few.
 */
function readMessage(bytes: Uint8Array): Message {
  let at = 0
  const take = (count: number): Uint8Array => {
    if (at + count > bytes.length) throw refused('message')
    at += count
    return bytes.subarray(at - count, at)
  }
  const byte = (): number => take(1)[0] ?? 0
  /** A count as Solana packs it: seven bits to a byte. Nothing in a payment is longer than two bytes of it can say. */
  const count = (): number => {
    const low = byte()
    if (low < 0x80) return low
    const high = byte()
    if (high === 0 || high >= 0x80) throw refused('message')
    return (low & 0x7f) | (high << 7)
  }
  const list = <T>(read: () => T): T[] => Array.from({ length: count() }, read)
  const address = (): string => base58.encode(take(ADDRESS_LENGTH))

  if (byte() !== VERSION_0) throw refused('version')
  const header = [byte(), byte(), byte()]
  const accounts = list(address)
  const blockhash = address()
  const instructions = list(() => ({ program: byte(), accounts: list(byte), data: take(count()) }))
  if (count() !== 0) throw refused('address lookup')
  if (at !== bytes.length) throw refused('message')
  return { header, accounts, blockhash, instructions }
}

/** What the token program is to be told: the exact amount, and the decimals that it has to agree on. */
const transferData = ({ units, asset }: ExpectedTransfer): number[] => [
  TRANSFER_CHECKED,
  ...littleEndian(units, 8),
  asset.decimals,
]

const littleEndian = (value: bigint, length: number): number[] =>
  Array.from({ length }, (_, index) => Number((value >> BigInt(8 * index)) & 0xffn))

/** Whether data is of one kind, with a number of so many bytes that is not above the most. */
function isAtMost(data: Uint8Array | undefined, kind: number, length: number, most: bigint): boolean {
  if (data?.length !== length + 1 || data[0] !== kind) return false
  return data.slice(1).reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n) <= most
}

const same = <T>(list: readonly T[] | undefined, other: readonly T[]): boolean =>
  list?.length === other.length && list.every((item, index) => item === other[index])

/** Each once, in any order. */
const sameSet = (list: readonly string[], other: readonly (string | undefined)[]): boolean =>
  same([...list].sort(), [...other].sort())

const refused = (field: string) => new TuppenceError('signing_refused', { field })
