import type { ReactNode } from 'react'

interface Props {
  title: string
  /** The title is the screen's only heading. */
  alone?: boolean
  text: string
  children?: ReactNode
}

/** Nothing to show here, and that is all right. */
export function EmptyState({ title, alone = false, text, children }: Props) {
  const Title = alone ? 'h1' : 'p'
  return (
    <div className="grid justify-items-center gap-1 rounded-xl border border-line border-dashed px-6 py-8 text-center">
      <Title className="font-semibold">{title}</Title>
      <p className="max-w-prose text-soft">{text}</p>
      {children && <div className="mt-3">{children}</div>}
    </div>
  )
}
