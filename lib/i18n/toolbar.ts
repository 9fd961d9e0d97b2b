/**
 * The words on the toolbar, which the background shows by itself. They are apart from the screens' so that the background does
 * not have to carry every sentence, and the library that puts them together, for these four.
 */
export const toolbar = {
  idle: 'Tuppence',
  waiting: 'Tuppence: a payment waits for you',
  paid: 'Tuppence: paid',
  notPaid: 'Tuppence: not paid',
} as const
