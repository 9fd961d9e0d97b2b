import { createHash } from 'node:crypto'
import type { Address } from '@solana/kit'
import { describe, expect, test } from 'vitest'
import { PROGRAMS, tokenAccountOf } from '@/lib/money/solana'
import { clearTransfer, type ExpectedTransfer } from '@/lib/wallet/gate-svm'
import { FEE_PAYER, SOLANA_PAYEE } from '../challenge/samples'
import {
  AT,
  type Compiled,
  changed,
  decode,
  encode,
  expectedTransfer,
  LIFETIME,
  littleEndian,
  SOLANA_PAYER,
  SOLANA_USDC,
  STRANGER,
  SVM_ASSETS,
  sdkMessage,
  swapped,
  transferData,
  withAccount,
  withInstruction,
} from './transactions'

const GOOD = await sdkMessage()
const MESSAGE = decode(GOOD)
const SOURCE = await tokenAccountOf(SOLANA_PAYER, SOLANA_USDC)
const DESTINATION = await tokenAccountOf(SOLANA_PAYEE, SOLANA_USDC)
const THEIRS = await tokenAccountOf(STRANGER, SOLANA_USDC)
const OTHER_MINT = '4F6PM96JJxngmHnZLBh9n58RH4aTVNWvDs2nuwrT5BP7'

/** What is off, when it is refused. */
async function refusalOf(bytes: Uint8Array, purchase: ExpectedTransfer = expectedTransfer()): Promise<string> {
  try {
    await clearTransfer(bytes, purchase)
  } catch (error) {
    expect(error).toMatchObject({ name: 'TuppenceError', code: 'signing_refused' })
    return (error as { values: { field: string } }).values.field
  }
  throw new Error('It was cleared.')
}

const sha256 = (bytes: Uint8Array) => `0x${createHash('sha256').update(bytes).digest('hex')}`

describe('the gate clears', () => {
  test.each(SVM_ASSETS)('what the x402 SDK asks to sign, in $symbol on $network', async (asset) => {
    const purchase = expectedTransfer({ asset })
    const bytes = await sdkMessage(purchase)
    const now = Math.floor(Date.now() / 1000)
    const cleared = await clearTransfer(bytes, purchase)
    expect(cleared).toEqual({
      method: 'solana',
      digest: sha256(bytes),
      nonce: sha256(bytes),
      validBefore: expect.any(Number),
      lastBlockHeight: LIFETIME.lastBlockHeight,
      slot: LIFETIME.slot,
    })
    expect(cleared.validBefore - now).toBeGreaterThanOrEqual(120)
    expect(cleared.validBefore - now).toBeLessThanOrEqual(121)
  })

  test.each([1n, 2n ** 64n - 1n])('%i units, exactly', async (units) => {
    const purchase = expectedTransfer({ units })
    expect((await clearTransfer(await sdkMessage(purchase), purchase)).method).toBe('solana')
  })

  test.each(['INV-2026-11', 'a'.repeat(256), 'ő'.repeat(128)])('the site’s memo: %s', async (memo) => {
    const bytes = await sdkMessage(expectedTransfer(), memo)
    expect((await clearTransfer(bytes, expectedTransfer())).nonce).toBe(sha256(bytes))
  })

  test('no memo', async () => {
    const { header, staticAccounts, instructions } = MESSAGE
    const without = {
      ...MESSAGE,
      header: { ...header, numReadonlyNonSignerAccounts: header.numReadonlyNonSignerAccounts - 1 },
      staticAccounts: staticAccounts.filter((account) => account !== PROGRAMS.memo),
    }
    const indexOf = (old: number) => without.staticAccounts.indexOf(staticAccounts[old] as Address)
    const moved = instructions.slice(0, AT.memo).map((instruction) => ({
      ...instruction,
      programAddressIndex: indexOf(instruction.programAddressIndex),
      accountIndices: (instruction.accountIndices ?? []).map(indexOf),
    }))
    const bytes = encode({ ...without, instructions: moved })
    expect((await clearTransfer(bytes, expectedTransfer())).nonce).toBe(sha256(bytes))
  })

  test('two payments of the same under two names', async () => {
    expect(sha256(await sdkMessage())).not.toBe(sha256(GOOD))
  })
})

