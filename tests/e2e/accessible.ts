import AxeBuilder from '@axe-core/playwright'
import { expect, type Page } from './fixtures.ts'

/** Axe finds nothing wrong with a screen, in light and in dark. */
export async function expectAccessible(screen: Page): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await screen.emulateMedia({ colorScheme })
    // Colours fade from one scheme to the other.
    await expect.poll(() => screen.evaluate(() => document.getAnimations().length)).toBe(0)
    const { violations } = await new AxeBuilder({ page: screen }).analyze()
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([])
  }
}
