/** One row: something that was opened free, since an account proved that it had bought it before. No payment, and no money. */
export interface Opening {
  readonly id: string
  /** Unix milliseconds. */
  readonly createdAt: number
  readonly site: string
  /** The origin of the page that asked. */
  readonly page: string
  readonly url: string
  readonly method: string
  /** The merchant's words, cleaned. */
  readonly description: string | null
  /** The account that the site has known again. */
  readonly address: string
}
