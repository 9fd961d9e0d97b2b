import { describe, expect, test } from 'vitest'
import { SeenAnswers } from '@/lib/intercept/seen-answers'

const PAGE = { tabId: 7, origin: 'https://shop.example' }
const SEEN = {
  url: 'https://api.example/weather',
  method: 'GET',
  status: 402,
  headers: [],
  fromCache: false,
  byWorker: false,
}
const given = (changes: { tabId?: number; initiator?: string } = {}) => ({
  ...SEEN,
  tabId: 7,
  initiator: 'https://shop.example',
  ...changes,
})

describe('a marked request’s 402', () => {
  test('is given once, whether it was seen before or is only on its way', async () => {
    const answers = new SeenAnswers()
    answers.note('one', given())
    expect(await answers.take(PAGE, 'one')).toEqual(SEEN)
    const awaited = answers.take(PAGE, 'two')
    answers.note('two', given())
    expect(await awaited).toEqual(SEEN)
  })

  test('is the tab’s that got it, or the page’s whose service worker did', async () => {
    const answers = new SeenAnswers()
    answers.note('other tab', given({ tabId: 8 }))
    expect(await answers.take(PAGE, 'other tab')).toBeNull()
    answers.note('worker', given({ tabId: -1 }))
    expect(await answers.take(PAGE, 'worker')).toEqual(SEEN)
    answers.note('other worker', given({ tabId: -1, initiator: 'https://thief.example' }))
    expect(await answers.take(PAGE, 'other worker')).toBeNull()
  })

  test('is forgotten with its page, and the oldest when there are too many', async () => {
    const answers = new SeenAnswers()
    answers.note('left', given())
    answers.forget(7)
    expect(await answers.take(PAGE, 'left')).toBeNull()
    for (let count = 0; count <= 500; count += 1) answers.note(`${count}`, given())
    expect(await answers.take(PAGE, '500')).toEqual(SEEN)
    expect(await answers.take(PAGE, '0')).toBeNull()
  })
})
