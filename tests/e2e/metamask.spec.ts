import type { Page as Screen } from '@playwright/test'
import { createTestClient, http } from 'viem'
import { generatePrivateKey } from 'viem/accounts'
import { startChain } from '../../playground/chain.ts'
import type { Tuppence } from '../../playground/driver/tuppence.ts'
import { EIP2612_GAS_SPONSORING } from '../../playground/paid-server.ts'
import type { RunningServer } from '../../playground/server.ts'
import { STAND_IN_DIR } from '../metamask/build.ts'
import type { Settings } from '../metamask/settings.ts'
import { StandIn } from '../metamask/stand-in.ts'
import { expectAccessible } from './accessible.ts'
import { test as base, expect, expectStates, signaturesAt } from './fixtures.ts'

const PRICE = 30_000n
const MONEY = 2_000_000n
const SIGN = 'eth_signTypedData_v4'

interface Fixtures {
  /** The stand-in, connected, funded, and chosen to pay. */
  readonly metaMask: StandIn
  /** A shop whose `/essay` costs three cents. */
  readonly stall: RunningServer
  /** What the stand-in's account has spent on the chain, in atomic units. */
  readonly paidByMetaMask: () => Promise<bigint>
}

const test = base.extend<Fixtures>({
  others: [STAND_IN_DIR],
  metaMask: async ({ tuppence, playground }, use) => {
    const metaMask = await StandIn.in(tuppence.context, playground.rpcUrl)
    await playground.fund(metaMask.address, '2')
    await tuppence.setMetaMask(metaMask.id)
    expect(await tuppence.connectMetaMask()).toBe(metaMask.address)
    await tuppence.payWithMetaMask(true)
    await use(metaMask)
  },
  stall: async ({ openStall }, use) => {
    const answer = (_: unknown, response: { send(text: string): void }) => response.send('The essay')
    await use(
      await openStall({
        routes: { 'GET /essay': { price: '$0.03', answer } },
        free: (app) => void app.get('/', (_, response) => void response.send('A page')),
      }),
    )
  },
  paidByMetaMask: async ({ metaMask, playground }, use) => {
    await use(async () => MONEY - (await playground.balanceOf(metaMask.address)))
  },
})

/** Says yes in Tuppence's own window, and leaves it open. */
const sayYes = (screen: Screen) => screen.getByRole('button', { name: /^Pay \$/ }).click()

/** Asks for the essay by the page API, and gives the answer's status, or the code of what was thrown. */
const fetchEssay = (page: Screen): Promise<number | string> =>
  page.evaluate(() =>
    window.x402Provider.fetch('/essay', { payment: { onDecline: 'throw' } }).then(
      ({ status }) => status,
      ({ code }) => code as string,
    ),
  )

