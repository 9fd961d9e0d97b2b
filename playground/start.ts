/*
 * What `npm start` runs: the playground, the extension and a browser to try them in. Without a display it is a tour.
 */
import { EXTENSION_DIR, ensureBuild } from '../scripts/build.ts'
import { launch } from './driver/launch.ts'
import type { Tuppence } from './driver/tuppence.ts'
import { openWallet } from './driver/wallet.ts'
import { type Playground, startPlayground } from './playground.ts'
import { tour } from './tour.ts'

/** There is no window where nobody would see it. */
function isHeadless(): boolean {
  const { CI, DISPLAY, WAYLAND_DISPLAY } = process.env
  return (
    process.argv.includes('--headless') || Boolean(CI) || (process.platform === 'linux' && !DISPLAY && !WAYLAND_DISPLAY)
  )
}

/** Opens the shop's front page and leaves the browser to whoever sits before it, until they close it. */
async function play(tuppence: Tuppence, playground: Playground): Promise<void> {
  const closed = new Promise<void>((resolve) => tuppence.context.once('close', () => resolve()))
  const { address, solana, password, funds } = await openWallet(tuppence, playground)
  await tuppence.open(playground.shopUrl)
  await tuppence.leave()
  console.log(`
The browser shows ${playground.shopUrl}, a newspaper that sells by the piece. Click an article to pay for it.
  Wallet    ${address}, with ${funds} of play money
  Solana    ${solana}, with as much
  Password  ${password}
Close the browser or press Ctrl-C to end everything.`)
  await closed
}

async function main(): Promise<void> {
  ensureBuild()
  console.log('Starting the playground: two chains, a facilitator, a shop and a paid API, all on this computer.')
  const playground = await startPlayground()
  try {
    const headless = isHeadless()
    const tuppence = await launch({ headless, extensionDir: EXTENSION_DIR })
    try {
      await (headless ? tour(tuppence, playground) : play(tuppence, playground))
    } finally {
      await tuppence.close()
    }
  } finally {
    await playground.stop()
  }
}

try {
  await main()
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
