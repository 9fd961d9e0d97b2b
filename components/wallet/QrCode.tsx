import { encode } from 'uqr'

interface Props {
  text: string
  /** What it is a code of, for those who do not see it. */
  name: string
}

/** Black on white in light and in dark: that is what cameras look for. */
export function QrCode({ text, name }: Props) {
  const { size, data } = encode(text, { ecc: 'M', border: 4 })
  const dots = data.flatMap((row, y) => row.flatMap((dark, x) => (dark ? [`M${x} ${y}h1v1h-1z`] : [])))
  return (
    <svg role="img" aria-label={name} viewBox={`0 0 ${size} ${size}`} shapeRendering="crispEdges" className="size-44">
      <rect width={size} height={size} fill="#fff" />
      <path d={dots.join('')} fill="#000" />
    </svg>
  )
}