test.describe('paid with MetaMask', () => {
  test('is a page, once approved here and signed there, down to the chain', async ({
    tuppence,
    metaMask,
    stall,
    playground,
    paidByMetaMask,
    spentOnChain,
  }) => {
    const page = await tuppence.open(`${stall.url}/essay`)
    const screen = await tuppence.approval()
    const { host } = new URL(stall.url)
    await expect(screen.getByRole('heading', { level: 1 })).toHaveText(`Pay $0.03 to ${host}?`)
    await expect(screen.getByText('MetaMask will ask you to confirm.')).toBeVisible()
    expect(await metaMask.count(SIGN)).toBe(0)
    await tuppence.approve()

    await expect(page.getByText('The essay')).toBeVisible()
    await expectStates(tuppence, ['settled'])
    expect(await paidByMetaMask()).toBe(PRICE)
    expect(await spentOnChain()).toBe(0n)
    expect(await tuppence.payments()).toMatchObject([{ from: metaMask.address, decidedBy: 'user', site: stall.url }])

    // MetaMask hears who asks, and never whom for.
    const asked = await metaMask.asked()
    expect(asked.map(({ method }) => method)).toEqual(['eth_requestAccounts', SIGN])
    expect(JSON.stringify(asked)).not.toContain(host)
    const [, text] = asked[1]?.params ?? []
    expect(JSON.parse(String(text))).toMatchObject({
      primaryType: 'TransferWithAuthorization',
      domain: { chainId: 84_532 },
      message: { from: metaMask.address.toLowerCase(), to: playground.payTo.toLowerCase(), value: PRICE.toString() },
    })
  })

  test('is an offer through Permit2, by a message for the payment and one for an allowance of just as much', async ({
    tuppence,
    metaMask,
    openStall,
    playground,
    paidByMetaMask,
  }) => {
    const stall = await openStall({
      routes: {
        'GET /essay': {
          price: '$0.03',
          by: 'permit2',
          extensions: EIP2612_GAS_SPONSORING,
          answer: (_, response) => void response.send('The essay'),
        },
      },
    })
    const page = await tuppence.open(`${stall.url}/essay`)
    await tuppence.approve()
    await expect(page.getByText('The essay')).toBeVisible()
    await expectStates(tuppence, ['settled'])
    expect(await paidByMetaMask()).toBe(PRICE)
    expect(await playground.permit2AllowanceOf(metaMask.address)).toBe(0n)
    const asked = await metaMask.asked()
    const signed = asked.filter(({ method }) => method === SIGN).map(({ params }) => JSON.parse(String(params?.[1])))
    expect(signed).toMatchObject([
      { primaryType: 'PermitWitnessTransferFrom', message: { permitted: { amount: PRICE.toString() } } },
      { primaryType: 'Permit', message: { value: PRICE.toString() } },
    ])
  })

  test('is a page’s own request', async ({ tuppence, stall, paidByMetaMask, spentOnChain }) => {
    const page = await tuppence.open(stall.url)
    const answered = fetchEssay(page)
    await tuppence.approve()
    expect(await answered).toBe(200)
    await expectStates(tuppence, ['settled'])
    expect(await paidByMetaMask()).toBe(PRICE)
    expect(await spentOnChain()).toBe(0n)
  })

  test('is nothing unasked: auto-pay asks, and is not offered', async ({ tuppence, metaMask, stall }) => {
    await tuppence.addSiteRule(stall.url, { mode: 'Ask' })
    await tuppence.open(`${stall.url}/essay`)
    const screen = await tuppence.approval()
    await expect(screen.getByRole('checkbox')).toHaveCount(0)
    await tuppence.decline()

    await tuppence.setRules({ autoPay: true, mostPerPayment: '0.10' })
    await tuppence.addSiteRule('stall.localhost', { mode: 'Pay without asking', wholeDomain: true })
    await tuppence.open(`${stall.url}/essay`)
    await tuppence.approval()
    expect((await tuppence.pendingApprovals())[0]?.reasons.map(({ code }) => code)).toContain('metamask_asks')
    expect(await metaMask.count(SIGN)).toBe(0)
    expect(await tuppence.payments()).toEqual([])
  })

  test('is one question in MetaMask at a time, however many are approved', async ({
    tuppence,
    metaMask,
    stall,
    paidByMetaMask,
  }) => {
    await metaMask.set({ sign: 'wait' })
    const page = await tuppence.open(stall.url)
    const answered = [fetchEssay(page), fetchEssay(page)]
    await tuppence.approve()
    await expect.poll(() => metaMask.count(SIGN)).toBe(1)
    await tuppence.approve()
    expect(await metaMask.count(SIGN)).toBe(1)
    await metaMask.set({ sign: 'confirm' })
    expect(await Promise.all(answered)).toEqual([200, 200])
    await expectStates(tuppence, ['settled', 'settled'])
    expect(await paidByMetaMask()).toBe(2n * PRICE)
  })
})

