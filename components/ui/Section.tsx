import { type ReactNode, useId } from 'react'

interface Props {
  title: string
  /** What can be done with all of it. */
  action?: ReactNode
  children: ReactNode
}

/** A framed part of a screen with its heading. */
export function Section({ title, action, children }: Props) {
  const id = useId()
  return (
    <section aria-labelledby={id} className="grid gap-3 rounded-xl border border-line bg-surface p-4">
      <div className="flex items-center justify-between gap-4">
        <h2 id={id} className="font-semibold">
          {title}
        </h2>
        {action}
      </div>
      {children}
    </section>
  )
}
