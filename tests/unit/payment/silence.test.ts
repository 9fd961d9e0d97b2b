import { beforeEach, describe, expect, test } from 'vitest'
import { fakeBrowser } from 'wxt/testing/fake-browser'
import { isSilenced, noteRefusal } from '@/lib/payment/silence'

const PAGE = 'https://pushy.example'
const NOON = Date.UTC(2026, 10, 21, 12)
const SECOND = 1000

beforeEach(() => {
  fakeBrowser.reset()
})

/** Refused at these seconds after noon. */
async function refusedAt(...seconds: number[]): Promise<void> {
  for (const second of seconds) await noteRefusal(PAGE, NOON + second * SECOND)
}
const silencedAt = (second: number, page = PAGE) => isSilenced(page, NOON + second * SECOND)

describe('a page', () => {
  test.each([
    ['never', [], false],
    ['twice', [0, 1], false],
    ['three times within half a minute', [0, 15, 30], true],
    ['three times in more than half a minute', [0, 15, 31], false],
    ['often, but slowly', [0, 20, 40, 60, 80], false],
    ['three times within half a minute after being refused before', [0, 60, 70, 80], true],
  ] as const)('that was refused %s is silenced: %s', async (_, seconds, silenced) => {
    await refusedAt(...seconds)
    expect(await silencedAt((seconds.at(-1) ?? 0) + 1)).toBe(silenced)
  })

  test('is silenced for a minute', async () => {
    await refusedAt(0, 1, 2)
    expect([await silencedAt(2), await silencedAt(61), await silencedAt(62)]).toEqual([true, true, false])
  })

  test('does not prolong it by going on', async () => {
    await refusedAt(0, 1, 2, 30, 50, 61)
    expect(await silencedAt(62)).toBe(false)
  })

  test('begins anew afterwards', async () => {
    await refusedAt(0, 1, 2, 70)
    expect(await silencedAt(71)).toBe(false)
    await refusedAt(72, 73)
    expect(await silencedAt(74)).toBe(true)
  })

  test('is silenced alone', async () => {
    await refusedAt(0, 1, 2)
    expect(await silencedAt(3, 'https://quiet.example')).toBe(false)
  })

  test('stays silenced when the clock is set back', async () => {
    await refusedAt(0, 1, 2)
    expect(await silencedAt(-3600)).toBe(true)
  })

  test('that is refused several times at once is refused several times', async () => {
    await Promise.all([1, 2, 3].map(() => noteRefusal(PAGE, NOON)))
    expect(await silencedAt(1)).toBe(true)
  })
})

test('of many pages, the latest two hundred are remembered', async () => {
  for (let page = 0; page < 205; page += 1) await noteRefusal(`https://${page}.example`, NOON)
  const { refusals } = (await fakeBrowser.storage.session.get('refusals')) as { refusals: Record<string, unknown> }
  const pages = Object.keys(refusals)
  expect([pages.length, pages[0], pages.at(-1)]).toEqual([200, 'https://5.example', 'https://204.example'])
})