const indexOf = (account: string) => MESSAGE.staticAccounts.indexOf(account as Address)
const header = (changes: Partial<typeof MESSAGE.header>): Compiled => ({
  ...MESSAGE,
  header: { ...MESSAGE.header, ...changes },
})
const transferBetween = (...accounts: string[]): Compiled =>
  changed(MESSAGE, AT.transfer, { accountIndices: accounts.map(indexOf) })
const transferSaying = (...data: number[]): Compiled => changed(MESSAGE, AT.transfer, { data: Uint8Array.from(data) })
const limit = (units: bigint) => changed(MESSAGE, AT.limit, { data: Uint8Array.from([2, ...littleEndian(units, 4)]) })
const price = (lamports: bigint) =>
  changed(MESSAGE, AT.price, { data: Uint8Array.from([3, ...littleEndian(lamports, 8)]) })
const swappedPlaces = (one: number, other: number): Compiled => ({
  ...MESSAGE,
  staticAccounts: MESSAGE.staticAccounts.map((account, index) =>
    index === one
      ? (MESSAGE.staticAccounts[other] ?? account)
      : index === other
        ? (MESSAGE.staticAccounts[one] ?? account)
        : account,
  ),
})
const { instructions: [computeLimit, computePrice, transfer, memo] = [] } = MESSAGE
const inOrder = (...instructions: ((typeof MESSAGE)['instructions'][number] | undefined)[]): Compiled => ({
  ...MESSAGE,
  instructions: instructions.filter((instruction) => instruction !== undefined),
})

