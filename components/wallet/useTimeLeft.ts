import { useEffect, useRef, useState } from 'react'

/** The time left until a moment (Unix milliseconds) as "2:05", every second anew; null once it is there, or without one. */
export function useTimeLeft(until: number | null, onEnd: () => void): string | null {
  const [now, setNow] = useState(() => Date.now())
  const end = useRef(onEnd)
  end.current = onEnd
  const left = until === null ? 0 : Math.max(0, Math.ceil((until - now) / 1000))

  useEffect(() => {
    if (until === null) return
    setNow(Date.now())
    const timer = setInterval(() => {
      setNow(Date.now())
      if (Date.now() < until) return
      clearInterval(timer)
      end.current()
    }, 1000)
    return () => clearInterval(timer)
  }, [until])

  return left === 0 ? null : `${Math.floor(left / 60)}:${(left % 60).toString().padStart(2, '0')}`
}
