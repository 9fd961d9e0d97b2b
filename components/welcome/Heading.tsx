import { useEffect, useRef } from 'react'

interface Props {
  title: string
  text?: string
}

/** A step's heading. It takes the focus, so that the step is read out when it comes. */
export function Heading({ title, text }: Props) {
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => heading.current?.focus(), [])
  return (
    <div className="grid gap-1">
      <h1 ref={heading} tabIndex={-1} className="font-semibold text-2xl">
        {title}
      </h1>
      {text && <p className="text-soft">{text}</p>}
    </div>
  )
}
