import { browser } from 'wxt/browser'
import type { Balances } from '@/lib/chain/balances'
import { readChannel } from '@/lib/chain/channel'
import { chainClient } from '@/lib/chain/client'
import { meansOf, sendRaw } from '@/lib/chain/transaction'
import type { AnswerHeader } from '@/lib/challenge/answer'
import { isPayable, type PayableOffer } from '@/lib/challenge/challenge'
import type { Credential } from '@/lib/challenge/credential'
import { dialectOf } from '@/lib/challenge/dialects'
import { TuppenceError } from '@/lib/errors'
import { type Channel, leftIn } from '@/lib/ledger/channel'
import type { Ledger } from '@/lib/ledger/ledger'
import { findAsset } from '@/lib/money/assets'
import { BATCH_SETTLEMENT } from '@/lib/money/batch-settlement'
import { findNetwork, formatFee } from '@/lib/money/networks'
import { createQueue, type Interlock } from '@/lib/queue'
import { finalizeData, initiateData } from '@/lib/rails/batch-settlement/contract'
import { railOf } from '@/lib/rails/rails'
import { signContractCall } from '@/lib/wallet/contract-call'
import { vaultState } from '@/lib/wallet/vault'
import { credentialFor } from './credential'
import type { Health } from './health'
import { keepAwake } from './keep-awake'
import { readChallenge } from './reading'
import { configOf, drawOf, wantedTab } from './tab-draw'

/** A site has this long to answer, in milliseconds: it waits for the chain itself. */
const ANSWERS_WITHIN_MS = 60_000
/** A refund is looked for this often, in milliseconds each time. What takes longer is left to the alarm. */
const FOLLOWS_AFTER_MS = [0, 1_000, 2_000, 4_000, 8_000, 16_000]
const ALARM = 'tabs'
const ALARM_MINUTES = 1
/** What gas costs may rise by so much between being told and being paid. */
const MOST_TIMES_FEE = 2n
/** A transaction that the chain does not show by then is given up, and another one signed in its place. */
const SENT_AGAIN_FOR_MS = 10 * 60_000
/** A site that counts otherwise than we do says so once. */
const MOST_TRIES = 2

/** What a site answered. */
interface SiteAnswer {
  readonly status: number
  readonly headers: readonly AnswerHeader[]
}

/**
 * Getting back what is left in a prepaid tab. Only the extension's own screens lead here:
 *
 *   closing (nothing is paid from it any more) → asked for the price → voucher for what was charged noted, signed
 *       → handed to the site → it gives the rest back → the chain shows it
 */
export class Tabs {
  readonly #ledger: Ledger
  readonly #balances: Balances
  readonly #health: Pick<Health, 'obstacle'>
  readonly #signing: Interlock
  readonly #inTurn = createQueue()

  constructor(services: { ledger: Ledger; balances: Balances; health: Pick<Health, 'obstacle'>; signing: Interlock }) {
    this.#ledger = services.ledger
    this.#balances = services.balances
    this.#health = services.health
    this.#signing = services.signing
  }

