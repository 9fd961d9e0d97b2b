/** Every string a user reads, in English. The screens' own keys are grouped by screen. */
export const en = {
  reason: {
    auto_pay_off: 'Auto-pay is off.',
  },
} as const
