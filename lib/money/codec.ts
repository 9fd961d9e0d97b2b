import { z } from 'zod'
import { type Usd, usd } from './usd'

/*
 * Extension messages and storage are JSON, which has no bigint: amounts travel and rest as decimal strings.
 * `z.decode` reads them, `z.encode` writes them.
 */

/** Micro-dollars. */
export const usdCodec = z.codec(
  z.string().regex(/^-?\d{1,40}$/),
  z.custom<Usd>((value) => typeof value === 'bigint'),
  { decode: (text) => usd(BigInt(text)), encode: (amount) => amount.toString() },
)

/** Atomic units of a token. */
export const unitsCodec = z.codec(z.string().regex(/^\d{1,78}$/), z.bigint(), {
  decode: (text) => BigInt(text),
  encode: (units) => units.toString(),
})