/** Transactions that differ from what was decided in one thing each. */
const BATTERY: readonly [what: string, field: string, message: Compiled | Uint8Array][] = [
  // Who signs, and what changes.
  ['our account as fee payer', 'fee payer', swapped(MESSAGE, FEE_PAYER, SOLANA_PAYER)],
  ['another fee payer', 'fee payer', swapped(MESSAGE, FEE_PAYER, STRANGER)],
  ['fee payer and payer in each other’s place', 'fee payer', swappedPlaces(0, 1)],
  ['another payer', 'payer', swapped(MESSAGE, SOLANA_PAYER, STRANGER)],
  ['one more signer', 'signers', header({ numSignerAccounts: 3 })],
  ['one signer less', 'signers', header({ numSignerAccounts: 1, numReadonlySignerAccounts: 0 })],
  ['our account writable', 'signers', header({ numReadonlySignerAccounts: 0 })],
  ['the fee payer’s account read only', 'signers', header({ numReadonlySignerAccounts: 2 })],
  [
    'the mint writable',
    'signers',
    header({ numReadonlyNonSignerAccounts: MESSAGE.header.numReadonlyNonSignerAccounts - 1 }),
  ],
  ['our token account read only', 'signers', header({ numReadonlyNonSignerAccounts: 5 })],
  [
    'a mint that changes, and a token account that does not',
    'accounts that change',
    swappedPlaces(2, indexOf(SOLANA_USDC.address)),
  ],
  ['an account that nobody needs', 'signers', withAccount(MESSAGE, STRANGER)],
  ['an account twice', 'signers', withAccount(MESSAGE, SOLANA_PAYER)],
  // Between whom.
  ['another token account of ours', 'accounts that change', swapped(MESSAGE, SOURCE, THEIRS)],
  ['another payee’s token account', 'accounts that change', swapped(MESSAGE, DESTINATION, THEIRS)],
  [
    'the payee itself in its token account’s place',
    'accounts that change',
    swapped(MESSAGE, DESTINATION, SOLANA_PAYEE),
  ],
  [
    'the money on its way back',
    'transfer accounts',
    transferBetween(DESTINATION, SOLANA_USDC.address, SOURCE, SOLANA_PAYER),
  ],
  ['a transfer to ourselves', 'transfer accounts', transferBetween(SOURCE, SOLANA_USDC.address, SOURCE, SOLANA_PAYER)],
  [
    'the fee payer as the one whose money it is',
    'transfer accounts',
    transferBetween(SOURCE, SOLANA_USDC.address, DESTINATION, FEE_PAYER),
  ],
  ['no word whose money it is', 'transfer accounts', transferBetween(SOURCE, SOLANA_USDC.address, DESTINATION)],
  [
    'one more signer for the transfer',
    'transfer accounts',
    transferBetween(SOURCE, SOLANA_USDC.address, DESTINATION, SOLANA_PAYER, FEE_PAYER),
  ],
  // Of what, and how much.
  ['another mint', 'accounts that are read', swapped(MESSAGE, SOLANA_USDC.address, OTHER_MINT)],
  ['one unit more', 'transfer', transferSaying(...transferData(20_001n))],
  ['one unit less', 'transfer', transferSaying(...transferData(19_999n))],
  ['everything', 'transfer', transferSaying(...transferData(2n ** 64n - 1n))],
  ['nothing', 'transfer', transferSaying(...transferData(0n))],
  ['other decimals', 'transfer', transferSaying(...transferData(20_000n, 9))],
  ['no decimals', 'transfer', transferSaying(...transferData(20_000n).slice(0, 9))],
  ['one byte more', 'transfer', transferSaying(...transferData(20_000n), 0)],
  ['the amount from the other end', 'transfer', transferSaying(12, ...littleEndian(20_000n, 8).reverse(), 6)],
  // Something else than a transfer, in its place.
  ['a transfer that checks nothing', 'transfer', transferSaying(3, ...littleEndian(20_000n, 8))],
  ['an approval', 'transfer', transferSaying(4, ...littleEndian(20_000n, 8))],
  ['an approval that checks', 'transfer', transferSaying(13, ...littleEndian(20_000n, 8), 6)],
  ['another owner', 'transfer', transferSaying(6, 2, 1, ...littleEndian(0n, 32))],
  ['more of the token', 'transfer', transferSaying(14, ...littleEndian(20_000n, 8), 6)],
  ['less of the token', 'transfer', transferSaying(15, ...littleEndian(20_000n, 8), 6)],
  ['an account closed', 'transfer', transferSaying(9)],
  ['an account frozen', 'transfer', transferSaying(10)],
  ['a transfer with a fee', 'transfer', transferSaying(26, 1, ...littleEndian(20_000n, 8), 6, ...littleEndian(0n, 8))],
  ['an instruction of nothing', 'transfer', transferSaying()],
  // Other programs.
  ['Token-2022 in Token’s place', 'accounts that are read', swapped(MESSAGE, PROGRAMS.token, PROGRAMS.token2022)],
  ['a stranger’s program in Token’s place', 'accounts that are read', swapped(MESSAGE, PROGRAMS.token, STRANGER)],
  [
    'a transfer that the memo program is told',
    'token program',
    changed(MESSAGE, AT.transfer, { programAddressIndex: indexOf(PROGRAMS.memo) }),
  ],
  [
    'a program that is not among the accounts',
    'token program',
    changed(MESSAGE, AT.transfer, { programAddressIndex: 200 }),
  ],
  [
    'another program for what it may compute',
    'accounts that are read',
    swapped(MESSAGE, PROGRAMS.computeBudget, STRANGER),
  ],
  ['another program for the memo', 'accounts that are read', swapped(MESSAGE, PROGRAMS.memo, STRANGER)],
  [
    'the first version of the memo program',
    'accounts that are read',
    swapped(MESSAGE, PROGRAMS.memo, 'Memo1UhkJRfHyvLMcVucJwxXeuD728EqVDDwQDxFMNo'),
  ],
  [
    'the memo told to the token program',
    'memo',
    changed(MESSAGE, AT.memo, { programAddressIndex: indexOf(PROGRAMS.token) }),
  ],
  // Beside it.
  [
    'a second transfer',
    'instructions',
    withInstruction(
      MESSAGE,
      PROGRAMS.token,
      [...transferData(20_000n)],
      [SOURCE, SOLANA_USDC.address, DESTINATION, SOLANA_PAYER],
    ),
  ],
  [
    'a transfer of SOL',
    'signers',
    withInstruction(MESSAGE, PROGRAMS.system, [2, 0, 0, 0, ...littleEndian(1n, 8)], [SOLANA_PAYER, STRANGER]),
  ],
  [
    'an approval as well',
    'instructions',
    withInstruction(MESSAGE, PROGRAMS.token, [4, ...littleEndian(1n, 8)], [SOURCE, DESTINATION, SOLANA_PAYER]),
  ],
  [
    'our token account closed afterwards',
    'instructions',
    withInstruction(MESSAGE, PROGRAMS.token, [9], [SOURCE, FEE_PAYER, SOLANA_PAYER]),
  ],
  [
    'our token account given away',
    'instructions',
    withInstruction(MESSAGE, PROGRAMS.token, [6, 2, 1, ...littleEndian(1n, 32)], [SOURCE, SOLANA_PAYER]),
  ],
  ['a second memo', 'instructions', withInstruction(MESSAGE, PROGRAMS.memo, [104, 105])],
  [
    'a token account opened for somebody',
    'signers',
    withInstruction(
      MESSAGE,
      PROGRAMS.associatedToken,
      [1],
      [FEE_PAYER, DESTINATION, SOLANA_PAYEE, SOLANA_USDC.address, PROGRAMS.system, PROGRAMS.token],
    ),
  ],
  [
    'a nonce that never ends',
    'signers',
    withInstruction(MESSAGE, PROGRAMS.system, [4, 0, 0, 0], [STRANGER, SOLANA_PAYER]),
  ],
  [
    'a second word on what it may compute',
    'instructions',
    withInstruction(MESSAGE, PROGRAMS.computeBudget, [1, ...littleEndian(32_768n, 4)]),
  ],
  ['a transfer less', 'signers', inOrder(computeLimit, computePrice, memo)],
  ['no limit', 'signers', inOrder(computePrice, transfer, memo)],
  ['no price', 'signers', inOrder(computeLimit, transfer, memo)],
  ['limit and price in the other order', 'compute limit', inOrder(computePrice, computeLimit, transfer, memo)],
  ['the memo before the transfer', 'token program', inOrder(computeLimit, computePrice, memo, transfer)],
  ['no instruction', 'signers', inOrder()],
  // What it may cost.
  ['a limit beyond all need', 'compute limit', limit(200_001n)],
  [
    'a heap in the limit’s place',
    'compute limit',
    changed(MESSAGE, AT.limit, { data: Uint8Array.from([1, ...littleEndian(32_768n, 4)]) }),
  ],
  [
    'the limit told to the memo program',
    'compute limit',
    changed(MESSAGE, AT.limit, { programAddressIndex: indexOf(PROGRAMS.memo) }),
  ],
  [
    'the price told to the memo program',
    'compute price',
    changed(MESSAGE, AT.price, { programAddressIndex: indexOf(PROGRAMS.memo) }),
  ],
  [
    'another word in the price’s place',
    'compute price',
    changed(MESSAGE, AT.price, { data: Uint8Array.from([4, ...littleEndian(1n, 8)]) }),
  ],
  ['the largest limit', 'compute limit', limit(2n ** 32n - 1n)],
  ['a limit with an account', 'compute limit', changed(MESSAGE, AT.limit, { accountIndices: [indexOf(SOLANA_PAYER)] })],
  [
    'a limit of the old kind',
    'compute limit',
    changed(MESSAGE, AT.limit, { data: Uint8Array.from([0, ...littleEndian(20_000n, 4), 0, 0, 0, 0]) }),
  ],
  ['a price above the facilitators’ most', 'compute price', price(5_000_001n)],
  ['the largest price', 'compute price', price(2n ** 64n - 1n)],
  ['a price of four bytes', 'compute price', changed(MESSAGE, AT.price, { data: Uint8Array.from([3, 1, 0, 0, 0]) })],
  ['a memo that is too long', 'memo', changed(MESSAGE, AT.memo, { data: new Uint8Array(257).fill(97) })],
  ['a memo that we vouch for', 'memo', changed(MESSAGE, AT.memo, { accountIndices: [indexOf(SOLANA_PAYER)] })],
  // How it is written.
  ['another block', 'blockhash', { ...MESSAGE, lifetimeToken: STRANGER }],
  ['the legacy version', 'version', { ...MESSAGE, version: 'legacy' } as unknown as Compiled],
  ['a version of the future', 'version', Uint8Array.from([0x81, ...GOOD.slice(1)])],
  [
    'addresses to be looked up',
    'address lookup',
    {
      ...MESSAGE,
      addressTableLookups: [{ lookupTableAddress: STRANGER as Address, writableIndexes: [0], readonlyIndexes: [] }],
    } as Compiled,
  ],
  ['one byte at its end', 'message', Uint8Array.from([...GOOD, 0])],
  ['one byte less', 'message', GOOD.slice(0, -1)],
  ['nothing at all', 'message', new Uint8Array()],
  [
    'a count written longer than it need be',
    'message',
    Uint8Array.from([...GOOD.slice(0, 4), (GOOD[4] ?? 0) | 0x80, 0, ...GOOD.slice(5)]),
  ],
  ['a count without an end', 'message', Uint8Array.from([...GOOD.slice(0, 4), 0xff, 0xff, 0x7f, ...GOOD.slice(5)])],
]

