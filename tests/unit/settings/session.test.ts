import { beforeEach, expect, test } from 'vitest'
import { fakeBrowser } from 'wxt/testing/fake-browser'
import { beginSession, isNewSession } from '@/lib/settings/session'

beforeEach(() => {
  fakeBrowser.reset()
})

test('a session is new until it has begun, and again after the browser’s end', async () => {
  // A background that ends before it has come to the end of its start finds it new once more.
  expect([await isNewSession(), await isNewSession()]).toEqual([true, true])
  await beginSession()
  expect([await isNewSession(), await isNewSession()]).toEqual([false, false])
  fakeBrowser.storage.session.resetState()
  expect(await isNewSession()).toBe(true)
})
