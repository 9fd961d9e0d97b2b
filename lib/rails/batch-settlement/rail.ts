import { getAddress, type Hex, isAddress, toHex } from 'viem'
import type { AcceptsEntry, Tab, Terms } from '@/lib/challenge/scheme'
import { TuppenceError } from '@/lib/errors'
import type { EvmAsset } from '@/lib/money/assets'
import { BATCH_SETTLEMENT, LONGEST_WITHDRAW_DELAY, SHORTEST_WITHDRAW_DELAY } from '@/lib/money/batch-settlement'
import { type Commission, type Draw, defineRail } from '@/lib/rails/rail'
import {
  type ChannelConfig,
  chainIdOf,
  channelIdOf,
  DEPOSIT_TYPES,
  depositNonce,
  domainOn,
  isNobody,
  VOUCHER_TYPES,
} from './contract'
import { depositGate, voucherGate } from './gate'

interface TabTerms extends Terms {
  readonly tab: Tab
}

/** A deposit is for this many purchases where the site suggests none. */
const USUAL_PURCHASES = 10n
/** A site that wants more than this many purchases paid ahead is not paid. */
const MOST_PURCHASES = 100n
const UINT128 = 2n ** 128n
const UNITS = /^(0|[1-9]\d{0,38})$/

/**
 * `batch-settlement` on EVM (x402): a deposit opens a prepaid tab at a contract; then each purchase is paid by a voucher, which lets
 * the site claim so much of the tab in all. What was not claimed goes back.
 */
export const batchSettlement = defineRail<TabTerms>({
  id: 'batch-settlement',
  scheme: 'batch-settlement',

  read(entry, asset) {
    // Cloudflare's scheme of this name has no token on a chain.
    if (asset.family !== 'evm') return null
    if (asset.method !== 'eip3009' || (entry.extra?.assetTransferMethod ?? 'eip3009') !== 'eip3009')
      return 'unsupported_transfer_method'
    const receiverAuthorizer = entry.extra?.receiverAuthorizer
    if (typeof receiverAuthorizer !== 'string' || !isAddress(receiverAuthorizer, { strict: false }))
      return 'invalid_tab'
    if (isNobody(receiverAuthorizer)) return 'invalid_tab'
    const withdrawDelay = entry.extra?.withdrawDelay
    if (typeof withdrawDelay !== 'number' || !Number.isSafeInteger(withdrawDelay)) return 'invalid_tab'
    if (withdrawDelay < SHORTEST_WITHDRAW_DELAY) return 'invalid_tab'
    if (withdrawDelay > LONGEST_WITHDRAW_DELAY) return 'locked_too_long'
    const deposit = depositFor(entry)
    if (deposit === null) return 'deposit_too_large'
    return {
      rail: 'batch-settlement',
      signers: ['vault'],
      asksChain: false,
      tab: { receiverAuthorizer: receiverAuthorizer.toLowerCase(), withdrawDelay, deposit, count: countIn(entry) },
    }
  },

  async prepare({ offer, from }) {
    const { asset } = offer
    if (asset.family !== 'evm') throw new TuppenceError('internal')
    return (commission) => drawFrom(asset, from as Hex, commission)
  },
})

/** What a new tab starts with, in units: what the site suggests, within reason. Null when that is out of all proportion. */
function depositFor({ amount, extra }: AcceptsEntry): bigint | null {
  // What is wrong with the amount is said elsewhere.
  const price = readUnits(amount) ?? 0n
  const suggested = readUnits(extra?.minDeposit) ?? price * USUAL_PURCHASES
  if (suggested > price * MOST_PURCHASES) return null
  return suggested > price ? suggested : price
}

/** What a corrective 402 says of a channel ("Corrective 402"): its id, and what the site has charged of it in all. */
function countIn({ extra }: AcceptsEntry): Tab['count'] {
  const state = extra?.channelState
  if (typeof state !== 'object' || state === null) return null
  const { channelId, chargedCumulativeAmount } = state as Record<string, unknown>
  const charged = readUnits(chargedCumulativeAmount)
  return typeof channelId === 'string' && charged !== null ? { channel: channelId.toLowerCase(), charged } : null
}

