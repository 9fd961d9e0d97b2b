/** One challenge of a `WWW-Authenticate` header (RFC 9110, section 11.6.1). */
export interface AuthChallenge {
  /** In lower case. */
  readonly scheme: string
  /** By name in lower case, unquoted; null when they are damaged, or one is there twice. */
  readonly params: ReadonlyMap<string, string> | null
}

const SEPARATORS = /[\s,]*/y
const TOKEN = /[!#$%&'*+.^_`|~0-9A-Za-z-]+/y
/** What some schemes have in place of parameters. */
const TOKEN68 = /[ \t]+[A-Za-z0-9._~+/-]+=*[ \t]*(?=,|$)/y
const EQUALS = /[ \t]*=[ \t]*/y
const QUOTED = /"([^"\\]*(?:\\.[^"\\]*)*)"/sy
/** Not quoted, as it should be where it is no token: base64 mostly, which may end in `=`. */
const BARE = /[^\s,"]+/y
// mppx writes what is above Latin-1 as \uXXXX. Nobody else has a reason to escape a "u".
const ESCAPED = /\\(?:u([0-9A-Fa-f]{4})|(.))/gs

/**
 * Reads a header of one or several challenges, each with its own parameters, all of them separated by commas. What follows
 * something damaged is not read. Never throws, and takes time in proportion to the header's length.
 */
export function parseChallenges(header: string): AuthChallenge[] {
  const challenges: AuthChallenge[] = []
  const read = reader(header)
  for (;;) {
    read(SEPARATORS)
    const scheme = read(TOKEN)?.[0].toLowerCase()
    if (scheme === undefined) return challenges
    const params = read(TOKEN68) ? new Map<string, string>() : readParams(read)
    challenges.push({ scheme, params })
    if (params === null) return challenges
  }
}

/** Up to the next challenge, which begins with a token that no `=` follows. */
function readParams(read: Reader): Map<string, string> | null {
  const params = new Map<string, string>()
  for (;;) {
    const before = read.position()
    read(SEPARATORS)
    const name = read(TOKEN)?.[0].toLowerCase()
    if (name === undefined) return read.atEnd() ? params : null
    if (!read(EQUALS)) {
      read.back(before)
      return params
    }
    const quoted = read(QUOTED)?.[1]
    const value = quoted?.replace(ESCAPED, unescaped) ?? read(BARE)?.[0]
    if (value === undefined || params.has(name)) return null
    params.set(name, value)
  }
}

const unescaped = (_: string, hex: string | undefined, character: string): string =>
  hex === undefined ? character : String.fromCharCode(Number.parseInt(hex, 16))

interface Reader {
  /** What is next, if it is that. */
  (pattern: RegExp): RegExpExecArray | null
  position(): number
  back(position: number): void
  atEnd(): boolean
}

function reader(text: string): Reader {
  let at = 0
  const read = (pattern: RegExp) => {
    pattern.lastIndex = at
    const match = pattern.exec(text)
    if (match) at = pattern.lastIndex
    return match
  }
  return Object.assign(read, {
    position: () => at,
    back: (position: number) => {
      at = position
    },
    atEnd: () => at >= text.length,
  })
}
