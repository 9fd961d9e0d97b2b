import type { AnswerHeader } from '@/lib/challenge/answer'
import type { HeadersReceived } from './watch'

/* What the browser tells of requests, as the project has it. */

export const headersOf = ({ responseHeaders = [] }: Pick<HeadersReceived, 'responseHeaders'>): AnswerHeader[] =>
  responseHeaders.flatMap(({ name, value }) => (value === undefined ? [] : [{ name, value }]))

export const withoutFragment = (url: string): string => url.split('#', 1)[0] ?? url

/** A payment is asked for by 402, and by 412 where Permit2 lacks an allowance (x402 v2). A plain 412 has nothing to do with it. */
export const isDemand = ({
  statusCode,
  responseHeaders = [],
}: Pick<HeadersReceived, 'statusCode' | 'responseHeaders'>): boolean =>
  statusCode === 402 ||
  (statusCode === 412 && responseHeaders.some(({ name }) => name.toLowerCase() === 'payment-required'))
