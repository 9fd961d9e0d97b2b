import type { ComponentProps } from 'react'
import { Spinner } from './Spinner'

const LOOKS = {
  primary: 'bg-accent text-on-accent border-transparent enabled:hover:bg-accent-hover font-semibold',
  secondary: 'bg-surface text-ink border-line-strong enabled:hover:bg-sunken font-medium',
  quiet: 'bg-transparent text-accent border-transparent enabled:hover:bg-accent-soft font-medium',
} as const

interface Props extends ComponentProps<'button'> {
  look?: keyof typeof LOOKS
  busy?: boolean
}

export function Button({ look = 'secondary', busy = false, type = 'button', className = '', ...props }: Props) {
  return (
    <button
      {...props}
      type={type}
      disabled={props.disabled || busy}
      className={`inline-flex min-h-9 shrink-0 items-center justify-center gap-2 rounded-lg border px-3.5 py-1.5 transition-colors motion-reduce:transition-none disabled:opacity-60 ${LOOKS[look]} ${className}`}
    >
      {busy && <Spinner />}
      {props.children}
    </button>
  )
}