  /**
   * Asks the site for what is left. From then on nothing is paid from the tab, and it can be asked again. Throws `tab_busy`,
   * `tab_not_refunded` with what the site said, `wallet_locked`, `books_unusable`.
   */
  refund(id: Channel['id']): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#health.obstacle === 'books_unusable') throw new TuppenceError('books_unusable')
      if ((await vaultState()) !== 'unlocked') throw new TuppenceError('wallet_locked')
      const channel = await this.#ledger.channels.close(id)
      await this.#setAlarm()
      if (channel.state !== 'closing') return
      await keepAwake(this.#ask(channel))
      this.#follow(id)
    })
  }

  /**
   * What it costs at most when the account asks the contract for what is left, or takes it, without the site: in the smallest units
   * of the network's coin. Throws `tab_waits` when neither can be done now, `coin_needed`, `rpc_needed`.
   */
  async withdrawalFee(id: Channel['id']): Promise<bigint> {
    const channel = await this.#ledger.channels.get(id)
    if (channel?.state !== 'open' && channel?.state !== 'closing') throw new TuppenceError('tab_waits')
    const { gas, gasPrice } = await this.#plan(channel)
    return gas * gasPrice * MOST_TIMES_FEE
  }

  /**
   * Has the account ask the contract, or take what is left. It pays the network itself, `mostFee` at most. Sent again, it is the
   * same transaction as long as the chain may still take it. Throws as `withdrawalFee` does, and `tab_busy`, `wallet_locked`,
   * `signing_refused`, `books_unusable`.
   */
  withdraw(id: Channel['id'], mostFee: bigint): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#health.obstacle === 'books_unusable') throw new TuppenceError('books_unusable')
      if ((await vaultState()) !== 'unlocked') throw new TuppenceError('wallet_locked')
      const channel = await this.#ledger.channels.close(id)
      await this.#setAlarm()
      if (channel.state === 'closing') await keepAwake(this.#withdraw(channel, mostFee))
      this.#follow(id)
    })
  }

  async #withdraw(channel: Channel, mostFee: bigint): Promise<void> {
    const { id, withdrawal } = channel
    const { network, client, does, ...call } = await this.#plan(channel)
    const isUnderway = withdrawal?.does === does && Date.now() - withdrawal.at < SENT_AGAIN_FOR_MS
    const signed = isUnderway
      ? withdrawal
      : await this.#signing.step((signal) => signContractCall(network, call, mostFee, signal))
    if (!isUnderway) await this.#ledger.channels.withdraw(id, { does, raw: signed.raw, hash: signed.hash })
    // What the server has already, it does not take twice.
    await sendRaw(client, signed.raw).catch((error: unknown) => {
      if (!isUnderway) throw new TuppenceError('tab_waits', {}, { cause: error })
    })
  }

  /** What the account would send now, and what that takes. */
  async #plan(channel: Channel) {
    const { id, network: networkId, from, withdrawDelay } = channel
    const network = findNetwork(networkId)
    const client = await chainClient(networkId)
    if (network?.family !== 'evm' || !client) throw new TuppenceError('rpc_needed', { network: networkId })
    const shown = await readChannel(networkId, id)
    const waits = shown?.askedAt != null && shown.time < shown.askedAt + withdrawDelay
    if (!shown || waits) throw new TuppenceError('tab_waits')
    const does = shown.askedAt === null ? 'initiate' : 'finalize'
    const config = configOf(channel)
    const data = does === 'initiate' ? initiateData(config, shown.balance - shown.claimed) : finalizeData(config)
    const means = await meansOf(client, { from, to: BATCH_SETTLEMENT.contract, data })
    if (!means) throw new TuppenceError('tab_waits')
    const { coins, ...its } = means
    const fee = its.gas * its.gasPrice
    if (coins < fee)
      throw new TuppenceError('coin_needed', {
        account: from,
        fee: formatFee(fee, network),
        has: formatFee(coins, network),
      })
    return { network, client, does, from, data, ...its } as const
  }

  /** After a start, and whenever somebody wants to know: what came back, as the chain shows it. Resolves when done. */
  async lookAtAll(): Promise<void> {
    for (const { id } of await this.#ledger.channels.unfinished())
      await this.#look(id).catch((error: unknown) => {
        // biome-ignore lint/suspicious/noConsole: a defect, or a server's; the chain must be asked about the others all the same
        console.error(error)
      })
    await this.#setAlarm()
  }

  /** Calls back every minute while something is to come back. Register synchronously at start. */
  onAlarm(listener: () => void): void {
    browser.alarms.onAlarm.addListener(({ name }) => {
      if (name === ALARM) listener()
    })
  }

  async #ask(channel: Channel): Promise<void> {
    const { id, url } = channel
    if (url === null) throw notRefunded('nothing there can be asked again without paying.')
    const offer = offerAt(await get(url, null), url, channel)
    let latest = channel
    for (let tries = MOST_TRIES; tries > 0; tries--) {
      const answer = await get(url, await this.#sign(latest, offer, url))
      const receipt = dialectOf(offer.dialect).payment?.receipt(answer.headers) ?? null
      if (answer.status >= 200 && answer.status < 300 && receipt?.success) {
        await this.#ledger.channels.reportRefund(id, receipt.transaction)
        return
      }
      const count = answer.status === 402 ? countAt(answer, url, id) : null
      if (count === null || count > latest.signed)
        throw notRefunded(receipt?.errorReason ?? `it answered ${answer.status}.`)
      latest = await this.#ledger.channels.recount(id, count)
    }
    throw notRefunded('it counts otherwise than Tuppence.')
  }

  /** A voucher for what was charged, and no more: with it the site can close the tab. */
  #sign(channel: Channel, offer: PayableOffer, url: string): Promise<Credential> {
    const { id, from, charged } = channel
    return this.#signing.step(async (signal) => {
      const pay = await railOf(offer.terms).prepare({ offer, terms: offer.terms, from })
      return credentialFor(pay, {
        offer,
        request: { method: 'GET', url, bodyDigest: null },
        validSeconds: ANSWERS_WITHIN_MS / 1000,
        signer: 'vault',
        draw: drawOf(channel, 'refund', charged),
        record: () => this.#ledger.channels.noteVoucher(id, charged),
        allow: refuseAllowance,
        signal,
      })
    })
  }

  #follow(id: Channel['id']): void {
    const following = async () => {
      for (const pause of FOLLOWS_AFTER_MS) {
        await new Promise((resolve) => setTimeout(resolve, pause))
        await this.#look(id)
        if ((await this.#ledger.channels.get(id))?.state === 'closed') break
      }
      await this.#setAlarm()
    }
    // biome-ignore lint/suspicious/noConsole: nobody waits for this; the alarm looks again
    keepAwake(following()).catch((error: unknown) => console.error(error))
  }

  /** Asks the chain once. What is not proved to have been put in cannot have come back. */
  async #look(id: Channel['id']): Promise<void> {
    const channel = await this.#ledger.channels.get(id)
    if (!channel || (await this.#ledger.depositOf(id))?.state !== 'settled') return
    const shown = await readChannel(channel.network, id)
    if (!shown) return
    const { returned } = await this.#ledger.channels.prove(id, shown)
    const asset = findAsset(channel.network, channel.asset)
    if (asset && returned > channel.returned) await this.#balances.read(channel.from, asset)
  }

  /** The alarm is there while something is to come back. */
  async #setAlarm(): Promise<void> {
    const isWaiting = (await this.#ledger.channels.unfinished()).some(
      (channel) => channel.state === 'closing' && leftIn(channel) > 0n,
    )
    if (!isWaiting) await browser.alarms.clear(ALARM)
    else if (!(await browser.alarms.get(ALARM))) await browser.alarms.create(ALARM, { periodInMinutes: ALARM_MINUTES })
  }
}

