/**
 * A payment's life:
 *
 *   reserved → signed → sent → settled | unknown | expired
 *   reserved → released                  unknown → settled | expired
 *   signed → released
 *
 * - `reserved`: budget is held; nothing was signed.
 * - `signed`: a signature may exist from here on; nonce and time limit were stored before it was made.
 * - `sent`: the signed bytes were stored, then sent. Paid, as far as the site says.
 * - `unknown`: sent, and answered without the content or not at all. It may have been paid.
 * - `settled`: the chain shows the transfer. Of what is billed later: the site brought what was bought, or somebody has found it
 *   on the bill.
 * - `expired`: the chain shows that the signature ran out unused. The budget is free again. Of what is billed later: it was never
 *   sent, or somebody has found that it is not on the bill.
 * - `released`: given up before anything was signed. After `signed` only where the holder of the key says that it signed
 *   nothing: somebody said no in MetaMask's window.
 */
export const PAYMENT_STATES = ['reserved', 'signed', 'sent', 'settled', 'unknown', 'expired', 'released'] as const
export type PaymentState = (typeof PAYMENT_STATES)[number]

const NEXT: Readonly<Record<PaymentState, readonly PaymentState[]>> = {
  reserved: ['signed', 'released'],
  signed: ['sent', 'expired', 'released'],
  sent: ['settled', 'unknown', 'expired'],
  unknown: ['sent', 'settled', 'expired'],
  settled: [],
  expired: [],
  released: [],
}

export const canAdvance = (from: PaymentState, to: PaymentState): boolean => NEXT[from].includes(to)