function readUnits(text: unknown): bigint | null {
  if (typeof text !== 'string' || !UNITS.test(text)) return null
  const units = BigInt(text)
  return units < UINT128 ? units : null
}

/** All that names a tab, and its id. Throws `internal` for a token of no chain. */
export function channelOf(asset: EvmAsset, config: ChannelConfig): Hex {
  const chainId = chainIdOf(asset)
  if (chainId === null) throw new TuppenceError('internal')
  return channelIdOf(config, chainId)
}

/** What no other tab has. */
export const newSalt = (): Hex => toHex(crypto.getRandomValues(new Uint8Array(32)))

/** The wire's names ("Client: Payment Construction"). */
const PAYLOADS = { open: 'deposit', spend: 'voucher', refund: 'refund' } as const satisfies Record<Draw['does'], string>

async function drawFrom(asset: EvmAsset, from: Hex, commission: Commission) {
  const { draw } = commission
  if (!draw) throw new TuppenceError('internal')
  const config: ChannelConfig = draw.config
  const channel = channelOf(asset, config)
  if (channel !== draw.channel || config.payer.toLowerCase() !== from.toLowerCase()) throw new TuppenceError('internal')
  const deposit = draw.does === 'open' ? await signDeposit(asset, channel, draw, commission) : null
  const voucher = await signVoucher(asset, channel, draw, commission)
  return {
    type: PAYLOADS[draw.does],
    channelConfig: addressed(config),
    voucher,
    ...(deposit && { deposit }),
  }
}

async function signDeposit(asset: EvmAsset, channel: Hex, { config, deposit }: Draw, commission: Commission) {
  const { validSeconds, signers } = commission
  const validBefore = Math.floor(Date.now() / 1000) + validSeconds
  const salt = newSalt()
  const nonce = depositNonce(channel, salt)
  const from = config.payer
  const signature = await signers
    .typedData(depositGate({ asset, units: deposit, from, nonce, latestValidBefore: validBefore }))
    .signTypedData({
      domain: { ...asset.domain, chainId: chainIdOf(asset), verifyingContract: asset.address },
      types: DEPOSIT_TYPES,
      primaryType: 'ReceiveWithAuthorization',
      message: {
        from,
        to: BATCH_SETTLEMENT.depositCollector,
        value: deposit,
        validAfter: 0n,
        validBefore: BigInt(validBefore),
        nonce,
      },
    })
  const erc3009Authorization = { validAfter: '0', validBefore: validBefore.toString(), salt, signature }
  return { amount: deposit.toString(), authorization: { erc3009Authorization } }
}

async function signVoucher(asset: EvmAsset, channel: Hex, draw: Draw, { validSeconds, signers }: Commission) {
  const { config, ceiling, deposit } = draw
  const chainId = chainIdOf(asset)
  if (chainId === null) throw new TuppenceError('internal')
  const sentUntil = Math.floor(Date.now() / 1000) + validSeconds
  const signature = await signers
    .typedData(voucherGate({ asset, from: config.payer, channel, ceiling, deposit, sentUntil }))
    .signTypedData({
      domain: domainOn(chainId),
      types: VOUCHER_TYPES,
      primaryType: 'Voucher',
      message: { channelId: channel, maxClaimableAmount: ceiling },
    })
  return { channelId: channel, maxClaimableAmount: ceiling.toString(), signature }
}

/** As addresses are written on the wire. */
const addressed = (config: ChannelConfig): ChannelConfig => ({
  ...config,
  payer: getAddress(config.payer),
  payerAuthorizer: getAddress(config.payerAuthorizer),
  receiver: getAddress(config.receiver),
  receiverAuthorizer: getAddress(config.receiverAuthorizer),
  token: getAddress(config.token),
})
