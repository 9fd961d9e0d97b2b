import type { ReactNode } from 'react'

interface Props {
  title: string
  /** What can be done with all that the page shows. */
  children?: ReactNode
}

export function PageHeading({ title, children }: Props) {
  return (
    <div className="flex min-h-9 flex-wrap items-center justify-between gap-x-4 gap-y-2">
      <h1 className="font-semibold text-2xl">{title}</h1>
      {children}
    </div>
  )
}
