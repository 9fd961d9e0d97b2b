import { createContext, type ReactNode, useContext, useEffect, useState } from 'react'

const ToastContext = createContext<(text: string) => void>(() => undefined)

/** Says a word at the foot of the screen, to eyes and to screen readers. */
export const useToast = () => useContext(ToastContext)

const SHOWN_MS = 4000

export function ToastProvider({ children }: { children: ReactNode }) {
  const [toast, setToast] = useState<{ text: string } | null>(null)

  useEffect(() => {
    if (!toast) return
    const timer = setTimeout(() => setToast(null), SHOWN_MS)
    return () => clearTimeout(timer)
  }, [toast])

  return (
    <ToastContext value={(text) => setToast({ text })}>
      {children}
      <div role="status" className="pointer-events-none fixed inset-x-0 bottom-6 flex justify-center">
        {toast && <p className="rounded-full bg-ink px-4 py-2 font-medium text-paper shadow-lg">{toast.text}</p>}
      </div>
    </ToastContext>
  )
}
