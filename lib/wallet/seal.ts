import {
  decryptWithDetail,
  decryptWithKey,
  encryptWithDetail,
  encryptWithKey,
  importKey,
} from '@metamask/browser-passworder'
import { z } from 'zod'
import { TuppenceError } from '@/lib/errors'

/*
 * A content encrypted under a password: AES-GCM, with a key that PBKDF2-HMAC-SHA256 derives. The text says with which salt and
 * how many rounds, so that later versions can ask for more.
 */

/** OWASP asks for 600,000 rounds; a million take about 150 ms on a desktop computer. */
const KEY_DERIVATION = { algorithm: 'PBKDF2', params: { iterations: 1_000_000 } } as const
/** A damaged text must not keep the computer busy for hours. */
const MOST_ROUNDS = 4_000_000

/** Bytes in base64, in the one way that they are written: otherwise some changed texts would stand for the same bytes. */
const bytes = (count?: number) =>
  z.base64({ abort: true }).refine((text) => {
    const binary = atob(text)
    return btoa(binary) === text && (count === undefined || binary.length === count)
  })

const sealSchema = z.strictObject({
  data: bytes(),
  iv: bytes(16),
  keyMetadata: z.strictObject({
    algorithm: z.literal('PBKDF2'),
    params: z.strictObject({ iterations: z.int().min(1).max(MOST_ROUNDS) }),
  }),
  salt: bytes(32),
})

/** Encrypts under a password. Gives the text, and the key that opens it without the password. */
export async function seal(content: unknown, password: string): Promise<{ text: string; key: string }> {
  const { vault, exportedKeyString } = await encryptWithDetail(password, content, undefined, KEY_DERIVATION)
  return { text: vault, key: exportedKeyString }
}

/** Throws `vault_damaged` for what is no such text, `wrong_password` for what the password does not open. */
export async function unseal(text: string, password: string): Promise<{ content: unknown; key: string }> {
  read(text)
  const { vault, exportedKeyString } = await decryptWithDetail(password, text).catch((error: unknown) => {
    throw new TuppenceError('wrong_password', {}, { cause: error })
  })
  return { content: vault, key: exportedKeyString }
}

/** Throws when the text is damaged, or was sealed with another key. */
export const unsealWith = async (key: string, text: string): Promise<unknown> =>
  decryptWithKey(await importKey(key), read(text))

/** Another content under the same password: salt and rounds are those of `text`, which `key` opens. */
export async function resealWith(key: string, text: string, content: unknown): Promise<string> {
  const { keyMetadata, salt } = read(text)
  const { data, iv } = await encryptWithKey(await importKey(key), content)
  return JSON.stringify({ data, iv, keyMetadata, salt } satisfies z.output<typeof sealSchema>)
}

/** Whether fewer rounds were asked for than today. */
export const isWeak = (text: string): boolean =>
  read(text).keyMetadata.params.iterations < KEY_DERIVATION.params.iterations

function read(text: string): z.output<typeof sealSchema> {
  const seal = sealSchema.safeParse(parseJson(text))
  if (!seal.success) throw new TuppenceError('vault_damaged')
  return seal.data
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