/** A tab takes none. */
const refuseAllowance = (): Promise<never> => Promise.reject(new TuppenceError('internal'))

const notRefunded = (reason: string) => new TuppenceError('tab_not_refunded', { reason })

/** Asks the site itself, as nobody in particular: without cookies, and nowhere else than where it was sold. */
async function get(url: string, credential: Credential | null): Promise<SiteAnswer> {
  try {
    const response = await fetch(url, {
      headers: credential ? credential.headers.map(({ name, value }) => [name, value] as [string, string]) : [],
      credentials: 'omit',
      redirect: 'error',
      cache: 'no-store',
      signal: AbortSignal.timeout(ANSWERS_WITHIN_MS),
    })
    await response.body?.cancel()
    return { status: response.status, headers: [...response.headers].map(([name, value]) => ({ name, value })) }
  } catch {
    throw notRefunded('it did not answer.')
  }
}

const offersAt = ({ status, headers }: SiteAnswer, url: string): PayableOffer[] => {
  const reading = readChallenge({ method: 'GET', url, bodyDigest: null }, { status, headers, body: null })
  return reading.ok ? reading.challenge.offers.filter(isPayable) : []
}

/** The site's offer on the terms of this tab. */
function offerAt(answer: SiteAnswer, url: string, channel: Channel): PayableOffer {
  const offer = answer.status === 402 ? offersAt(answer, url).find((one) => isOn(one, channel)) : undefined
  if (!offer) throw notRefunded('it no longer sells from this tab.')
  return offer
}

function isOn(offer: PayableOffer, channel: Channel): boolean {
  const wanted = wantedTab(channel.site, offer, channel.from)
  return (
    wanted !== null &&
    wanted.network === channel.network &&
    wanted.asset === channel.asset &&
    wanted.receiver === channel.receiver &&
    wanted.receiverAuthorizer === channel.receiverAuthorizer &&
    wanted.withdrawDelay === channel.withdrawDelay
  )
}

function countAt(answer: SiteAnswer, url: string, id: Channel['id']): bigint | null {
  const counts = offersAt(answer, url).map(({ terms }) => terms.tab?.count)
  return counts.find((count) => count?.channel === id)?.charged ?? null
}
