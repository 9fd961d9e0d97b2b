import { Root, Thumb } from 'radix-ui/switch'
import { useId } from 'react'

interface Props {
  label: string
  hint?: string
  checked: boolean
  onChange: (checked: boolean) => void
}

export function Switch({ label, hint, checked, onChange }: Props) {
  const id = useId()
  return (
    <div className="flex items-start justify-between gap-4">
      <div>
        <label htmlFor={id} className="font-medium">
          {label}
        </label>
        {hint && (
          <p id={`${id}-hint`} className="text-soft text-xs">
            {hint}
          </p>
        )}
      </div>
      <Root
        id={id}
        aria-describedby={hint && `${id}-hint`}
        checked={checked}
        onCheckedChange={onChange}
        className="inline-flex h-6 w-11 shrink-0 items-center rounded-full border border-line-strong bg-sunken p-0.5 transition-colors motion-reduce:transition-none data-[state=checked]:border-accent data-[state=checked]:bg-accent"
      >
        <Thumb className="size-4.5 rounded-full bg-line-strong transition-transform motion-reduce:transition-none data-[state=checked]:translate-x-5 data-[state=checked]:bg-on-accent rtl:data-[state=checked]:-translate-x-5" />
      </Root>
    </div>
  )
}
