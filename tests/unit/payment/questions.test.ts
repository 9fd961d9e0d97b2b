import { beforeEach, describe, expect, test, vi } from 'vitest'
import { fakeBrowser } from 'wxt/testing/fake-browser'
import type { Intent } from '@/lib/challenge/intent'
import type { Interceptor } from '@/lib/intercept/interceptor'
import { Approvals } from '@/lib/payment/approvals'
import { Questions } from '@/lib/payment/questions'
import { sighting } from './sightings'

vi.mock('@/lib/payment/prompt', () => ({ openPrompt: vi.fn(), showWaiting: vi.fn() }))

const ARTICLE = 'https://shop.example/article'
const interceptor = { isShowing: async () => false } as unknown as Interceptor
let approvals: Approvals
let questions: Questions

beforeEach(() => {
  fakeBrowser.reset()
  approvals = new Approvals()
  questions = new Questions(approvals, interceptor, () => undefined)
})

/** A question about a page that was reached by this method. */
const asked = (method: string) =>
  approvals.add({
    intent: 'an article' as Intent,
    sighting: sighting({
      target: { via: 'navigation', tabId: 7, documentId: 'document' },
      request: { method, url: ARTICLE, bodyDigest: null },
    }),
    offerIndex: 0,
    others: [],
    reasons: [],
  })

describe('when the browser’s last window closes, or it starts again', () => {
  const END: [string, () => Promise<void>][] = [
    ['the window', () => questions.left(7, null, true)],
    ['the start', () => questions.restore({ newSession: true })],
  ]

  test.each(END)('a page can be opened again for its question: %s', async (_, end) => {
    await asked('GET')
    await end()
    expect(approvals.list()).toMatchObject([{ page: 'closed' }])
  })

  test.each(END)('a form’s question is over, since nobody sends it again: %s', async (_, end) => {
    await asked('POST')
    await end()
    expect(approvals.list()).toEqual([])
  })
})
