/** One row of the table in docs/protocols.md: a way of asking for a payment that is really paid, or named and left. */
export interface Claim {
  readonly dialect: 'x402 v2' | 'x402 v1' | 'MPP' | 'pay-per-crawl' | 'L402' | 'Cashu' | 'none'
  /** The scheme, and where there are several, how the money moves. */
  readonly scheme: string
  /** Where the server says what it asks for. */
  readonly transport: 'header' | 'JSON body' | 'HTML page' | 'status alone'
  /** What kind of request was answered so. */
  readonly request:
    | 'page'
    | 'page after a redirect'
    | 'new tab'
    | 'form'
    | 'download'
    | 'frame'
    | 'page API'
    | 'page API through a service worker'
    | 'image'
  /** What became of it. */
  readonly outcome: 'paid' | 'opened free' | 'named, not paid'
  /** Who wrote the server. */
  readonly server: '@x402/express' | '@x402/hono' | 'mppx' | 'http-message-signatures' | 'the playground'
}

export const CLAIM = 'proves'

/** What a test proves, given to it as its details: it is in the table while the test passes. */
export const proves = (...claims: readonly Claim[]) => ({
  annotation: claims.map((claim) => ({ type: CLAIM, description: JSON.stringify(claim) })),
})
