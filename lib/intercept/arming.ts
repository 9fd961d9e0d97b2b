import { type Browser, browser } from 'wxt/browser'
import type { Credential } from '@/lib/challenge/credential'
import { TuppenceError } from '@/lib/errors'

type Condition = Browser.declarativeNetRequest.RuleCondition

/** One request that shall carry a credential. */
export interface ArmedRequest {
  readonly tabId: number
  /** Absolute, with the fragment if it matters; without one, any fragment matches. */
  readonly url: string
  readonly method: string
  readonly resourceType: 'main_frame' | 'xmlhttprequest'
}

/**
 * Adds a session rule that sets the credential on exactly this request, and gives its id for `disarm`. In force when it
 * resolves. The browser matches every redirect hop anew, so that the header stays behind when a server redirects.
 * Throws `url_not_matchable` for a URL that no rule can name.
 */
export async function arm(request: ArmedRequest, credential: Credential): Promise<number> {
  const id = newRuleId()
  const addRules = [
    {
      id,
      action: {
        type: 'modifyHeaders' as const,
        requestHeaders: [{ header: credential.header, operation: 'set' as const, value: credential.value }],
      },
      condition: {
        ...(await matching(request.url)),
        isUrlFilterCaseSensitive: true,
        resourceTypes: [request.resourceType],
        requestMethods: [request.method.toLowerCase() as NonNullable<Condition['requestMethods']>[number]],
        tabIds: [request.tabId],
      },
    },
  ]
  try {
    await browser.declarativeNetRequest.updateSessionRules({ addRules })
  } catch (error) {
    throw new TuppenceError('url_not_matchable', {}, { cause: error })
  }
  return id
}

export const disarm = (id: number): Promise<void> =>
  browser.declarativeNetRequest.updateSessionRules({ removeRuleIds: [id] })

/** Removes every rule: after a restart nothing knows what they were for. */
export async function disarmAll(): Promise<void> {
  const rules = await browser.declarativeNetRequest.getSessionRules()
  await browser.declarativeNetRequest.updateSessionRules({ removeRuleIds: rules.map(({ id }) => id) })
}

/** The whole URL, nothing looser. Long URLs exceed what the browser allows a regular expression: they get a plain filter. */
async function matching(url: string): Promise<Pick<Condition, 'regexFilter' | 'urlFilter'>> {
  const regexFilter = `^${url.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&')}${url.includes('#') ? '' : '(#.*)?'}$`
  const { isSupported } = await browser.declarativeNetRequest.isRegexSupported({
    regex: regexFilter,
    isCaseSensitive: true,
  })
  if (isSupported) return { regexFilter }
  // In a plain filter these characters are not themselves.
  if (/[*^|]/.test(url)) throw new TuppenceError('url_not_matchable')
  return { urlFilter: `|${url}${url.includes('#') ? '|' : ''}` }
}

/** Ids only have to differ between rules that exist at the same time. */
function newRuleId(): number {
  const [random = 0] = crypto.getRandomValues(new Uint32Array(1))
  return 1 + (random % 2_000_000_000)
}
