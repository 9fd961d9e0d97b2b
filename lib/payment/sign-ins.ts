import type { Hex } from 'viem'
import { storage } from 'wxt/utils/storage'
import type { Challenge } from '@/lib/challenge/challenge'
import { type RequestKey, requestKey } from '@/lib/challenge/intent'
import { type SignInInfo, signInAsked, toSignIn } from '@/lib/challenge/sign-in'
import { TuppenceError } from '@/lib/errors'
import type { Interceptor } from '@/lib/intercept/interceptor'
import type { Ledger } from '@/lib/ledger/ledger'
import { isTrusted, type Rules, siteRule } from '@/lib/policy/rules'
import type { Interlock } from '@/lib/queue'
import { payerFor } from '@/lib/wallet/payer'
import { signIn } from '@/lib/wallet/sign-in'
import { keepAwake } from './keep-awake'
import type { Sighting } from './sighting'

/** Something that was bought before, by an account that the site would know again. */
export interface Bought {
  readonly challenge: Challenge
  readonly info: SignInInfo
  readonly address: Hex
  readonly network: string
}

/** So long the answer to a request that was signed in for is waited for, in milliseconds. */
const ANSWERS_WITHIN = 60_000
const MOST_TRIED = 1_000

/** Requests for which a site did not know the account again. In this session it is not tried once more. */
const tried = storage.defineItem<readonly RequestKey[]>('session:signIns', { fallback: [] })

/** Opens what was bought before without paying again, where a site lets an account prove it ("sign-in-with-x"). */
export class SignIns {
  readonly #ledger: Ledger
  readonly #interceptor: Interceptor
  readonly #signing: Interlock

  constructor(ledger: Ledger, interceptor: Interceptor, signing: Interlock) {
    this.#ledger = ledger
    this.#interceptor = interceptor
    this.#signing = signing
  }

  /** Null where the site does not offer it, where the account that pays has not bought this very thing, or it was tried in vain. */
  async bought({ request, obstacle }: Sighting, challenge: Challenge): Promise<Bought | null> {
    const asked = signInAsked(challenge)
    if (!asked || obstacle) return null
    const key = requestKey(request)
    const paid = await this.#ledger.latestPaid(key, 0)
    if (!paid || !asked.networks.includes(paid.network) || (await tried.getValue()).includes(key)) return null
    const { signer, address } = await payerFor(paid.network, challenge.site)
    if (signer !== 'vault' || address?.toLowerCase() !== paid.from.toLowerCase()) return null
    return { challenge, info: asked.info, address: address as Hex, network: paid.network }
  }

  /**
   * Signs, and sends the request again with the signature. Throws `wallet_locked`, `signing_refused`, `page_gone`,
   * `url_not_matchable`, `too_many_requests`. A 402 in answer is a 402 like any other: it is met again, and then decided on.
   */
  async open({ target, request, page }: Sighting, { challenge, info, address, network }: Bought): Promise<void> {
    if (!(await this.#interceptor.isShowing(target))) throw new TuppenceError('page_gone')
    const { url, method } = request
    const repeat = await this.#interceptor.prepare({ ...target, url, method })
    const proof = await this.#signing.step((signal) => signIn(info, { url, address, network }, signal))
    const key = requestKey(request)
    await tried.setValue([...(await tried.getValue()), key].slice(-MOST_TRIED))
    const { answered } = await repeat.send(toSignIn(proof), Date.now() + ANSWERS_WITHIN, { again: true })
    const follow = async () => {
      const { status } = await answered
      if (status < 200 || status >= 300) return
      await tried.setValue((await tried.getValue()).filter((one) => one !== key))
      const { site, description } = challenge
      await this.#ledger.noteOpening({ site, page, url, method, description, address })
    }
    // biome-ignore lint/suspicious/noConsole: nobody waits for it, and nothing was paid
    keepAwake(follow()).catch((error: unknown) => console.error(error))
  }
}

/** Whether the user lets a site know the account again unasked, from this page. */
export function signsIn(rules: Rules, site: string, page: string, now: number): boolean {
  const rule = siteRule(rules, site, now)
  return (
    rule !== null &&
    rule.mode !== 'block' &&
    rule.signIn === true &&
    (page === site || isTrusted(rules, site, page, now))
  )
}
