import express from 'express'
import { type RunningServer, serve } from '../server.ts'

/** A place on the web of one's own, with one file in it. */
export interface Directory extends RunningServer {
  /** Puts a signature agent's key file there, to be served with these headers; null takes it away. */
  publish(file: string | null, headers?: Readonly<Record<string, string>>): void
}

/** Starts it on localhost, where both browsers and Node find it without being told. */
export async function startDirectory(port = 0): Promise<Directory> {
  let published: { file: string; headers: Readonly<Record<string, string>> } | null = null
  const app = express()
  app.get('/.well-known/http-message-signatures-directory', (_request, response) => {
    if (published) response.set(published.headers).end(published.file)
    else response.status(404).end()
  })
  const server = await serve('localhost', app, port)
  return {
    ...server,
    publish: (file, headers = {}) => {
      published = file === null ? null : { file, headers }
    },
  }
}
