import { bytesToHex, sha256, stringToBytes } from 'viem'
import type { Browser } from 'wxt/browser'

type Posted = Browser.webRequest.OnBeforeRequestDetails
type Body = Posted['requestBody']

/** Why a form that was answered 402 cannot be sent once more. */
export type FormProblem =
  /** It sent files: what they hold now is not what they held. */
  | 'form_files'
  /** Another site's page sent it. Sent again, it would come from the site itself, with cookies that were kept back from the first. */
  | 'form_foreign'
  /** What it held is not known: it is larger than is read, or the background was not there when it was sent. */
  | 'form_post'

/** A form as it was submitted. The browser keeps its content and sends it again byte for byte; here is only what tells one from another. */
export interface SubmittedForm {
  /** SHA-256 in hex of what it held; null when it was empty, or has a problem. */
  readonly digest: string | null
  readonly problem: FormProblem | null
}

/** In characters of what is read of it. Larger forms are not paid for. */
const LONGEST = 1024 * 1024

/** What a POST's `onBeforeRequest` tells of its form; null when that was not seen. */
export function readForm(posted: Posted | null, url: string): SubmittedForm {
  if (!posted) return { digest: null, problem: 'form_post' }
  if (posted.initiator !== new URL(url).origin) return { digest: null, problem: 'form_foreign' }
  return digestOf(posted.requestBody)
}

/**
 * The browser names fields in alphabetical order, each with its values as they came. What is no list of fields it gives as
 * bytes, in one piece unless there is a file in between. Of an empty form it says that it cannot be read.
 */
function digestOf(body: Body): SubmittedForm {
  if (!body || body.error !== undefined) return { digest: null, problem: null }
  const { formData, raw = [] } = body
  if (raw.length > 1 || raw.some(({ file }) => file !== undefined)) return { digest: null, problem: 'form_files' }
  const text = JSON.stringify(formData ?? raw.map(({ bytes }) => bytes), (_key, value: unknown) =>
    value instanceof ArrayBuffer ? toHex(value) : value,
  )
  if (text.length > LONGEST) return { digest: null, problem: 'form_post' }
  return { digest: sha256(stringToBytes(text)).slice(2), problem: null }
}

/** No more of it than is read. */
const toHex = (bytes: ArrayBuffer): string => bytesToHex(new Uint8Array(bytes.slice(0, LONGEST)))
