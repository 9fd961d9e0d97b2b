import { type RunningServer, serve } from '../../playground/server.ts'

/** One call of JSON-RPC, as it came. */
export interface RpcCall {
  readonly method: string
  readonly params: readonly unknown[]
}

/** Answers in a chain's place: `honestly` asks the chain. Throw to answer with an error. */
export type RpcAnswer = (call: RpcCall, honestly: () => Promise<unknown>) => unknown

/** A server between the extension and a chain, which hands on what it is asked unless it is told to answer otherwise. */
export interface Relay extends Pick<RunningServer, 'url' | 'stop'> {
  answer: RpcAnswer
  /** The methods that were asked for since this was last emptied. */
  asked: string[]
}

export const honest: RpcAnswer = (_, honestly) => honestly()

export async function startRelay(rpcUrl: string): Promise<Relay> {
  const ask = async (body: string): Promise<unknown> => {
    const response = await fetch(rpcUrl, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
    const { result, error } = (await response.json()) as { result?: unknown; error?: { message: string } }
    if (error) throw new Error(error.message)
    return result
  }
  const { url, stop } = await serve('127.0.0.1', async (request, response) => {
    const parts: Buffer[] = []
    for await (const part of request) parts.push(part as Buffer)
    const body = Buffer.concat(parts).toString()
    const { id, method, params = [] }: RpcCall & { id: number } = JSON.parse(body)
    relay.asked.push(method)
    const outcome = await (async () => relay.answer({ method, params }, () => ask(body)))().then(
      (result) => ({ result: result ?? null }),
      (error: Error) => ({ error: { code: -32000, message: error.message } }),
    )
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ jsonrpc: '2.0', id, ...outcome }))
  })
  const relay: Relay = { url, stop, answer: honest, asked: [] }
  return relay
}
