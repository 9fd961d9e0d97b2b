import { Field, type FieldProps } from '@/components/ui/Field'

/** Dollars, as people type them. */
export function AmountField(props: FieldProps) {
  return <Field {...props} prefix="$" inputMode="decimal" autoComplete="off" />
}
