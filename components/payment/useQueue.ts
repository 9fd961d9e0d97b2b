import { useMutation } from '@tanstack/react-query'
import { useCallback, useState } from 'react'
import { send } from '@/lib/messaging/messaging'
import type { ApprovalView } from '@/lib/messaging/schema'

export interface Answer {
  answer: 'pay' | 'decline' | 'sign_in'
  /** Also pay this site up to this price without asking from now on. */
  remember: boolean
}

/**
 * Goes through the waiting payments one by one, and closes the window after the last. The one being answered, or found
 * to be too late, stays on the screen until its outcome is known, although the background has let go of it.
 */
export function useQueue(waiting: readonly ApprovalView[], wanted: string | null) {
  const [held, setHeld] = useState<ApprovalView | null>(null)
  const [expired, setExpired] = useState(false)
  const [done, setDone] = useState<readonly string[]>([])

  const open = waiting.filter(({ id }) => !done.includes(id))
  const current = held ?? open.find(({ id }) => id === wanted) ?? open[0] ?? null
  const others = open.filter(({ id }) => id !== current?.id)

  const answering = useMutation({
    mutationFn: (answer: Answer & { id: string; offer: number }) => send('approvals.answer', answer),
    onSuccess: (_, { id }) => leave(id),
  })

  /** On to the next one. */
  function leave(id: string) {
    answering.reset()
    setHeld(null)
    setExpired(false)
    setDone([...done, id])
    if (others.length === 0) window.close()
  }

  const expire = useCallback(() => {
    setHeld(current)
    setExpired(true)
  }, [current])

  return {
    current,
    /** False once it was answered elsewhere, its page has gone, or its time has run out. */
    isWaiting: !expired && open.some(({ id }) => id === current?.id),
    expired: expired && !answering.isPending,
    expire,
    position: open.findIndex(({ id }) => id === current?.id) + 1,
    count: open.length,
    isLast: others.length === 0,
    isDone: done.length > 0,
    pending: answering.isPending ? answering.variables.answer : null,
    error: answering.error,
    answer: (answer: Answer) => {
      if (!current || answering.isPending) return
      setHeld(current)
      answering.mutate({ id: current.id, offer: current.offer, ...answer })
    },
    leave,
  }
}