test.describe('a no in MetaMask', () => {
  test('is a no to the page, and frees the budget at once', async ({ tuppence, metaMask, stall, paidByMetaMask }) => {
    await metaMask.set({ sign: 'reject' })
    const page = await tuppence.open(`${stall.url}/essay`)
    await tuppence.approve()
    await expectStates(tuppence, ['released'])
    await expect
      .poll(async () => (await tuppence.tabState(page)).reasons)
      .toMatchObject([{ code: 'metamask_rejected' }])
    expect(await tuppence.pendingApprovals()).toEqual([])
    expect((await tuppence.spentToday()).spent).toBe('0')

    await page.goto(stall.url)
    const answered = fetchEssay(page)
    await tuppence.approve()
    expect(await answered).toBe('declined')
    await expectStates(tuppence, ['released', 'released'])
    expect((await tuppence.spentToday()).spent).toBe('0')
    expect(signaturesAt(stall)).toEqual([])

    // Nothing of it is in the way of a yes.
    await metaMask.set({ sign: 'confirm' })
    const again = fetchEssay(page)
    await tuppence.approve()
    expect(await again).toBe(200)
    await expectStates(tuppence, ['released', 'released', 'settled'])
    expect(await paidByMetaMask()).toBe(PRICE)
  })
})

interface Trouble {
  readonly what: string
  readonly is: Partial<Settings>
  readonly says: string | RegExp
  /** What puts it right. */
  readonly mended: Partial<Settings>
  /** How the tries end up in the books, the one that failed first. */
  readonly states: readonly string[]
}

const STRANGER = generatePrivateKey()

const TROUBLES: readonly Trouble[] = [
  {
    what: 'is locked, and not unlocked when it asks',
    is: { isLocked: true, unlock: 'reject' },
    says: /MetaMask is locked/,
    mended: { unlock: 'confirm' },
    states: ['settled'],
  },
  {
    what: 'has another question open',
    is: { isBusy: true, isLocked: true },
    says: /MetaMask waits for an answer to something else/,
    mended: { isBusy: false },
    states: ['settled'],
  },
  {
    what: 'is not to change its network',
    is: { chainId: 1, change: 'reject' },
    says: /MetaMask has to be on Base Sepolia/,
    mended: { change: 'confirm' },
    states: ['settled'],
  },
  {
    what: 'is not to add the network',
    is: { chainId: 1, knownChains: [1], add: 'reject' },
    says: /MetaMask has to be on Base Sepolia/,
    mended: { add: 'confirm' },
    states: ['settled'],
  },
  {
    what: 'does not answer',
    is: { hangsOn: 'every' },
    says: /MetaMask stopped answering/,
    mended: { hangsOn: null },
    states: ['settled'],
  },
  {
    what: 'lets nobody in',
    is: { closesOn: 'every' },
    says: /MetaMask stopped answering/,
    mended: { closesOn: null },
    states: ['settled'],
  },
  {
    what: 'is gone while it signs',
    is: { closesOn: SIGN },
    says: /MetaMask stopped answering/,
    mended: { closesOn: null },
    states: ['signed', 'settled'],
  },
  {
    what: 'has another question open when it is to sign',
    is: { isBusy: true },
    says: /MetaMask waits for an answer to something else/,
    mended: { isBusy: false },
    states: ['signed', 'settled'],
  },
  {
    what: 'signs with another account',
    is: { signsWith: STRANGER },
    says: /MetaMask does not sign with the account 0x/,
    mended: { signsWith: null },
    states: ['signed', 'settled'],
  },
]

