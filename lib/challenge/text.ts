const LONGEST = 140
// Control, format (zero-width, bidi), private-use, unassigned, line-breaking and blank characters: they can hide or reorder
// what a user reads.
const UNSAFE = /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]/gu

/** A merchant's words made safe to show: one line, nothing invisible or reordering, at most 140 characters. Null when nothing is left. */
export function cleanText(text: string | null | undefined): string | null {
  if (text === null || text === undefined) return null
  const clean = text
    .replace(/[\r\n\t]+/g, ' ')
    .replace(UNSAFE, '')
    .replace(/\s+/g, ' ')
    .trim()
  const characters = [...clean]
  return characters.length > LONGEST
    ? `${characters
        .slice(0, LONGEST - 1)
        .join('')
        .trimEnd()}…`
    : clean || null
}
