import type { Express } from 'express'
import { z } from 'zod'
import type { PaidRoute } from '../../../playground/paid-server.ts'

const signatureSchema = z.object({ payload: z.object({ authorization: z.object({ nonce: z.string() }) }) })

/** A PAYMENT-SIGNATURE as a server saw it. */
interface SeenSignature {
  /** What it came for. */
  readonly url: string
  readonly nonce: string
  /** The header, byte for byte. */
  readonly bytes: string
}

/** A server that sells an essay at `/essay`, another one under every query, and keeps whatever it is paid with. */
export class Stand {
  /** Noted before anybody looks whether it is any good, oldest first. */
  readonly signatures: SeenSignature[] = []
  /** While it is broken, a paid request is answered 500, and not settled. */
  broken = false

  readonly routes: Record<`GET /${string}`, PaidRoute> = {
    'GET /essay': {
      price: '$0.001',
      answer: (_, response) => void (this.broken ? response.status(500).send('Oops') : response.send('The essay')),
    },
  }

  /** What comes before the till: the noting, and a page that costs nothing. */
  free(app: Express): void {
    app.use(({ headers, originalUrl }, _, next) => {
      const bytes = headers['payment-signature']
      if (typeof bytes === 'string')
        this.signatures.push({ url: `http://${headers.host}${originalUrl}`, nonce: nonceOf(bytes), bytes })
      next()
    })
    app.get('/', (_, response) => void response.type('html').send('A page'))
  }

  /** The different signatures that came for an essay. */
  noncesFor(url: string): string[] {
    return [...new Set(this.signatures.filter((seen) => seen.url === url).map(({ nonce }) => nonce))]
  }
}

const nonceOf = (bytes: string): string =>
  signatureSchema.parse(JSON.parse(Buffer.from(bytes, 'base64').toString())).payload.authorization.nonce
