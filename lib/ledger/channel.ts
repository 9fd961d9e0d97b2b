import type { NetworkId } from '@/lib/money/networks'

/**
 * A prepaid tab: a deposit at a contract, of which one site may claim what vouchers let it.
 *
 *   opening → open → closing → closed
 *   opening → void                      open → closed | void
 *
 * - `opening`: its deposit may be signed from here on.
 * - `open`: the deposit is there, as far as the site says, or as the chain shows.
 * - `closing`: its rest was asked for back. It is not paid from any more.
 * - `closed`: the chain shows that its rest came back, or there is none.
 * - `void`: the deposit was never made, and never can be.
 */
export const CHANNEL_STATES = ['opening', 'open', 'closing', 'closed', 'void'] as const
export type ChannelState = (typeof CHANNEL_STATES)[number]

/** What is known of a tab before it is opened. */
export interface ChannelDraft {
  /** The channel's id at its contract, in hex. */
  readonly id: `0x${string}`
  readonly site: string
  readonly network: NetworkId
  /** The token's contract, in lower case. */
  readonly asset: string
  readonly from: `0x${string}`
  readonly receiver: `0x${string}`
  readonly receiverAuthorizer: `0x${string}`
  /** Seconds. */
  readonly withdrawDelay: number
  readonly salt: `0x${string}`
  /** Units. Nothing is ever added to a tab: when it is used up, another one is opened. */
  readonly deposit: bigint
}

/** A payment that opens a tab, or is paid from one. */
export interface TabDraft {
  readonly does: 'open' | 'spend'
  readonly channel: ChannelDraft
  /** What the purchase itself costs, in units. */
  readonly units: bigint
}

/** One row: one tab, and all that was ever signed for it. */
export interface Channel extends ChannelDraft {
  /** Unix milliseconds. */
  readonly createdAt: number
  readonly state: ChannelState
  readonly history: readonly { readonly state: ChannelState; readonly at: number }[]
  /** The most that any voucher lets the site claim. Written before the voucher is signed; never goes down. */
  readonly signed: bigint
  /** What the site has charged of it in all, as it last said and we agreed. Never more than was signed. */
  readonly charged: bigint
  /** The payment that is under way, by its id: the next one waits for it. */
  readonly pending: string | null
  /** The site has claimed to have charged what was never signed, and is not paid from this tab any more. */
  readonly disputed: boolean
  /** Where the site sells from it: its rest is asked for back there. Null while nothing there could be asked again. */
  readonly url: string | null
  /** What the chain shows to have come back, in units. */
  readonly returned: bigint
  /** The transaction in which the site says that it gave it back. */
  readonly refund: string | null
  /** The account's own transaction at the contract: signed, and kept before it was sent. */
  readonly withdrawal: Withdrawal | null
  /** When the contract was asked for the rest, as the chain shows it, in Unix seconds. */
  readonly askedAt: number | null
}

export interface Withdrawal {
  readonly does: 'initiate' | 'finalize'
  readonly raw: `0x${string}`
  readonly hash: `0x${string}`
  /** Unix milliseconds. */
  readonly at: number
}

export const openedChannel = (draft: ChannelDraft, url: string | null, at: number): Channel => ({
  ...draft,
  createdAt: at,
  state: 'opening',
  history: [{ state: 'opening', at }],
  signed: 0n,
  charged: 0n,
  pending: null,
  disputed: false,
  url,
  returned: 0n,
  refund: null,
  withdrawal: null,
  askedAt: null,
})

/** What can still be spent of a tab, in units. */
export const leftIn = ({ deposit, charged, returned, state }: Channel): bigint =>
  state === 'void' || deposit <= charged + returned ? 0n : deposit - charged - returned

/** What a voucher for so many units more would let the site claim in all. Null when the tab cannot pay it. */
export function ceilingFor(channel: Channel, units: bigint): bigint | null {
  const ceiling = channel.charged + units
  return channel.state === 'open' && !channel.disputed && ceiling <= channel.deposit ? ceiling : null
}

