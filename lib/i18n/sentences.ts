import type { ParseKeys, TFunction } from 'i18next'
import type { ChallengeProblem, OfferProblem, OtherWay } from '@/lib/challenge/challenge'
import { TuppenceError } from '@/lib/errors'
import type { Reason } from '@/lib/policy/reasons'

type Problem = Exclude<ChallengeProblem | OfferProblem, OtherWay>
/** For a code known only at run time: its figures travel with it, so the compiler cannot name them. */
type Say = (key: ParseKeys, values: Readonly<Record<string, string>>) => string

/** A decision's reason as a sentence. Problems travel as codes, and are put into words here. */
export function reasonSentence(t: TFunction, { code, values }: Reason): string {
  const inWords = (codes: string) => codes.split(', ').map((problem) => t(`problem.${problem as Problem}`))
  if (code === 'unreadable') return t('reason.unreadable', { problem: inWords(values.problem ?? '').join('') })
  if (code === 'nothing_payable')
    return t('reason.nothing_payable', { problems: inWords(values.problems ?? '').join(', ') })
  if (code === 'other_way') return t('reason.other_way', wayInWords(t, values))
  return (t as Say)(`reason.${code}`, values)
}

/** What is asked for, at what price if one is known, and what paying it would need. */
function wayInWords(t: TFunction, { way: code = '', scheme = '', price }: Reason['values']) {
  const way = code as OtherWay
  const what = t(`way.${way}.what`, { scheme })
  return { what: price === undefined ? what : t('way.priced', { what, price }), needs: t(`way.${way}.needs`) }
}

/** What went wrong, as a sentence. Anything unexpected is the extension's own fault. */
export function errorSentence(t: TFunction, error: unknown): string {
  if (!(error instanceof TuppenceError)) return t('error.internal')
  const { code, values } = error
  // What is not allowed brings the decision's reason along, which says more than that it is not.
  if (code === 'not_allowed' && values.reason !== undefined)
    return t('common.notPaidBecause', { why: reasonSentence(t, { code: values.reason as Reason['code'], values }) })
  return (t as Say)(`error.${code}`, values)
}
