import { useEffect, useState } from 'react'

const ARMING_MS = 700

/**
 * Whether what is shown has been in front of the user long enough to be answered. Starts afresh whenever the screen is
 * shown, gets the focus or shows something else, so that a click or key meant for what was there before pays nothing.
 */
export function useArmed(subject: string): boolean {
  const [armed, setArmed] = useState<string | null>(null)

  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined
    const arm = () => {
      clearTimeout(timer)
      setArmed(null)
      timer = setTimeout(() => setArmed(subject), ARMING_MS)
    }
    arm()
    window.addEventListener('focus', arm)
    document.addEventListener('visibilitychange', arm)
    return () => {
      clearTimeout(timer)
      window.removeEventListener('focus', arm)
      document.removeEventListener('visibilitychange', arm)
    }
  }, [subject])

  return armed === subject
}