/** A voucher is about to be signed. */
export const withVoucher = (channel: Channel, ceiling: bigint): Channel => ({
  ...channel,
  signed: ceiling > channel.signed ? ceiling : channel.signed,
})

export function entered(channel: Channel, state: ChannelState, at: number): Channel {
  return channel.state === state ? channel : { ...channel, state, history: [...channel.history, { state, at }] }
}

/** What became of a voucher: the site has charged it, it has not, or nobody knows. */
export type Charge = 'charged' | 'not_charged' | 'unknown'

/** A purchase whose outcome is not known: its voucher lets the site claim so much in all, and may have been charged. */
export interface OpenVoucher {
  readonly id: string
  readonly ceiling: bigint
}

/** The answer to a voucher, as far as it matters to the tab. */
export interface VoucherAnswer {
  readonly voucher: OpenVoucher & { readonly units: bigint }
  /** It brought the content. */
  readonly delivered: boolean
  /** What the site says that it has charged in all: with the content, or (a corrective 402) to set us right. */
  readonly count: bigint | null
  /** It was sent before, and the answer was lost. */
  readonly resent: boolean
  /** The others of this tab whose outcome is not known, oldest first. */
  readonly others: readonly OpenVoucher[]
}

export interface Verdict {
  readonly channel: Channel
  readonly charge: Charge
  /** What became of the others: those that are not named are as unknown as before. */
  readonly others: ReadonlyMap<string, Exclude<Charge, 'unknown'>>
}

const NOTHING: Verdict['others'] = new Map()

/**
 * What an answer says of its own voucher, and of those whose answers were lost. A site is believed as far as it speaks against
 * itself, or as vouchers under way explain what it says; never further, and never above what was signed.
 */
export function judge(channel: Channel, answer: VoucherAnswer): Verdict {
  const { voucher, delivered, count, others } = answer
  if (delivered) {
    // The site could only accept it if it had charged none of the others.
    const none = new Map(others.map(({ id }) => [id, 'not_charged'] as const))
    // A page that is loaded once more with an old voucher says nothing of those that came after it.
    const charged = countWith(voucher, count)
    const counted = charged < channel.charged ? channel : { ...channel, charged }
    return { channel: counted, charge: 'charged', others: none }
  }
  if (count === null) return { channel, charge: 'unknown', others: NOTHING }
  return corrected(channel, answer, count)
}

/** What was charged with the content: what the site says, if this very voucher explains it, and all of it otherwise. */
const countWith = ({ ceiling, units }: VoucherAnswer['voucher'], count: bigint | null): bigint =>
  count !== null && count <= ceiling && count >= ceiling - units ? count : ceiling

/** The site did not take the voucher, since it counts otherwise than we do. */
function corrected(channel: Channel, { voucher, resent, others }: VoucherAnswer, count: bigint): Verdict {
  const none = new Map(others.map(({ id }) => [id, 'not_charged'] as const))
  // It claims no more than we counted ourselves: whatever it forgets is its own loss.
  if (count <= channel.charged) return { channel: { ...channel, charged: count }, charge: 'not_charged', others: none }
  // Never signed, never owed.
  if (count > channel.signed) return { channel: { ...channel, disputed: true }, charge: 'unknown', others: NOTHING }
  // One whose answer was lost has been charged after all: an earlier one, or this one when it was sent before. A site that
  // charges what it uses may have taken less than the voucher allowed.
  const lostOnes = resent ? [...others, voucher] : others
  const lost = lostOnes.find(({ ceiling }) => count === ceiling) ?? lostOnes.find(({ ceiling }) => count <= ceiling)
  const charged = { ...channel, charged: count }
  if (lost && lost.id !== voucher.id) {
    const rest = new Map([...none, [lost.id, 'charged'] as const])
    return { channel: charged, charge: 'not_charged', others: rest }
  }
  // Nothing else explains it: it charged this voucher, and did not bring what it was for.
  return { channel: charged, charge: 'charged', others: none }
}
