interface Props {
  /** Whose words these are. */
  label: string
  words: string
}

/** What somebody else says, set apart from what Tuppence says. */
export function Words({ label, words }: Props) {
  return (
    <figure>
      <figcaption className="text-soft text-xs">{label}</figcaption>
      <blockquote className="border-line-strong border-s-2 ps-2.5 italic">{words}</blockquote>
    </figure>
  )
}
