import type { ReactNode } from 'react'

const TONES = {
  calm: 'border-line bg-sunken',
  warn: 'border-warn/40 bg-warn-soft text-warn',
  danger: 'border-danger/40 bg-danger-soft text-danger',
} as const

interface Props {
  tone?: keyof typeof TONES
  title?: string
  children?: ReactNode
}

/** A framed remark. One about trouble is read out at once. */
export function Notice({ tone = 'calm', title, children }: Props) {
  return (
    <div role={tone === 'danger' ? 'alert' : undefined} className={`grid gap-1 rounded-lg border p-3 ${TONES[tone]}`}>
      {title && <p className="font-semibold">{title}</p>}
      {children}
    </div>
  )
}
