import type { Usd } from '@/lib/money/usd'

interface Props {
  /** What is spent, and what would be on top of it. */
  spent: Usd
  adding?: Usd
  cap: Usd
}

/** A bar of how much of a limit is used. The words beside it say the same, so screen readers skip it. */
export function Gauge({ spent, adding = 0n as Usd, cap }: Props) {
  const percent = (amount: bigint) => (cap > 0n ? Math.min(100, Number((amount * 1000n) / cap) / 10) : 100)
  return (
    <div aria-hidden className="flex h-2 overflow-hidden rounded-full bg-sunken ring-1 ring-line ring-inset">
      <div className="bg-line-strong" style={{ width: `${percent(spent)}%` }} />
      <div className="bg-accent" style={{ width: `${percent(adding)}%` }} />
    </div>
  )
}
