import { ensureChromium } from '../../playground/driver/chromium.ts'
import { ensureBuild } from '../../scripts/build.ts'

/** Before the first end-to-end test: a browser and a build of what the sources say now. */
export default function prepare(): void {
  ensureChromium()
  ensureBuild()
}
