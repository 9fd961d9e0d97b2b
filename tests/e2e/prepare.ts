import { ensureChromium } from '../../playground/driver/chromium.ts'
import { ensureBuild } from '../../scripts/build.ts'
import { buildStandIn } from '../metamask/build.ts'

/** Before the first end-to-end test: a browser and a build of what the sources say now, and the stand-in for MetaMask. */
export default async function prepare(): Promise<void> {
  ensureChromium()
  ensureBuild()
  await buildStandIn()
}
