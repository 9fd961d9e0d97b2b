import type { Figure } from './figure.ts'

/** The figures for people to read, what else is known of each one in a line below it. */
export function table(figures: readonly Figure[]): string {
  const head = ['name', 'value', 'unit', 'budget', 'ok']
  const rows = figures.map(({ name, value, unit, budget, ok }) => [
    name,
    `${value}`,
    unit,
    `${budget}`,
    ok ? 'yes' : 'no',
  ])
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)))
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd()
  const details = figures.map(({ detail = {} }) =>
    Object.entries(detail)
      .map(([name, value]) => `${name} ${value}`)
      .join(', '),
  )
  return [
    line(head),
    ...rows.flatMap((row, index) => [line(row), ...(details[index] ? [`    ${details[index]}`] : [])]),
  ].join('\n')
}
