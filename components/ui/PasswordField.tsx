import { Field, type FieldProps } from './Field'

/** Where a secret is typed: never shown, never completed, never spell-checked by a service. */
export function PasswordField(props: FieldProps) {
  return <Field autoComplete="off" {...props} type="password" spellCheck={false} autoCapitalize="off" />
}
