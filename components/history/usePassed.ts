import { useEffect, useState } from 'react'

/** Whether a moment (Unix milliseconds) is past. Turns true when it is. */
export function usePassed(moment: number): boolean {
  const [passed, setPassed] = useState(() => moment <= Date.now())
  useEffect(() => {
    setPassed(moment <= Date.now())
    const timer = setTimeout(() => setPassed(true), Math.max(0, moment - Date.now()))
    return () => clearTimeout(timer)
  }, [moment])
  return passed
}
