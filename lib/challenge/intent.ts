import { sha256, stringToBytes } from 'viem'
import type { Offer, PricedRequest } from './challenge'

/** A hash in hex of the thing being bought: request and offer. An approval holds for one Intent and no other. */
export type Intent = string & { readonly kind: 'intent' }

/** A hash in hex of the request alone: what tells whether two requests are the same. */
export type RequestKey = string & { readonly kind: 'request' }

export function requestKey({ method, url, bodyDigest }: PricedRequest): RequestKey {
  return hash([new URL(url).origin, method, url, bodyDigest]) as RequestKey
}

/** Binds the whole offer: any change of it, an unknown field included, makes another Intent. */
export function intentOf(request: PricedRequest, offer: Offer): Intent {
  return hash([requestKey(request), offer.accepted]) as Intent
}

const hash = (value: unknown): string => sha256(stringToBytes(canonicalJson(value)))

/** JSON with sorted keys, so that the same offer always hashes the same. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, child: unknown) =>
    typeof child === 'object' && child !== null && !Array.isArray(child)
      ? Object.fromEntries(Object.entries(child).sort(([a], [b]) => (a < b ? -1 : 1)))
      : child,
  )
}
