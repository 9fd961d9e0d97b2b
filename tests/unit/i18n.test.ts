import { describe, expect, it } from 'vitest'
import { type ChallengeProblem, type OfferProblem, OTHER_WAYS, type OtherWay } from '@/lib/challenge/challenge'
import { ERROR_CODES, TuppenceError } from '@/lib/errors'
import { en } from '@/lib/i18n/en'
import { i18n } from '@/lib/i18n/i18n'
import { errorSentence, reasonSentence } from '@/lib/i18n/sentences'
import { PAYMENT_STATES } from '@/lib/ledger/states'
import { ASK_REASONS, because, REFUSE_REASONS } from '@/lib/policy/reasons'

// The types alone have no list at run time; leaving one out here does not compile.
const PROBLEMS: Record<Exclude<ChallengeProblem | OfferProblem, OtherWay>, true> = {
  no_challenge: true,
  too_large: true,
  not_base64: true,
  not_json: true,
  too_deep: true,
  wrong_version: true,
  wrong_shape: true,
  no_offers: true,
  unknown_network: true,
  unknown_asset: true,
  unsupported_transfer_method: true,
  invalid_amount: true,
  invalid_pay_to: true,
  invalid_fee_payer: true,
  invalid_facilitator: true,
  invalid_time_limit: true,
  invalid_tab: true,
  locked_too_long: true,
  deposit_too_large: true,
  expired: true,
  other_body: true,
  authorization_taken: true,
  raw_transaction: true,
}

describe('every code has its sentence', () => {
  it.each([
    ['reason', en.reason, [...new Set([...ASK_REASONS, ...REFUSE_REASONS])]],
    ['error', en.error, ERROR_CODES],
    ['problem', en.problem, Object.keys(PROBLEMS)],
    ['way', en.way, [...OTHER_WAYS, 'priced']],
    ['step', en.step, PAYMENT_STATES],
    ['state', en.state, [...PAYMENT_STATES, 'reported']],
  ])('%s', (_section, sentences, codes) => {
    expect(Object.keys(sentences).toSorted()).toEqual([...codes].toSorted())
  })
})

describe('sentences', () => {
  const { t } = i18n

  it('are ready without waiting, with their figures', () => {
    const reason = because('over_site_day_limit', { name: 'shop.example', total: '$1.02', cap: '$1.00' })
    expect(reasonSentence(t, reason)).toBe('This would take shop.example to $1.02 of $1.00 today.')
  })

  it('put problem codes into words', () => {
    expect(reasonSentence(t, because('nothing_payable', { problems: 'unknown_network, unknown_asset' }))).toBe(
      'The site offers no way to pay that Tuppence knows: an unknown network, an unknown token',
    )
    expect(reasonSentence(t, because('unreadable', { problem: 'no_offers' }))).toBe(
      'The site asks for a payment, but what it asks cannot be read: it lists no way to pay.',
    )
  })

  it('name what is asked for, its price where there is one, and what it would need', () => {
    const way = { way: 'lightning', scheme: 'L402' }
    expect(reasonSentence(t, because('other_way', { ...way, price: '1,000 sats' }))).toBe(
      'This site asks for Lightning (L402): 1,000 sats. Tuppence cannot pay that: it would need a Lightning wallet.',
    )
    expect(reasonSentence(t, because('other_way', way))).toBe(
      'This site asks for Lightning (L402). Tuppence cannot pay that: it would need a Lightning wallet.',
    )
  })

  it('leave no text of a site to be read as markup or as a key', () => {
    const reason = because('over_site_day_limit', { name: '<b>$t(common.name)</b>', total: '$1', cap: '$1' })
    expect(reasonSentence(t, reason)).toContain('<b>$t(common.name)</b>')
  })

  it('say what went wrong, and of unexpected errors that they are ours', () => {
    expect(errorSentence(t, new TuppenceError('wrong_password'))).toBe(en.error.wrong_password)
    expect(errorSentence(t, new TuppenceError('not_allowed', { reason: 'site_blocked' }))).toBe(
      'You blocked payments to this site. Nothing was paid.',
    )
    expect(errorSentence(t, new Error('whatever'))).toBe(en.error.internal)
  })
})
