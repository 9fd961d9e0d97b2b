import { isLoopback } from '@/lib/policy/hosts'
import { siteKey } from '@/lib/policy/rules'

/** What keeps something that was typed from being the name of a site. */
export type SiteProblem = 'notASite' | 'plainHttp'

/** Chromium takes blanks and more in a host, and escapes them. */
const HOST = /^([\w.-]+|\[[\da-f:.]+\])$/

/** The site that was typed, as a host, an origin or the address of any of its pages. Where nothing else is said, it is https. */
export function readSite(text: string): URL | SiteProblem {
  const typed = text.trim()
  const url = URL.parse(/^\w+:\/\//.test(typed) ? typed : `https://${typed}`)
  if (!url || !HOST.test(url.hostname) || !siteKey.safeParse(url.origin).success) return 'notASite'
  return url.protocol === 'http:' && !isLoopback(url.hostname) ? 'plainHttp' : url
}

/** Whether a rule can be given for this whole domain. */
export const canBeKey = (domain: string): boolean => siteKey.safeParse(domain).success
