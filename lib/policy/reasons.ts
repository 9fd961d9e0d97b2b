/** A limit that a payment would go above: whose it is, and for which window. */
const LIMIT_REASONS = [
  'over_day_limit',
  'over_week_limit',
  'over_month_limit',
  'over_minute_limit',
  'over_site_day_limit',
  'over_site_week_limit',
  'over_site_month_limit',
  'over_site_minute_limit',
  'over_agent_day_limit',
  'over_agent_week_limit',
  'over_agent_month_limit',
  'over_agent_minute_limit',
] as const

/** Why a payment was not made by itself, or not at all. Each has its sentence in `lib/i18n` under `reason.`. */
export const ASK_REASONS = [
  'auto_pay_off',
  'site_asks',
  'over_most_per_payment',
  'new_site',
  'new_payee',
  'signature_wrong',
  'site_denied',
  'site_fruitless',
  'agent_asks',
  'over_agent_payment',
  'over_agent_day_limit',
  'over_agent_week_limit',
  'over_agent_month_limit',
  'over_agent_minute_limit',
  'wallet_missing',
  'wallet_locked',
  'metamask_asks',
  'bought_before',
  'paid_recently',
  'maybe_paid',
  'from_history',
  'background_tab',
  'part_unasked',
  'after_redirect',
  'foreign_resource',
  'hearsay',
  'tab_opens',
  'clock_skew',
] as const

export const REFUSE_REASONS = [
  'unreadable',
  'says_nothing',
  'nothing_payable',
  'other_way',
  'test_money_off',
  'token_off',
  'plain_http',
  'redirected',
  'form_post',
  'form_files',
  'form_foreign',
  'part_cached',
  'site_blocked',
  'agent_blocked',
  'own_payee',
  'own_fee_payer',
  'metamask_cannot',
  'signature_agent_needed',
  'over_page_maximum',
  ...LIMIT_REASONS,
  'no_site_account',
  'insufficient_funds',
  'rpc_needed',
  'rpc_silent',
  'allowance_missing',
  'approval_unlimited',
  'books_unusable',
  'rules_unusable',
  'declined',
  'metamask_rejected',
  'metamask_failed',
  'no_answer',
  'silenced',
  'too_many_questions',
  'part_unasked',
  'outcome_open',
  'rules_changed',
  'page_gone',
  'not_repeatable',
  'asked_twice',
  'failed',
] as const

/** Refusals that tell a page where the user's limits, money or rules end: however it may try, it learns little of them. */
export const TELLING_REASONS: readonly RefuseReason[] = [
  ...LIMIT_REASONS,
  'no_site_account',
  'insufficient_funds',
  'allowance_missing',
  'approval_unlimited',
  'site_blocked',
  'agent_blocked',
  'token_off',
  'test_money_off',
]

export type AskReason = (typeof ASK_REASONS)[number]
export type RefuseReason = (typeof REFUSE_REASONS)[number]
export type LimitReason = (typeof LIMIT_REASONS)[number]

/** A reason code with the figures of its sentence, already formatted for people ("$1.02"). */
export interface Reason<Code extends string = AskReason | RefuseReason> {
  readonly code: Code
  readonly values: Readonly<Record<string, string>>
}

export const because = <Code extends string>(code: Code, values: Record<string, string> = {}): Reason<Code> => ({
  code,
  values,
})
