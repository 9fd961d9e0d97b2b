import { z } from 'zod'
import { TuppenceError } from '@/lib/errors'
import { type Rules, rulesSchema } from '@/lib/policy/rules'
import { RULES_VERSION, upgradeRules } from './migrations'

/** The file that a person keeps: says what it is, so that no other file is taken for it. */
const backupSchema = z.object({ kind: z.literal('tuppence-rules'), version: z.int().min(1), rules: z.unknown() })

/** The rules as the text of a backup file. */
export function toBackup(rules: Rules): string {
  return JSON.stringify(
    { kind: 'tuppence-rules', version: RULES_VERSION, rules: z.encode(rulesSchema, rules) },
    null,
    2,
  )
}

/** Reads a backup file, of this version or an older one. Throws `invalid_backup`, `newer_backup`. */
export function fromBackup(text: string): Rules {
  const backup = backupSchema.safeParse(parseJson(text))
  if (!backup.success) throw new TuppenceError('invalid_backup')
  if (backup.data.version > RULES_VERSION) throw new TuppenceError('newer_backup')
  const upgraded = upgradeRules(backup.data.rules, backup.data.version)
  const rules = z.safeDecode(rulesSchema, upgraded as z.input<typeof rulesSchema>)
  if (!rules.success) throw new TuppenceError('invalid_backup')
  return rules.data
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
