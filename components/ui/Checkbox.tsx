import { Indicator, Root } from 'radix-ui/checkbox'
import { useId } from 'react'

interface Props {
  label: string
  hint?: string | undefined
  checked: boolean
  disabled?: boolean
  onChange: (checked: boolean) => void
}

export function Checkbox({ label, hint, checked, disabled = false, onChange }: Props) {
  const id = useId()
  return (
    <div className="flex items-start gap-2.5">
      <Root
        id={id}
        checked={checked}
        disabled={disabled}
        aria-describedby={hint && `${id}-hint`}
        onCheckedChange={(state) => onChange(state === true)}
        className="mt-0.5 grid size-4.5 shrink-0 place-items-center rounded border border-line-strong bg-surface text-on-accent data-[state=checked]:border-accent data-[state=checked]:bg-accent"
      >
        <Indicator>
          <svg viewBox="0 0 12 12" aria-hidden="true" className="size-3 fill-none stroke-2 stroke-current">
            <path d="M2 6.5 5 9.5 10 3" />
          </svg>
        </Indicator>
      </Root>
      <div>
        <label htmlFor={id}>{label}</label>
        {hint && (
          <p id={`${id}-hint`} className="text-soft text-xs">
            {hint}
          </p>
        )}
      </div>
    </div>
  )
}
