import { type ComponentProps, type ReactNode, useId } from 'react'

export interface FieldProps extends Omit<ComponentProps<'input'>, 'id' | 'prefix'> {
  label: string
  hint?: ReactNode
  error?: string | undefined
  /** A unit in front of what is typed, such as "$". */
  prefix?: string
}

/** An input with its label, hint and error, tied together for screen readers. */
export function Field({ label, hint, error, prefix, className = '', ...props }: FieldProps) {
  const id = useId()
  const notes = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(' ')
  return (
    <div className={`grid content-start gap-1 ${className}`}>
      <label htmlFor={id} className="font-medium">
        {label}
      </label>
      <div className="relative">
        {prefix && (
          <span aria-hidden className="absolute inset-y-0 start-3 flex items-center text-soft">
            {prefix}
          </span>
        )}
        <input
          {...props}
          id={id}
          aria-invalid={error !== undefined}
          aria-describedby={notes || undefined}
          className={`w-full min-h-9 rounded-lg border bg-surface px-3 py-1.5 placeholder:text-soft ${prefix ? 'ps-7' : ''} ${error ? 'border-danger' : 'border-line-strong'}`}
        />
      </div>
      {hint && (
        <p id={`${id}-hint`} className="text-soft text-xs">
          {hint}
        </p>
      )}
      {error && (
        <p id={`${id}-error`} role="alert" className="text-danger text-xs">
          {error}
        </p>
      )}
    </div>
  )
}
