import { type Client, type Hex, hexToBigInt, numberToHex, type RpcLog } from 'viem'
import type { EvmSnapshot } from './snapshot'

/** What came of a transaction. */
export interface Outcome {
  readonly ok: boolean
  /** What it cost, in the smallest units of the network's coin; null when the server does not say. */
  readonly fee: bigint | null
  readonly logs: RpcLog[]
}

/** As much of a receipt as is read here. Networks above another one (Base, for one) name what that one cost apart. */
interface Receipt {
  readonly status: Hex
  readonly blockNumber: Hex
  readonly gasUsed?: Hex
  readonly effectiveGasPrice?: Hex
  readonly l1Fee?: Hex
  readonly logs: RpcLog[]
}

/** Null when the chain has none of that name, it is not deep enough to count, or the server gives no proper answer. */
export async function outcomeOf(snapshot: EvmSnapshot, transaction: Hex): Promise<Outcome | null> {
  try {
    const receipt: Receipt | null = await ask(snapshot.client, 'eth_getTransactionReceipt', [transaction])
    if (!receipt || hexToBigInt(receipt.blockNumber) > snapshot.block) return null
    const { status, gasUsed, effectiveGasPrice, l1Fee = '0x0', logs } = receipt
    const fee = gasUsed && effectiveGasPrice ? hexToBigInt(gasUsed) * hexToBigInt(effectiveGasPrice) : null
    return { ok: hexToBigInt(status) === 1n, fee: fee === null ? null : fee + hexToBigInt(l1Fee), logs }
  } catch {
    // Nothing that can be relied on: it is looked for again.
    return null
  }
}

/**
 * What a transaction would cost now, in the smallest units of the network's coin: the gas that it needs, with some on top,
 * times what gas costs. Null when nobody can say.
 */
export async function estimateFee(
  client: Client,
  call: { readonly from: Hex; readonly to: Hex; readonly data: Hex },
  extraGas: bigint,
): Promise<bigint | null> {
  try {
    const [gas, price] = await Promise.all([
      ask<Hex>(client, 'eth_estimateGas', [{ ...call, value: numberToHex(0) }]),
      ask<Hex>(client, 'eth_gasPrice', []),
    ])
    return (hexToBigInt(gas) + extraGas) * hexToBigInt(price)
  } catch {
    return null
  }
}

/** What an account needs to know to send a call itself. */
export interface Means {
  /** The account's count of its transactions. */
  readonly nonce: number
  readonly gas: bigint
  readonly gasPrice: bigint
  /** The network's coin in the account, in its smallest units. */
  readonly coins: bigint
}

/** Null when nobody can say, or the call would fail. Gas and its price have some on top. */
export async function meansOf(
  client: Client,
  call: { readonly from: Hex; readonly to: Hex; readonly data: Hex },
): Promise<Means | null> {
  try {
    const [nonce, gas, price, coins] = await Promise.all([
      ask<Hex>(client, 'eth_getTransactionCount', [call.from, 'pending']),
      ask<Hex>(client, 'eth_estimateGas', [{ ...call, value: numberToHex(0) }]),
      ask<Hex>(client, 'eth_gasPrice', []),
      ask<Hex>(client, 'eth_getBalance', [call.from, 'latest']),
    ])
    const more = (hex: Hex) => (hexToBigInt(hex) * 5n) / 4n
    return { nonce: Number(hexToBigInt(nonce)), gas: more(gas), gasPrice: more(price), coins: hexToBigInt(coins) }
  } catch {
    return null
  }
}

/** Sends a signed transaction. Rejects when the server does not take it. */
export const sendRaw = (client: Client, raw: Hex): Promise<Hex> => ask<Hex>(client, 'eth_sendRawTransaction', [raw])

const ask = <T>(client: Client, method: string, params: readonly unknown[]): Promise<T> =>
  client.request({ method, params } as Parameters<Client['request']>[0]) as Promise<T>
