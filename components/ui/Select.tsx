import { useId } from 'react'

interface Option {
  readonly value: string
  readonly label: string
}

interface Props {
  label: string
  value: string
  /** Under their headings. One without any option is left out. */
  groups: readonly { readonly label: string; readonly options: readonly Option[] }[]
  disabled?: boolean
  onChange: (value: string) => void
}

/** One of many. */
export function Select({ label, value, groups, disabled = false, onChange }: Props) {
  const id = useId()
  return (
    <div className="grid content-start gap-1">
      <label htmlFor={id} className="font-medium">
        {label}
      </label>
      <select
        id={id}
        value={value}
        disabled={disabled}
        onChange={(event) => onChange(event.target.value)}
        className="min-h-9 w-full rounded-lg border border-line-strong bg-surface px-3 py-1.5"
      >
        {groups
          .filter(({ options }) => options.length > 0)
          .map((group) => (
            <optgroup key={group.label} label={group.label}>
              {group.options.map((option) => (
                <option key={option.value} value={option.value}>
                  {option.label}
                </option>
              ))}
            </optgroup>
          ))}
      </select>
    </div>
  )
}
