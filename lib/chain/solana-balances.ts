import { base58, base64 } from '@scure/base'
import { z } from 'zod'
import type { SvmAsset } from '@/lib/money/assets'
import { tokenAccountOf } from '@/lib/money/solana'
import { chainClient } from './client'
import { askSolana } from './solana'

/** A token account's owner and units, as both token programs lay it out: 32 bytes, then 8, from here on. */
const OWNER_AT = 32
const OWNER_LENGTH = 32
const LENGTH = OWNER_LENGTH + 8

const accountsSchema = z.object({
  value: z.array(z.object({ owner: z.string(), data: z.tuple([z.string(), z.literal('base64')]) }).nullable()),
})

/**
 * What an account on Solana has of some tokens of one network, in atomic units and their order, by one question. Null when no
 * server was chosen for the network; rejects when it gives no proper answer. A token that it never had is none of it.
 */
export async function readSolanaBalances(owner: string, assets: readonly SvmAsset[]): Promise<bigint[] | null> {
  const client = assets[0] ? await chainClient(assets[0].network) : null
  if (!client) return null
  const accounts = await Promise.all(assets.map((asset) => tokenAccountOf(owner, asset)))
  const { value } = accountsSchema.parse(
    await askSolana(client, 'getMultipleAccounts', accounts, {
      commitment: 'confirmed',
      encoding: 'base64',
      dataSlice: { offset: OWNER_AT, length: LENGTH },
    }),
  )
  return assets.map(({ program }, index) => {
    const account = value[index]
    if (account === undefined) throw new Error('The server left an account out.')
    if (account?.owner !== program) return 0n
    const data = base64.decode(account.data[0])
    // An account can be given away.
    if (base58.encode(data.subarray(0, OWNER_LENGTH)) !== owner) return 0n
    return new DataView(data.buffer, data.byteOffset).getBigUint64(OWNER_LENGTH, true)
  })
}