test.describe('when MetaMask', () => {
  for (const { what, is, says, mended, states } of TROUBLES)
    test(`${what}, the question stands, and can be answered again`, async ({
      tuppence,
      metaMask,
      stall,
      paidByMetaMask,
      spentOnChain,
    }) => {
      await metaMask.set(is)
      const page = await tuppence.open(`${stall.url}/essay`)
      const screen = await tuppence.approval()
      await sayYes(screen)
      await expect(screen.getByRole('alert')).toContainText(says)
      await expect(screen.getByRole('heading', { level: 1 })).toContainText('Pay $0.03 to')
      expect(await tuppence.pendingApprovals()).toHaveLength(1)
      expect(signaturesAt(stall)).toEqual([])
      // What may have been signed is held; what was not even asked for is not.
      const held = BigInt(states.length - 1) * PRICE
      expect((await tuppence.spentToday()).spent).toBe(held.toString())

      await metaMask.set(mended)
      await sayYes(screen)
      await expect(page.getByText('The essay')).toBeVisible()
      await expectStates(tuppence, states)
      expect((await tuppence.spentToday()).spent).toBe((held + PRICE).toString())
      expect(await paidByMetaMask()).toBe(PRICE)
      expect(await spentOnChain()).toBe(0n)
    })

  test('does not allow the account any more, the question stands until it does', async ({
    tuppence,
    metaMask,
    stall,
    paidByMetaMask,
  }) => {
    await metaMask.set({ keys: [STRANGER] })
    const page = await tuppence.open(`${stall.url}/essay`)
    const screen = await tuppence.approval()
    await sayYes(screen)
    await expect(screen.getByRole('alert')).toContainText(`MetaMask does not sign with the account ${metaMask.address}`)
    // It need not be the one in front there.
    await metaMask.set({ keys: [STRANGER, metaMask.key] })
    await sayYes(screen)
    await expect(page.getByText('The essay')).toBeVisible()
    expect(await paidByMetaMask()).toBe(PRICE)
  })

  test('is locked, or on another network, it asks for that first', async ({
    tuppence,
    metaMask,
    stall,
    playground,
    paidByMetaMask,
  }) => {
    await metaMask.set({ isLocked: true, chainId: 1, knownChains: [1] })
    const page = await tuppence.open(`${stall.url}/essay`)
    await tuppence.approve()
    await expect(page.getByText('The essay')).toBeVisible()
    expect(await paidByMetaMask()).toBe(PRICE)
    const asked = await metaMask.asked()
    expect(asked.map(({ method }) => method)).toEqual([
      'eth_requestAccounts',
      'eth_requestAccounts',
      'wallet_switchEthereumChain',
      'wallet_addEthereumChain',
      'wallet_switchEthereumChain',
      SIGN,
    ])
    expect(asked[3]?.params).toEqual([
      {
        chainId: '0x14a34',
        chainName: 'Base Sepolia',
        nativeCurrency: { name: 'ETH', symbol: 'ETH', decimals: 18 },
        rpcUrls: ['https://sepolia.base.org'],
        blockExplorerUrls: ['https://sepolia.basescan.org'],
      },
    ])
    // Whom the user chose to ask about the chain is nobody's business.
    expect(JSON.stringify(asked)).not.toContain(new URL(playground.rpcUrl).host)
  })

  test('is removed, it is said so where it would pay, and where it would be connected', async ({
    tuppence,
    metaMask,
    stall,
    spentOnChain,
  }) => {
    await metaMask.remove()
    await tuppence.open(`${stall.url}/essay`)
    const screen = await tuppence.approval()
    await sayYes(screen)
    await expect(screen.getByRole('alert')).toContainText('MetaMask does not answer. Install it')
    expect(await tuppence.payments()).toEqual([])

    // The wallet's own account takes over once the user says so.
    await tuppence.payWithMetaMask(false)
    await tuppence.approve()
    await expectStates(tuppence, ['settled'])
    expect(await spentOnChain()).toBe(PRICE)

    const wallets = await tuppence.dashboard('Wallets')
    await wallets.getByRole('button', { name: 'Disconnect' }).click()
    await wallets.getByRole('button', { name: 'Connect MetaMask' }).click()
    await expect(wallets.getByRole('alert')).toContainText('MetaMask does not answer. Install it')
  })

  test('is switched off, the question stands until it is on again', async ({
    tuppence,
    metaMask,
    stall,
    paidByMetaMask,
  }) => {
    await metaMask.switch(false)
    const page = await tuppence.open(`${stall.url}/essay`)
    const screen = await tuppence.approval()
    await sayYes(screen)
    await expect(screen.getByRole('alert')).toContainText('MetaMask does not answer. Install it or switch it on')
    await metaMask.switch(true)
    await sayYes(screen)
    await expect(page.getByText('The essay')).toBeVisible()
    expect(await paidByMetaMask()).toBe(PRICE)
  })
})

