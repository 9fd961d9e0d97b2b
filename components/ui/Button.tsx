import type { ComponentProps } from 'react'
import { Spinner } from './Spinner'

const LOOKS = {
  primary: 'bg-accent text-on-accent border-transparent not-disabled:hover:bg-accent-hover font-semibold',
  secondary: 'bg-surface text-ink border-line-strong not-disabled:hover:bg-sunken font-medium',
  quiet: 'bg-transparent text-accent border-transparent not-disabled:hover:bg-accent-soft font-medium',
} as const

type Look = keyof typeof LOOKS

const classOf = (look: Look) =>
  `inline-flex min-h-9 shrink-0 items-center justify-center gap-2 rounded-lg border px-3.5 py-1.5 transition-colors motion-reduce:transition-none ${LOOKS[look]}`

interface Props extends ComponentProps<'button'> {
  look?: Look
  busy?: boolean
}

export function Button({ look = 'secondary', busy = false, type = 'button', className = '', ...props }: Props) {
  return (
    <button
      {...props}
      type={type}
      disabled={props.disabled || busy}
      className={`disabled:opacity-60 ${classOf(look)} ${className}`}
    >
      {busy && <Spinner />}
      {props.children}
    </button>
  )
}

/** The same for what leads to another screen. */
export function ButtonLink({ look = 'secondary', className = '', ...props }: ComponentProps<'a'> & { look?: Look }) {
  return <a {...props} className={`${classOf(look)} ${className}`} />
}
