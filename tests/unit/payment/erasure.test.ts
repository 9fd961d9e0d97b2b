import 'fake-indexeddb/auto'

import { beforeEach, expect, test, vi } from 'vitest'
import { fakeBrowser } from 'wxt/testing/fake-browser'
import { Balances } from '@/lib/chain/balances'
import { Ledger } from '@/lib/ledger/ledger'
import { Approvals } from '@/lib/payment/approvals'
import { eraseEverything, finishErasing } from '@/lib/payment/erasure'
import { Health } from '@/lib/payment/health'
import type { Orchestrator } from '@/lib/payment/orchestrator'
import { DEFAULT_RULES } from '@/lib/policy/rules'
import { createInterlock } from '@/lib/queue'
import { setRpcUrl } from '@/lib/settings/networks'
import { RuleBook } from '@/lib/settings/rules'
import { exportWords } from '@/lib/wallet/backup'
import { createVault } from '@/lib/wallet/vault'
import { draft, limits, paymentIn } from '../ledger/books'

let name: string
beforeEach(() => {
  fakeBrowser.reset()
  name = crypto.randomUUID()
})

/** A background with a payment, a rule and a setting, and the vault of somebody. */
async function used() {
  const ruleBook = new RuleBook(createInterlock())
  const ledger: Ledger = new Ledger({ name, onChange: () => void health.noteReserved() })
  const health = new Health(ledger, ruleBook)
  await ruleBook.open({ newSession: true })
  await health.open()
  await paymentIn(ledger, 'settled')
  await ruleBook.setSite('https://shop.example', { mode: 'block' })
  await setRpcUrl('eip155:84532', 'https://rpc.example')
  await fakeBrowser.storage.local.set({ vault: { encrypted: 'something' } })
  await fakeBrowser.storage.session.set({ unlocked: { key: 'something' } })
  await fakeBrowser.alarms.create('auto-lock', { when: Date.now() + 1_000_000 })
  const orchestrator = { answer: vi.fn() } as unknown as Orchestrator
  return { ledger, ruleBook, health, balances: new Balances(), approvals: new Approvals(), orchestrator }
}

/** Versions of items are no secrets, and stay. */
const kept = async () =>
  Object.keys(await fakeBrowser.storage.local.get()).filter((key) => !key.endsWith('$') && key !== 'soundness')

test('nothing is left of anything, and the same background goes on as a new one', async () => {
  const services = await used()
  const { ledger, ruleBook, health } = services
  await eraseEverything(services)
  expect([await kept(), await fakeBrowser.storage.session.get(), await fakeBrowser.alarms.getAll()]).toEqual([
    [],
    {},
    [],
  ])
  expect([await ledger.list(10), ruleBook.rules, health.troubles]).toEqual([[], DEFAULT_RULES, []])
  // And it can be paid from again.
  await ledger.reserve(draft(), limits())
  expect(await ledger.list(10)).toHaveLength(1)
  ledger.close()
})

test('what fails leaves no room for a wallet that the next start would take for the old one', async () => {
  const services = await used()
  const { ledger } = services
  const erase = vi.spyOn(ledger, 'erase').mockRejectedValue(new Error('The database cannot be deleted.'))
  await expect(eraseEverything(services)).rejects.toThrow('cannot be deleted')
  await expect(createVault('correct horse')).rejects.toMatchObject({ code: 'wallet_exists' })
  erase.mockRestore()
  await finishErasing(ledger)
  const words = await createVault('correct horse')
  // Once it is done, it is not done again.
  await finishErasing(ledger)
  expect(await exportWords('correct horse')).toBe(words)
  ledger.close()
})

test('what is cut short anywhere is finished by the next start', async () => {
  // As many steps as it takes: each of them is the last one of a life once.
  for (let step = 0; ; step += 1) {
    fakeBrowser.reset()
    name = crypto.randomUUID()
    const services = await used()
    let left = step
    const { remove, set } = fakeBrowser.storage.local
    const dying = <Args extends unknown[]>(write: (...args: Args) => Promise<void>) =>
      vi.fn(async (...args: Args) => {
        if (left === 0) throw new Error('The background ended.')
        left -= 1
        await write(...args)
      })
    fakeBrowser.storage.local.remove = dying(remove as (...args: unknown[]) => Promise<void>) as typeof remove
    fakeBrowser.storage.local.set = dying(set as (...args: unknown[]) => Promise<void>) as typeof set
    const end = await eraseEverything(services).then(
      () => 'done',
      () => 'died',
    )
    Object.assign(fakeBrowser.storage.local, { remove, set })
    services.ledger.close()
    if (end === 'done') {
      expect(step).toBeGreaterThan(2)
      return
    }
    const begun = 'erasing' in (await fakeBrowser.storage.local.get())
    const ledger = new Ledger({ name })
    await finishErasing(ledger)
    await ledger.open()
    // Before it has begun nothing is lost, and from then on everything.
    expect([(await kept()).includes('vault'), (await ledger.list(10)).length]).toEqual(begun ? [false, 0] : [true, 1])
    if (begun) expect(await kept()).toEqual([])
    ledger.close()
  }
})
