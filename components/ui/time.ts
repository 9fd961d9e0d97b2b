const STYLES = {
  /** A moment of these days. */
  short: { month: 'short', day: 'numeric', hour: 'numeric', minute: '2-digit' },
  /** To the second, and with the year. */
  exact: { year: 'numeric', month: 'short', day: 'numeric', hour: 'numeric', minute: '2-digit', second: '2-digit' },
  /** The time of day alone. */
  clock: { hour: 'numeric', minute: '2-digit' },
} as const satisfies Record<string, Intl.DateTimeFormatOptions>

/** A moment (Unix milliseconds) in the user's language and time zone. A short one of another year has its year. */
export function formatTime(language: string, at: number, style: keyof typeof STYLES): string {
  const isThisYear = new Date(at).getFullYear() === new Date().getFullYear()
  const year = style === 'short' && !isThisYear ? ({ year: 'numeric' } as const) : {}
  return new Intl.DateTimeFormat(language, { ...STYLES[style], ...year }).format(at)
}

/** The time of day, with the date when that is not today's. */
export function formatSoon(language: string, at: number): string {
  const isToday = new Date(at).toDateString() === new Date().toDateString()
  return formatTime(language, at, isToday ? 'clock' : 'short')
}
