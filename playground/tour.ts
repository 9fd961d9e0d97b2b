import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Page } from '@playwright/test'
import { formatUsd, usd } from '../lib/money/usd.ts'
import { type Payment, TAB_SIZE, type Tuppence } from './driver/tuppence.ts'
import { until } from './driver/until.ts'
import { openWallet } from './driver/wallet.ts'
import type { Playground } from './playground.ts'
import { type Article, lighthouse, tideClock } from './shop/articles.ts'

const PICTURES = fileURLToPath(new URL('../.output/tour/', import.meta.url))

/** What a step of the tour cost, as the ledger and the chains say. */
interface Bill {
  readonly payments: readonly Payment[]
  /** Atomic units of USDC, on both chains together. */
  readonly before: bigint
  readonly after: bigint
}

/**
 * Does without a window what a visitor would do with one: buys an article by hand, lets a page's agent pay for itself, buys
 * another article on Solana, and photographs every screen. Tells each step as it goes; the last line sums it up.
 * @throws Error when something is not paid, or the ledger and the chains do not agree
 */
export async function tour(tuppence: Tuppence, playground: Playground): Promise<void> {
  mkdirSync(PICTURES, { recursive: true })
  const welcome = await tuppence.screen('welcome.html', TAB_SIZE)
  await photograph(welcome, 'welcome')
  await welcome.close()
  const { address, solana, funds } = await openWallet(tuppence, playground)
  console.log(`A new wallet has ${funds} of play money on each of two chains that run here: ${address} and ${solana}.`)
  const balance = async () => (await playground.balanceOf(address)) + (await playground.solana.balanceOf(solana))

  const bill = async (pay: () => Promise<void>, count: number): Promise<Bill> => {
    const started = Date.now()
    const before = await balance()
    await pay()
    const payments = await proven(tuppence, started, count)
    const after = await balance()
    await compare(playground, address, payments)
    assertSpent(payments, before - after)
    print({ payments, before, after })
    return { payments, before, after }
  }

  const page = await tuppence.open(playground.shopUrl)
  await photograph(page, 'shop')
  console.log(`“${tideClock.title}” costs ${tideClock.price}. Clicking its link.`)
  const article = await bill(() => buyArticle(tuppence, page, tideClock), 1)

  console.log('Switching auto-pay on, up to $0.01. An agent on a page asks a paid API three times.')
  await tuppence.setRules({ autoPay: true, mostPerPayment: '0.01' })
  const agent = await bill(() => askAgent(page, playground), 3)

  await page.goto(playground.shopUrl)
  console.log(`“${lighthouse.title}” costs ${lighthouse.price}, and is paid on Solana. Clicking its link.`)
  const abroad = await bill(() => buyArticle(tuppence, page, lighthouse, 'solana-'), 1)

  await photographDashboard(tuppence)
  console.log(`A picture of every screen is in ${PICTURES}.`)
  const payments = [...article.payments, ...agent.payments, ...abroad.payments]
  const spent = assertSpent(payments, article.before - abroad.after)
  console.log(
    `tour: ${payments.length} payments, ${dollars(spent)} spent, balance ${dollars(article.before)} -> ${dollars(abroad.after)}`,
  )
}

/** What payments come to. Throws when that is not what the chains say. */
function assertSpent(payments: readonly Payment[], onChain: bigint): bigint {
  const spent = payments.reduce((sum, { units }) => sum + BigInt(units), 0n)
  if (spent !== onChain) throw new Error(`The history says ${dollars(spent)}, the chains ${dollars(onChain)}.`)
  return spent
}

/** Buys an article by its link, and photographs what shows; the pictures' names begin with `prefix`. */
async function buyArticle(tuppence: Tuppence, page: Page, article: Article, prefix = ''): Promise<void> {
  await page.getByRole('link', { name: article.title }).click()
  const approval = await tuppence.approval()
  // Its button is dead for a moment, so that no stray click pays.
  await approval.getByRole('button', { name: `Pay ${article.price}` }).click({ trial: true })
  await photograph(approval, `${prefix}approval`)
  await photograph(approval, `${prefix}approval-dark`, 'dark')
  console.log(`  Asked: “${await approval.getByRole('heading', { level: 1 }).textContent()}” Approving.`)
  await tuppence.approve()
  await page.getByText(article.paragraphs.at(-1) ?? '').waitFor()
  console.log(`  The article shows: ${await page.title()}`)
  await photograph(page, `${prefix}article`)
  const popup = await tuppence.popup(page)
  await photograph(popup, `${prefix}popup`)
  await popup.close()
}

async function askAgent(page: Page, { shopUrl }: Playground): Promise<void> {
  await page.goto(`${shopUrl}/agent`)
  await page.getByRole('button', { name: 'Ask the agent' }).click()
  const verdict = page.getByText(/^(Pack the basket|Without an answer)/)
  await verdict.waitFor()
  console.log(`  The agent says: ${await verdict.textContent()}`)
  await photograph(page, 'agent')
}

async function photographDashboard(tuppence: Tuppence): Promise<void> {
  for (const name of ['Overview', 'Payments', 'Rules', 'Wallets', 'Settings'] as const) {
    const screen = await tuppence.dashboard(name)
    await photograph(screen, name.toLowerCase())
    await photograph(screen, `${name.toLowerCase()}-dark`, 'dark')
    await screen.close()
  }
}

async function photograph(page: Page, name: string, colorScheme: 'light' | 'dark' = 'light'): Promise<void> {
  await page.emulateMedia({ colorScheme })
  await page.waitForFunction(() => !document.body.textContent.includes('Loading…'))
  await page.screenshot({ path: join(PICTURES, `${name}.png`), fullPage: true, animations: 'disabled' })
}

/** The payments made since then, once the extension has found all of them on the chain. */
function proven(tuppence: Tuppence, since: number, count: number): Promise<Payment[]> {
  return until(
    () => tuppence.payments(since),
    (payments) => payments.length === count && payments.every(({ state }) => state === 'settled'),
    `There should be ${count} settled payments`,
  )
}

/** Every payment of the history on the EVM chain must be a transfer of the same amount there. */
async function compare(playground: Playground, from: string, payments: readonly Payment[]): Promise<void> {
  const transfers = await playground.transfers()
  for (const { transaction, units, site } of payments.filter(({ network }) => network === playground.network)) {
    const onChain = transfers.find((transfer) => transfer.transaction === transaction && transfer.from === from)
    if (onChain?.value !== BigInt(units))
      throw new Error(`The chain does not show the payment to ${site}, ${transaction}.`)
  }
}

function print({ payments, before, after }: Bill): void {
  for (const { units, site, transaction } of payments.toReversed())
    console.log(`  Paid ${dollars(BigInt(units))} to ${new URL(site).host}, transaction ${transaction}`)
  console.log(`  Balance on the chains ${dollars(before)} -> ${dollars(after)}`)
}

/** USDC has as many decimals as our dollars. */
const dollars = (units: bigint): string => formatUsd(usd(units))
