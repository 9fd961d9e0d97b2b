const EXTENSION = 'payment-identifier'

interface Extensions {
  readonly [EXTENSION]?: { readonly info?: { readonly required?: unknown; readonly id?: unknown } | null } | null
}

/**
 * What goes back to a server around a payment, with a name for this one purchase where the server takes one (the extension
 * "payment-identifier"): it tells the same payment sent twice from two payments. It is random, and made once for a credential,
 * whose bytes are kept: whatever is sent again carries the same. A name that the server has put there itself stays.
 */
export function identified<Envelope extends Readonly<Record<string, unknown>>>(envelope: Envelope): Envelope {
  const { extensions } = envelope as { extensions?: Extensions }
  const extension = extensions?.[EXTENSION]
  const info = extension?.info
  if (typeof info !== 'object' || info === null || typeof info.required !== 'boolean' || 'id' in info) return envelope
  const id = `pay_${crypto.randomUUID().replaceAll('-', '')}`
  return { ...envelope, extensions: { ...extensions, [EXTENSION]: { ...extension, info: { ...info, id } } } }
}
