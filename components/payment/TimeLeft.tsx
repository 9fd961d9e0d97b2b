import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'

interface Props {
  /** Unix milliseconds. */
  until: number
  onEnd: () => void
}

/** Counts the time to answer down, and says when it is over. */
export function TimeLeft({ until, onEnd }: Props) {
  const { t } = useTranslation()
  const [seconds, setSeconds] = useState(() => secondsLeft(until))

  useEffect(() => {
    const timer = setInterval(() => setSeconds(secondsLeft(until)), 1000)
    return () => clearInterval(timer)
  }, [until])

  useEffect(() => {
    if (seconds === 0) onEnd()
  }, [seconds, onEnd])

  const time = `${Math.floor(seconds / 60)}:${(seconds % 60).toString().padStart(2, '0')}`
  return <p className="text-soft text-xs tabular-nums">{t('approval.timeLeft', { time })}</p>
}

const secondsLeft = (until: number) => Math.max(0, Math.ceil((until - Date.now()) / 1000))
