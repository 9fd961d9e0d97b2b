/** What can go wrong with a reason that a user can act on. Each has its sentence in `lib/i18n` under `error.`. */
export const ERROR_CODES = [
  'wrong_password',
  'weak_password',
  'invalid_secret',
  'wallet_exists',
  'wallet_missing',
  'wallet_locked',
  'vault_damaged',
  'too_many_attempts',
  'no_words',
  'wrong_words',
  'words_not_taken',
  'not_own_secret',
  'account_exists',
  'last_account',
  'invalid_name',
  'signature_agent_missing',
  'invalid_agent_address',
  'invalid_rpc_url',
  'wrong_chain',
  'rpc_needed',
  'rpc_silent',
  'allowance_missing',
  'approval_unlimited',
  'approval_gone',
  'page_gone',
  'part_gone',
  'offer_changed',
  'nonce_used',
  'not_allowed',
  'outcome_open',
  'payment_expiring',
  'url_not_matchable',
  'too_many_requests',
  'signing_refused',
  'insufficient_balance',
  'balance_unknown',
  'bad_destination',
  'transfer_over',
  'tab_busy',
  'tab_not_refunded',
  'tab_waits',
  'coin_needed',
  'metamask_missing',
  'metamask_not_connected',
  'metamask_locked',
  'metamask_busy',
  'metamask_rejected',
  'metamask_wrong_account',
  'metamask_wrong_chain',
  'metamask_unreachable',
  'metamask_failed',
  'metamask_late',
  'invalid_extension_id',
  'books_unusable',
  'rules_unusable',
  'invalid_backup',
  'newer_backup',
  'invalid_message',
  'internal',
] as const

export type ErrorCode = (typeof ERROR_CODES)[number]

/** An error with a stable code and, where its sentence has figures, their values. */
export class TuppenceError extends Error {
  override readonly name = 'TuppenceError'
  readonly code: ErrorCode
  readonly values: Readonly<Record<string, string>>

  constructor(code: ErrorCode, values: Readonly<Record<string, string>> = {}, options?: ErrorOptions) {
    super(code, options)
    this.code = code
    this.values = values
  }
}