describe('the gate refuses', () => {
  test('at least thirty kinds of transactions', () => {
    expect(new Set(BATTERY.map(([what]) => what)).size).toBe(BATTERY.length)
    expect(BATTERY.length).toBeGreaterThanOrEqual(30)
  })

  test.each(BATTERY)('%s: %s', async (_, field, message) => {
    const bytes = message instanceof Uint8Array ? message : encode(message)
    expect(sha256(bytes)).not.toBe(sha256(GOOD))
    expect(await refusalOf(bytes)).toBe(field)
  })

  test.each<[field: string, changes: Partial<ExpectedTransfer>]>([
    ['transfer', { units: 19_999n }],
    ['transfer', { asset: { ...SOLANA_USDC, decimals: 9 } }],
    ['accounts that change', { to: STRANGER }],
    ['accounts that change', { asset: { ...SOLANA_USDC, address: OTHER_MINT } }],
    ['payer', { from: STRANGER }],
    ['fee payer', { feePayer: STRANGER }],
    ['accounts that change', { asset: { ...SOLANA_USDC, program: PROGRAMS.token2022 } }],
    ['blockhash', { lifetime: { ...LIFETIME, blockhash: STRANGER } }],
  ])('the very same transaction where something else was decided: %s', async (field, changes) => {
    expect(await refusalOf(GOOD, expectedTransfer(changes))).toBe(field)
  })

  test('to pay the fee, even where the offer says so', async () => {
    const purchase = expectedTransfer({ feePayer: SOLANA_PAYER })
    expect(await refusalOf(await sdkMessage(purchase), purchase)).toBe('signers')
    expect(await refusalOf(encode(swapped(MESSAGE, FEE_PAYER, SOLANA_PAYER)), purchase)).toBe('fee payer')
  })
})
