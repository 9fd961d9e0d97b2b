import { createServer, type IncomingHttpHeaders, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { networkInterfaces } from 'node:os'
import { PlaygroundError } from './error.ts'

const REMEMBERED_REQUESTS = 1000

/** A request that a server saw, as it came over the wire. */
export interface SeenRequest {
  readonly method: string
  readonly url: string
  readonly headers: IncomingHttpHeaders
  /** What it was answered with; undefined until then. */
  readonly status: number | undefined
}

export interface RunningServer {
  /** The origin, without a slash at its end. */
  readonly url: string
  /** The last thousand requests, oldest first. */
  readonly requests: readonly SeenRequest[]
  stop(): Promise<void>
}

/**
 * Listens on loopback under the name `host` and remembers what it is asked.
 * @param port a free one by default
 * @throws PlaygroundError when the port is taken
 */
export async function serve(host: string, listener: RequestListener, port = 0): Promise<RunningServer> {
  const requests: SeenRequest[] = []
  const recorded: RequestListener = (request, response) => {
    const { method = '', headers } = request
    const seen = {
      method,
      url: `http://${headers.host}${request.url}`,
      headers,
      status: undefined as number | undefined,
    }
    requests.push(seen)
    if (requests.length > REMEMBERED_REQUESTS) requests.shift()
    response.once('finish', () => {
      seen.status = response.statusCode
    })
    listener(request, response)
  }

  const ipv4 = await listen(recorded, '127.0.0.1', port)
  const address = ipv4.address() as AddressInfo
  const servers = [ipv4]
  try {
    // Browsers try a *.localhost name on ::1 first, where another program could be listening.
    if (hasIpv6()) servers.push(await listen(recorded, '::1', address.port))
  } catch (error) {
    await close(ipv4)
    throw error
  }
  return {
    url: `http://${host}:${address.port}`,
    requests,
    stop: async () => {
      await Promise.all(servers.map(close))
    },
  }
}

function listen(listener: RequestListener, address: string, port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer(listener)
    server.once('error', ({ message }) =>
      reject(new PlaygroundError(`A server of the playground cannot start: ${message}.`)),
    )
    server.listen(port, address, () => resolve(server))
  })
}

function hasIpv6(): boolean {
  return Object.values(networkInterfaces()).some((addresses) => addresses?.some(({ address }) => address === '::1'))
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
