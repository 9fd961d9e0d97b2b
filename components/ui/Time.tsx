import { useTranslation } from 'react-i18next'
import { formatTime } from './time'

interface Props {
  /** Unix milliseconds. */
  at: number
  /** To the second, and with the year in any case. */
  exact?: boolean
}

/** A moment, in the user's language and time zone. This year's needs no year. */
export function Time({ at, exact = false }: Props) {
  const { i18n } = useTranslation()
  return <time dateTime={new Date(at).toISOString()}>{formatTime(i18n.language, at, exact ? 'exact' : 'short')}</time>
}
