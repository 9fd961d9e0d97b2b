import type { ReactNode } from 'react'

interface Props {
  summary: string
  children: ReactNode
}

/** What few people look for, behind one line that opens it. */
export function Fold({ summary, children }: Props) {
  return (
    <details>
      <summary className="w-fit text-accent">{summary}</summary>
      <div className="mt-3">{children}</div>
    </details>
  )
}
