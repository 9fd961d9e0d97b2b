/** Longer 402s are not read, in characters: no price takes so much. */
export const LONGEST_TEXT = 64 * 1024

/** An answer's text. Null when it is too long or breaks off. The answer cannot be read again. */
export async function textOf({ body }: Response): Promise<string | null> {
  const decoder = new TextDecoder()
  let text = ''
  try {
    for await (const part of body ?? []) {
      text += decoder.decode(part, { stream: true })
      if (text.length > LONGEST_TEXT) return null
    }
    return text
  } catch {
    return null
  }
}
