import type { Hex } from 'viem'
import type { AnswerHeader } from '@/lib/challenge/answer'
import { isPayable, type PayableOffer } from '@/lib/challenge/challenge'
import type { ReportedReceipt } from '@/lib/challenge/receipt'
import { TuppenceError } from '@/lib/errors'
import type { Channel, ChannelDraft } from '@/lib/ledger/channel'
import type { Wanted } from '@/lib/ledger/channels'
import type { Payment } from '@/lib/ledger/payment'
import type { ChannelConfig } from '@/lib/rails/batch-settlement/contract'
import { channelOf, newSalt } from '@/lib/rails/batch-settlement/rail'
import type { Draw } from '@/lib/rails/rail'
import { readChallenge } from './reading'
import { keptHeaders } from './sighting'

/* What the books know of a prepaid tab, in the words of its rail, and the other way round. */

/** What a tab has to be like to pay an offer. Null for one that is not paid from a tab. */
export function wantedTab(site: string, { terms, asset, payTo }: PayableOffer, from: string): Wanted | null {
  if (!terms.tab) return null
  const { receiverAuthorizer, withdrawDelay } = terms.tab
  return {
    site,
    network: asset.network,
    asset: asset.address,
    from: from as Hex,
    receiver: payTo.toLowerCase() as Hex,
    receiverAuthorizer: receiverAuthorizer as Hex,
    withdrawDelay,
  }
}

/** A new tab on an offer's terms. */
export function newTab(wanted: Wanted, { asset, terms }: PayableOffer): ChannelDraft {
  if (asset.family !== 'evm' || !terms.tab) throw new TuppenceError('internal')
  const salt = newSalt()
  return { ...wanted, salt, deposit: terms.tab.deposit, id: channelOf(asset, configOf({ ...wanted, salt })) }
}

export const configOf = (channel: Wanted & Pick<ChannelDraft, 'salt'>): ChannelConfig => ({
  payer: channel.from,
  payerAuthorizer: channel.from,
  receiver: channel.receiver,
  receiverAuthorizer: channel.receiverAuthorizer,
  token: channel.asset as Hex,
  withdrawDelay: channel.withdrawDelay,
  salt: channel.salt,
})

/** What a payment takes from its tab. */
export const drawOf = (channel: Channel | ChannelDraft, does: Draw['does'], ceiling: bigint): Draw => ({
  does,
  channel: channel.id,
  config: configOf(channel),
  deposit: channel.deposit,
  ceiling,
})

/**
 * What the answer to a payment says that the site has charged of its tab in all: with the content, or in a 402 that corrects us.
 * Null when it says nothing of this tab.
 */
export function countIn(
  { tab, url, method }: Payment,
  status: number,
  headers: readonly AnswerHeader[],
  receipt: ReportedReceipt | null,
): bigint | null {
  if (!tab) return null
  const counts = status === 402 ? corrections({ url, method }, headers) : [receipt?.count]
  return counts.find((count) => count?.channel === tab.channel)?.charged ?? null
}

function corrections(request: { url: string; method: string }, headers: readonly AnswerHeader[]) {
  const answer = { status: 402, headers: keptHeaders(headers), body: null }
  const reading = readChallenge({ ...request, bodyDigest: null }, answer)
  return reading.ok ? reading.challenge.offers.filter(isPayable).map(({ terms }) => terms.tab?.count) : []
}