interface Change {
  readonly what: string
  readonly happens: (how: { tuppence: Tuppence; stall: RunningServer }) => Promise<void>
  readonly reason: string
}

const CHANGES: readonly Change[] = [
  {
    what: 'a limit is lowered',
    happens: ({ tuppence }) => tuppence.setRules({ mostPerDay: '0.02' }),
    reason: 'over_day_limit',
  },
  {
    what: 'the site is blocked',
    happens: ({ tuppence, stall }) => tuppence.addSiteRule(stall.url, { mode: 'Block' }),
    reason: 'site_blocked',
  },
  {
    what: 'MetaMask is no longer to pay',
    happens: ({ tuppence }) => tuppence.payWithMetaMask(false),
    reason: 'rules_changed',
  },
]

/** Says yes, and waits until MetaMask's window asks as well. Tuppence's own window is closed by then. */
async function untilMetaMaskAsks(tuppence: Tuppence, metaMask: StandIn): Promise<void> {
  await metaMask.set({ sign: 'wait' })
  await tuppence.approve()
  await expect.poll(() => metaMask.count(SIGN)).toBe(1)
  await expectStates(tuppence, ['signed'])
}

test.describe('while MetaMask’s window is open', () => {
  for (const { what, happens, reason } of CHANGES)
    test(`${what}: what is signed after that is never sent, and stays held`, async ({
      tuppence,
      metaMask,
      stall,
      paidByMetaMask,
    }) => {
      const page = await tuppence.open(`${stall.url}/essay`)
      await untilMetaMaskAsks(tuppence, metaMask)
      await happens({ tuppence, stall })
      await metaMask.set({ sign: 'confirm' })
      await expect.poll(async () => (await tuppence.tabState(page)).reasons).toMatchObject([{ code: reason }])
      await expectStates(tuppence, ['signed'])
      expect((await tuppence.spentToday()).spent).toBe(PRICE.toString())
      expect(signaturesAt(stall)).toEqual([])
      expect(await paidByMetaMask()).toBe(0n)
    })

  for (const how of ['left', 'closed'] as const)
    test(`the page is ${how}: nothing is sent for it, and the next one is paid for itself`, async ({
      tuppence,
      metaMask,
      stall,
      paidByMetaMask,
    }) => {
      const page = await tuppence.open(`${stall.url}/essay`)
      await untilMetaMaskAsks(tuppence, metaMask)
      if (how === 'left') await page.goto(stall.url)
      else await page.close()
      await metaMask.set({ sign: 'confirm' })

      const other = await tuppence.open(`${stall.url}/essay?other`)
      await tuppence.approve()
      await expect(other.getByText('The essay')).toBeVisible()
      await expectStates(tuppence, ['signed', 'settled'])
      expect(signaturesAt(stall)).toHaveLength(1)
      expect((await tuppence.spentToday()).spent).toBe((2n * PRICE).toString())
      expect(await paidByMetaMask()).toBe(PRICE)
    })

  test('the time that the site gives runs out: it is not sent, and can be tried again', async ({
    tuppence,
    metaMask,
    openStall,
    playground,
    paidByMetaMask,
  }) => {
    const { network, payTo } = playground
    const stall = await openStall({
      routes: {
        'GET /essay': {
          price: '$0.03',
          accepts: { scheme: 'exact', network, price: '$0.03', payTo, maxTimeoutSeconds: 22 },
          answer: (_, response) => void response.send('The essay'),
        },
      },
    })
    await metaMask.set({ sign: 'wait' })
    const page = await tuppence.open(`${stall.url}/essay`)
    const screen = await tuppence.approval()
    await sayYes(screen)
    await expect(screen.getByRole('button', { name: 'Confirm in MetaMask…' })).toBeVisible()
    await expectStates(tuppence, ['signed'])
    await expect
      .poll(async () => ((await tuppence.payments())[0]?.validBefore ?? 0) - Date.now() / 1000)
      .toBeLessThan(19)
    await metaMask.set({ sign: 'confirm' })
    await expect(screen.getByRole('alert')).toContainText('The time that the site gives to pay ran out')
    expect(signaturesAt(stall)).toEqual([])
    expect(await paidByMetaMask()).toBe(0n)

    await sayYes(screen)
    await expect(page.getByText('The essay')).toBeVisible()
    await expectStates(tuppence, ['signed', 'settled'])
    expect(await paidByMetaMask()).toBe(PRICE)
  })

  test('Tuppence’s own may be closed: what came of it waits where it is opened again', async ({
    tuppence,
    metaMask,
    stall,
  }) => {
    const page = await tuppence.open(`${stall.url}/essay`)
    await untilMetaMaskAsks(tuppence, metaMask)
    expect(await tuppence.pendingApprovals()).toEqual([])
    await metaMask.set({ sign: 'confirm', signsWith: STRANGER })
    const screen = await tuppence.approval()
    await expect(screen.getByRole('alert')).toContainText('MetaMask does not sign with the account')
    await metaMask.set({ signsWith: null })
    await tuppence.approve()
    await expect(page.getByText('The essay')).toBeVisible()
    await expectStates(tuppence, ['signed', 'settled'])
  })

  test('the background ends: nothing is sent, and the budget is held until the chain shows that it ran out', async ({
    tuppence,
    metaMask,
    stall,
    paidByMetaMask,
  }) => {
    const page = await tuppence.open(`${stall.url}/essay`)
    await untilMetaMaskAsks(tuppence, metaMask)
    await tuppence.killWorker()
    await metaMask.set({ sign: 'confirm' })
    await expectStates(tuppence, ['signed'])
    expect(await tuppence.pendingApprovals()).toEqual([])

    // Nobody knows what was signed: the same page is not paid once more until that is worth nothing.
    await tuppence.reload(page)
    await expect.poll(async () => (await tuppence.tabState(page)).reasons).toMatchObject([{ code: 'outcome_open' }])
    expect((await tuppence.spentToday()).spent).toBe(PRICE.toString())
    expect(signaturesAt(stall)).toEqual([])

    const later = await startChain()
    try {
      const clock = createTestClient({ mode: 'anvil', transport: http(later.rpcUrl) })
      await clock.increaseTime({ seconds: 3_600 })
      await clock.mine({ blocks: 1 })
      await tuppence.setRpc('Base Sepolia', later.rpcUrl)
      await expectStates(tuppence, ['expired'])
      expect((await tuppence.spentToday()).spent).toBe('0')
    } finally {
      await later.stop()
    }
    expect(await paidByMetaMask()).toBe(0n)
  })
})

test('MetaMask has its place on the screens, in words and for everybody', async ({ tuppence, metaMask, stall }) => {
  // Three whole screens are looked through, light and dark.
  test.slow()
  await tuppence.open(`${stall.url}/essay`)
  const approval = await tuppence.approval()
  const [wallets, settings] = [await tuppence.dashboard('Wallets'), await tuppence.dashboard('Settings')]
  for (const screen of [approval, wallets, settings]) {
    await screen.getByText('MetaMask').first().waitFor()
    await expectAccessible(screen)
  }
  await expect(settings.getByLabel('Extension id of MetaMask')).toHaveValue(metaMask.id)
  await settings.getByLabel('Extension id of MetaMask').fill('no such thing')
  await settings.getByLabel('Extension id of MetaMask').press('Enter')
  await expect(settings.getByText('This is no extension id.')).toBeVisible()
})
