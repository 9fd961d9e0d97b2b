/** Why a payment was not made by itself, or not at all. Each has its sentence in `lib/i18n` under `reason.`. */
export const ASK_REASONS = [
  'auto_pay_off',
  'site_asks',
  'over_most_per_payment',
  'wallet_missing',
  'wallet_locked',
  'paid_recently',
  'maybe_paid',
  'from_history',
  'background_tab',
  'after_redirect',
  'foreign_resource',
  'clock_skew',
] as const

export const REFUSE_REASONS = [
  'unreadable',
  'nothing_payable',
  'plain_http',
  'redirected',
  'form_post',
  'site_blocked',
  'over_page_maximum',
  'over_day_limit',
  'over_site_day_limit',
  'insufficient_funds',
  'declined',
  'no_answer',
  'outcome_open',
  'page_gone',
  'not_repeatable',
  'failed',
] as const

export type AskReason = (typeof ASK_REASONS)[number]
export type RefuseReason = (typeof REFUSE_REASONS)[number]

/** A reason code with the figures of its sentence, already formatted for people ("$1.02"). */
export interface Reason<Code extends string = AskReason | RefuseReason> {
  readonly code: Code
  readonly values: Readonly<Record<string, string>>
}

export const because = <Code extends string>(code: Code, values: Record<string, string> = {}): Reason<Code> => ({
  code,
  values,
})
