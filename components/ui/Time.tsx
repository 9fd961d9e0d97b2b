import { useTranslation } from 'react-i18next'

interface Props {
  /** Unix milliseconds. */
  at: number
  /** To the second, and with the year in any case. */
  exact?: boolean
}

/** A moment, in the user's language and time zone. This year's needs no year. */
export function Time({ at, exact = false }: Props) {
  const { i18n } = useTranslation()
  const isThisYear = new Date(at).getFullYear() === new Date().getFullYear()
  const format = new Intl.DateTimeFormat(i18n.language, {
    year: exact || !isThisYear ? 'numeric' : undefined,
    month: 'short',
    day: 'numeric',
    hour: 'numeric',
    minute: '2-digit',
    second: exact ? '2-digit' : undefined,
  })
  return <time dateTime={new Date(at).toISOString()}>{format.format(at)}</time>
}
