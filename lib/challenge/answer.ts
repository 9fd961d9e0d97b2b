/** A header of an answer. */
export interface AnswerHeader {
  readonly name: string
  readonly value: string
}

/** What is read of an answer that asks for a payment. */
export interface Answer {
  readonly status: number
  readonly headers: readonly AnswerHeader[]
  /** Browsers show no extension an answer's body: null where nobody else has read it. */
  readonly body: AnswerBody | null
}

/** An answer's body as text, and whose word that is: the site was asked itself, or the page that made the request says so. */
export interface AnswerBody {
  readonly text: string
  readonly from: 'site' | 'page'
}

/** A header's value by its name, in any case. Several of one name are one, joined as HTTP has it (RFC 9110, 5.2). */
export function findHeader(headers: readonly AnswerHeader[], name: string): string | null {
  const values = headerValues(headers, name)
  return values.length > 0 ? values.join(', ') : null
}

/** The same one by one: where lists are read, what is damaged in one spoils no other. */
export const headerValues = (headers: readonly AnswerHeader[], name: string): string[] =>
  headers.filter((header) => header.name.toLowerCase() === name).map(({ value }) => value)
