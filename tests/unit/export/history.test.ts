import { expect, it, vi } from 'vitest'
import { json } from '@/lib/export/format'
import { exportHistory, type Position } from '@/lib/export/history'
import { paymentView } from './payments'

const PAGE = 200

/** A history of so many payments, one a second, that gives its pages as the background does. */
function historyOf(length: number) {
  const newestFirst = Array.from({ length }, (_, index) =>
    paymentView({ id: `${length - index}`, createdAt: (length - index) * 1000 }),
  )
  return vi.fn(async (after: Position | null) => {
    const start = after ? newestFirst.findIndex(({ id }) => id === after.id) + 1 : 0
    return newestFirst.slice(start, start + PAGE)
  })
}

const idsIn = async (file: Blob) => (JSON.parse(await file.text()) as { id: string }[]).map(({ id }) => Number(id))

it.each([0, 1, PAGE - 1, PAGE, PAGE + 1, 5 * PAGE + 7])(
  '%i payments are all there, once each, oldest first',
  async (length) => {
    const file = await exportHistory(json, historyOf(length))
    expect(await idsIn(file)).toEqual(Array.from({ length }, (_, index) => index + 1))
  },
)

it('tells how far it is', async () => {
  const onProgress = vi.fn()
  await exportHistory(json, historyOf(450), onProgress)
  expect(onProgress.mock.calls).toEqual([[200], [400], [450]])
})

it('fails as reading does', async () => {
  await expect(exportHistory(json, () => Promise.reject(new Error('no books')))).rejects.toThrow('no books')
})
