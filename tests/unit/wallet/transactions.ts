import { base58 } from '@scure/base'
import {
  type Address,
  type CompiledTransactionMessage,
  type CompiledTransactionMessageWithLifetime,
  getCompiledTransactionMessageDecoder,
  getCompiledTransactionMessageEncoder,
} from '@solana/kit'
import { ExactSvmScheme } from '@x402/svm/exact/client'
import { ASSETS, type SvmAsset } from '@/lib/money/assets'
import type { ExpectedTransfer } from '@/lib/wallet/gate-svm'
import { FEE_PAYER, SOLANA_PAYEE } from '../challenge/samples'

/** The Solana account of the words that everybody knows, at m/44'/501'/0'/0'. */
export const SOLANA_PAYER = 'oeYf6KAJkLYhBuR8CiGc6L4D4Xtfepr85fuDgA9kq96'
export const STRANGER = base58.encode(new Uint8Array(32).fill(11))

export const SVM_ASSETS: readonly SvmAsset[] = ASSETS.filter((asset) => asset.family === 'svm')

function usdc(): SvmAsset {
  const found = SVM_ASSETS.find(({ network, symbol }) => network.startsWith('solana:EtW') && symbol === 'USDC')
  if (!found) throw new Error('The table has no USDC on Devnet.')
  return found
}
export const SOLANA_USDC = usdc()
export const DEVNET = SOLANA_USDC.network

export const LIFETIME = { blockhash: base58.encode(new Uint8Array(32).fill(3)), lastBlockHeight: 10_150, slot: 11_000 }

/** Two cents to the payee. */
export const expectedTransfer = (changes: Partial<ExpectedTransfer> = {}): ExpectedTransfer => ({
  asset: SOLANA_USDC,
  units: 20_000n,
  from: SOLANA_PAYER,
  to: SOLANA_PAYEE,
  feePayer: FEE_PAYER,
  lifetime: LIFETIME,
  ...changes,
})

/** What the x402 SDK asks a signer to sign for such a payment: the message's bytes. */
export async function sdkMessage(
  { asset, units, from, to, feePayer, lifetime }: ExpectedTransfer = expectedTransfer(),
  memo?: string,
): Promise<Uint8Array> {
  const { promise, resolve } = Promise.withResolvers<Uint8Array>()
  const scheme = new ExactSvmScheme({
    address: from as Address,
    signTransactions: async ([transaction]) => {
      resolve(Uint8Array.from(transaction?.messageBytes ?? []))
      return [{}]
    },
  })
  const mint = { decimals: asset.decimals, programAddress: asset.program }
  Object.assign(scheme, { mintCache: new Map([[`${asset.network}:${asset.address}`, Promise.resolve(mint)]]) })
  await scheme.createPaymentPayload(2, {
    scheme: 'exact',
    network: asset.network,
    asset: asset.address,
    amount: units.toString(),
    payTo: to,
    maxTimeoutSeconds: 60,
    extra: { feePayer, recentBlockhash: lifetime.blockhash, ...(memo !== undefined && { memo }) },
  })
  return promise
}

export type Compiled = CompiledTransactionMessage & CompiledTransactionMessageWithLifetime
type Version0 = Extract<Compiled, { version: 0 }>
type CompiledInstruction = Version0['instructions'][number]

export function decode(bytes: Uint8Array): Version0 {
  const compiled = getCompiledTransactionMessageDecoder().decode(bytes)
  if (compiled.version !== 0) throw new Error('It is of another version.')
  return compiled
}

export const encode = (compiled: Compiled): Uint8Array =>
  Uint8Array.from(getCompiledTransactionMessageEncoder().encode(compiled))

/** The places of the instructions in what the SDK makes. */
export const AT = { limit: 0, price: 1, transfer: 2, memo: 3 } as const

/** With another account in one's place, in every instruction. */
export const swapped = (compiled: Version0, from: string, to: string): Version0 => ({
  ...compiled,
  staticAccounts: compiled.staticAccounts.map((account) => (account === from ? (to as Address) : account)),
})

/** With an instruction changed. */
export const changed = (compiled: Version0, at: number, changes: Partial<CompiledInstruction>): Version0 => ({
  ...compiled,
  instructions: compiled.instructions.map((instruction, index) =>
    index === at ? { ...instruction, ...changes } : instruction,
  ),
})

/** With one more account, which is only read. */
export const withAccount = (compiled: Version0, account: string): Version0 => ({
  ...compiled,
  header: {
    ...compiled.header,
    numReadonlyNonSignerAccounts: compiled.header.numReadonlyNonSignerAccounts + 1,
  },
  staticAccounts: [...compiled.staticAccounts, account as Address],
})

/** With one more instruction at the end; of the accounts that it names, those that are new are only read. */
export function withInstruction(
  compiled: Version0,
  program: string,
  data: readonly number[],
  accounts: readonly string[] = [],
): Version0 {
  const missing = [...accounts, program].filter((account) => !compiled.staticAccounts.includes(account as Address))
  const grown = [...new Set(missing)].reduce(withAccount, compiled)
  const indexOf = (account: string) => grown.staticAccounts.indexOf(account as Address)
  const added = {
    programAddressIndex: indexOf(program),
    accountIndices: accounts.map(indexOf),
    data: Uint8Array.from(data),
  }
  return { ...grown, instructions: [...grown.instructions, added] }
}

/** A number as Solana's programs read it: the lowest byte first. */
export const littleEndian = (value: bigint, length: number): number[] =>
  Array.from({ length }, (_, index) => Number((value >> BigInt(8 * index)) & 0xffn))

/** What tells the token program to move so much. */
export const transferData = (units: bigint, decimals = 6): Uint8Array =>
  Uint8Array.from([12, ...littleEndian(units, 8), decimals])
