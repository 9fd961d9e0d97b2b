import { Field, type FieldProps } from '@/components/ui/Field'

/** A site, as people type or paste it. */
export function SiteInput(props: FieldProps) {
  return <Field {...props} inputMode="url" autoComplete="off" autoCapitalize="off" spellCheck={false} />
}
