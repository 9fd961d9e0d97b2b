import { beforeEach, describe, expect, test } from 'vitest'
import { fakeBrowser } from 'wxt/testing/fake-browser'
import { NETWORKS } from '@/lib/money/networks'
import { getNetworks, getRpcUrl, setRpcUrl } from '@/lib/settings/networks'

const BASE = 'eip155:8453'

beforeEach(() => {
  fakeBrowser.reset()
})

describe('the server that is asked about a chain', () => {
  test('is nobody until one is chosen', async () => {
    expect(await getNetworks()).toEqual(NETWORKS.map(({ id }) => ({ id, rpcUrl: null })))
  })

  test('is the one that was chosen for that network, until it is taken away', async () => {
    await setRpcUrl(BASE, 'https://rpc.example/key')
    expect(await getRpcUrl(BASE)).toBe('https://rpc.example/key')
    expect(await getRpcUrl('eip155:137')).toBeNull()
    await setRpcUrl(BASE, null)
    expect(await getRpcUrl(BASE)).toBeNull()
  })

  test.each(['http://localhost:8545', 'http://node.localhost/', 'http://127.0.0.1:8545/', 'http://[::1]:8545/'])(
    'may be on this computer without https: %s',
    async (url) => {
      await setRpcUrl(BASE, url)
      expect(await getRpcUrl(BASE)).toBe(url)
    },
  )

  test.each([
    'http://rpc.example/',
    'http://127.0.0.1.example/',
    'http://10.0.0.1/',
    'ws://localhost/',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'rpc.example',
    '',
  ])('is never %j', async (url) => {
    await expect(setRpcUrl(BASE, url)).rejects.toMatchObject({ code: 'invalid_rpc_url' })
    expect(await getRpcUrl(BASE)).toBeNull()
  })

  test('is never set for a network that nobody knows', async () => {
    for (const network of ['eip155:5', '__proto__', ''])
      await expect(setRpcUrl(network, 'https://rpc.example/')).rejects.toMatchObject({ code: 'invalid_rpc_url' })
  })
})
