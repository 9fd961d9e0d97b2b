import { BatchSettlementEvmScheme } from '@x402/evm/batch-settlement/client'
import { decodePaymentResponseHeader, wrapFetchWithPaymentFromConfig } from '@x402/fetch'
import { createPublicClient, type Hex, http } from 'viem'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Playground, startPlayground } from '../../playground/playground.ts'

let playground: Playground
beforeAll(async () => {
  playground = await startPlayground()
})
afterAll(() => playground?.stop())

test('the weather API is paid from a prepaid tab: one deposit, vouchers, a refund and a claim on the chain', async () => {
  const url = `${playground.apiUrl.replace('api.localhost', '127.0.0.1')}/ferry?harbour=Oslo`
  const account = privateKeyToAccount(generatePrivateKey())
  await playground.fund(account.address, '1')
  const client = createPublicClient({ transport: http(playground.rpcUrl) })
  const signer = Object.assign(account, { readContract: (call: never) => client.readContract(call) })
  const scheme = new BatchSettlementEvmScheme(signer as never)
  const pay = wrapFetchWithPaymentFromConfig(fetch, { schemes: [{ network: playground.network, client: scheme }] })
  const receiptOf = (response: Response) =>
    decodePaymentResponseHeader(response.headers.get('payment-response') ?? '') as unknown as {
      transaction: string
      extra: { channelState: { channelId: Hex; chargedCumulativeAmount: string } }
    }

  const first = await pay(url)
  expect(first.status).toBe(200)
  expect(await playground.balanceOf(account.address)).toBe(990_000n)
  const { channelId } = receiptOf(first).extra.channelState
  expect(await playground.tab(channelId)).toEqual({ balance: 10_000n, claimed: 0n })

  const second = await pay(url)
  expect(second.status).toBe(200)
  expect(receiptOf(second)).toMatchObject({
    transaction: '',
    extra: { channelState: { chargedCumulativeAmount: '2000' } },
  })
  expect(await playground.balanceOf(account.address)).toBe(990_000n)

  const refunded = await scheme.refund(url)
  expect(refunded.success).toBe(true)
  expect(await playground.balanceOf(account.address)).toBe(998_000n)
  expect(await playground.tab(channelId)).toEqual({ balance: 2_000n, claimed: 2_000n })
})
