import { describe, expect, test } from 'vitest'
import { decide, type Funds, type Payer } from '@/lib/policy/decide'
import { everything } from '@/lib/policy/limits'
import { challengeOf, entry, header } from '../challenge/samples'
import { CENT, funds, rules, SHOP, situation, spent } from './situations'

const onCredit = (cents: number) =>
  entry({
    scheme: 'batch-settlement',
    network: 'cloudflare:402',
    amount: String(cents),
    asset: 'USD',
    payTo: 'merchant',
    extra: { version: '1.0.0' },
  })

const AGENT: Payer = { signer: 'vault', state: 'unlocked', address: 'https://agent.example' }
const NO_AGENT: Payer = { signer: 'vault', state: 'no_signature_agent', address: null }

/** A wallet that pays on chains as ever, and this one for what is billed. Nobody knows a balance there. */
const billedTo = (payer: Payer): Funds => {
  const wallet = funds()
  return {
    ...wallet,
    payer: (network) => (network === 'cloudflare:402' ? payer : wallet.payer(network)),
    available: (asset) => (asset.family === 'credit' ? null : wallet.available(asset)),
  }
}

const asked = (...accepts: ReturnType<typeof entry>[]) => challengeOf(header({ accepts }))

describe('what is billed later', () => {
  test('is paid within the rules, whatever tokens they allow: setting up the agent was the yes', () => {
    const decision = decide(
      situation({ challenge: asked(onCredit(5)), funds: billedTo(AGENT), rules: rules({ tokens: [] }) }),
    )
    expect(decision).toMatchObject({ action: 'pay', offer: { price: 5n * CENT } })
  })

  test('is refused, with what is missing, before there is an agent', () => {
    expect(decide(situation({ challenge: asked(onCredit(5)), funds: billedTo(NO_AGENT) }))).toMatchObject({
      action: 'refuse',
      reasons: [{ code: 'signature_agent_needed' }],
    })
  })

  test('leaves the other ways to pay that a site offers', () => {
    const challenge = asked(onCredit(1), entry())
    expect(decide(situation({ challenge, funds: billedTo(NO_AGENT) }))).toMatchObject({
      action: 'pay',
      offer: { network: 'eip155:84532' },
    })
    expect(decide(situation({ challenge, funds: billedTo(AGENT) }))).toMatchObject({
      action: 'pay',
      offer: { network: 'cloudflare:402' },
    })
  })

  test('asks for the password while the wallet is locked', () => {
    expect(
      decide(situation({ challenge: asked(onCredit(5)), funds: billedTo({ ...AGENT, state: 'locked' }) })),
    ).toMatchObject({ action: 'ask', reasons: [{ code: 'wallet_locked' }] })
  })

  test('asks above the most per payment, and stops at a limit of real money', () => {
    const at = (cents: number, tallies = spent({})) =>
      decide(situation({ challenge: asked(onCredit(cents)), funds: billedTo(AGENT), tallies }))
    expect(at(11)).toMatchObject({ action: 'ask', reasons: [{ code: 'over_most_per_payment' }] })
    expect(at(5, spent({ [everything('main')]: 496n * CENT }))).toMatchObject({
      action: 'refuse',
      reasons: [{ code: 'over_day_limit' }],
    })
    expect(at(5, spent({ [everything('test')]: 496n * CENT })).action).toBe('pay')
  })

  test('may have been charged already, and is then asked about', () => {
    const doubtful = situation({ challenge: asked(onCredit(5)), funds: billedTo(AGENT) })
    expect(decide({ ...doubtful, context: { ...doubtful.context, page: SHOP, maybePaid: true } })).toMatchObject({
      action: 'ask',
      reasons: [{ code: 'maybe_paid' }],
    })
  })
})
