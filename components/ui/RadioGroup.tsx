import { Indicator, Item, Root } from 'radix-ui/radio-group'
import { useId } from 'react'

interface Props<Value extends string> {
  label: string
  hint?: string
  value: Value
  options: readonly { readonly value: Value; readonly label: string }[]
  disabled?: boolean
  onChange: (value: Value) => void
}

export function RadioGroup<Value extends string>({
  label,
  hint,
  value,
  options,
  disabled = false,
  onChange,
}: Props<Value>) {
  const id = useId()
  return (
    <div className="grid gap-2">
      <div>
        <p id={id} className="font-medium">
          {label}
        </p>
        {hint && (
          <p id={`${id}-hint`} className="text-soft text-xs">
            {hint}
          </p>
        )}
      </div>
      <Root
        aria-labelledby={id}
        aria-describedby={hint && `${id}-hint`}
        value={value}
        disabled={disabled}
        onValueChange={(next) => onChange(next as Value)}
        className="grid grid-cols-[repeat(auto-fit,minmax(9rem,1fr))] gap-1.5"
      >
        {options.map((option) => (
          <Item
            key={option.value}
            value={option.value}
            className="flex min-h-9 items-center gap-2 rounded-lg border border-line bg-surface px-2.5 py-1.5 text-start enabled:hover:bg-sunken data-[state=checked]:border-accent data-[state=checked]:bg-accent-soft"
          >
            <span
              aria-hidden
              className="grid size-4 shrink-0 place-items-center rounded-full border border-line-strong"
            >
              <Indicator className="size-2 rounded-full bg-accent" />
            </span>
            {option.label}
          </Item>
        ))}
      </Root>
    </div>
  )
}
