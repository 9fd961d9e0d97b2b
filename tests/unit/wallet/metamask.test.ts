import { beforeEach, expect, test, vi } from 'vitest'
import { fakeBrowser } from 'wxt/testing/fake-browser'
import { connect, disconnect, setPays, state } from '@/lib/wallet/metamask'

const FIRST = '0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266'
const SECOND = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8'

/** MetaMask itself runs in a browser only (tests/e2e/metamask.spec.ts). Here it allows the accounts that the test says. */
const metamask = vi.hoisted(() => ({ allowed: [] as string[] }))
vi.mock('@metamask/providers', () => ({
  createExternalExtensionProvider: () => ({ on: () => undefined, request: async () => metamask.allowed }),
}))

beforeEach(() => {
  fakeBrowser.reset()
  metamask.allowed = [FIRST]
})

test('stays connected with an account until it is disconnected, whichever MetaMask shows since', async () => {
  expect(await connect()).toBe(FIRST)
  await setPays(true)
  // Somebody has chosen another one in MetaMask, and then moves money in or out.
  metamask.allowed = [SECOND, FIRST]
  expect(await connect()).toBe(FIRST)
  expect(await state()).toMatchObject({ account: FIRST, pays: true })
  await disconnect()
  expect(await connect()).toBe(SECOND)
  expect(await state()).toMatchObject({ account: SECOND, pays: false })
})
