import { type Browser, browser } from 'wxt/browser'
import type { Credential } from '@/lib/challenge/credential'
import { TuppenceError } from '@/lib/errors'

type Rule = Browser.declarativeNetRequest.Rule
export type Condition = Browser.declarativeNetRequest.RuleCondition
type Method = NonNullable<Condition['requestMethods']>[number]

/** One request that shall carry a credential. */
export interface ArmedRequest {
  readonly tabId: number
  /** Absolute, with the fragment if it matters; without one, any fragment matches. */
  readonly url: string
  readonly method: string
  readonly resourceType: 'main_frame' | 'sub_frame' | 'xmlhttprequest' | 'image' | 'media'
  /** The origin whose service worker sends it on for the tab; left out where none does. */
  readonly worker?: string | undefined
}

/** The browser's name for requests that belong to no tab: those of service workers. */
export const NO_TAB = -1

/** What a rule can name. Pages may use methods of their own invention; those cannot be paid. */
const METHODS: readonly string[] = [
  'connect',
  'delete',
  'get',
  'head',
  'options',
  'patch',
  'post',
  'put',
] satisfies Method[]

/**
 * The conditions under which a session rule matches exactly this request. Worked out before anything is signed: throws
 * `url_not_matchable` for a request that no rule can name. The browser matches every redirect hop anew, so that the header
 * stays behind when a server redirects.
 */
export async function conditionsFor({ tabId, url, method, resourceType, worker }: ArmedRequest): Promise<Condition[]> {
  const requestMethod = method.toLowerCase()
  if (!METHODS.includes(requestMethod)) throw new TuppenceError('url_not_matchable')
  const filters = await filtersFor(url)
  return filters.map((filter) => ({
    ...filter,
    isUrlFilterCaseSensitive: true,
    resourceTypes: [resourceType],
    requestMethods: [requestMethod as Method],
    tabIds: worker === undefined ? [tabId] : [tabId, NO_TAB],
  }))
}

/** Sets the credential on what the conditions match, and gives the rules' ids for `disarm`. In force when it resolves. */
export async function arm(conditions: readonly Condition[], { headers }: Credential): Promise<number[]> {
  const requestHeaders = headers.map(({ name, value }) => ({ header: name, operation: 'set' as const, value }))
  const rules = conditions.map((condition) => ({
    id: newRuleId(),
    action: { type: 'modifyHeaders' as const, requestHeaders },
    condition,
  }))
  await update(rules, [])
  return rules.map(({ id }) => id)
}

export const disarm = (ids: readonly number[]): Promise<void> => update([], ids)

/** Removes every rule: after a restart nothing knows what they were for. */
export async function disarmAll(): Promise<void> {
  const rules = await browser.declarativeNetRequest.getSessionRules()
  await update(
    [],
    rules.map(({ id }) => id),
  )
}

interface Batch {
  readonly addRules: Rule[]
  readonly removeRuleIds: number[]
  readonly done: Promise<void>
}

let last: Promise<unknown> = Promise.resolve()
let next: Batch | null = null

/** The browser takes longer for each update the more of them there are: those that come while one runs go together. */
function update(addRules: readonly Rule[], removeRuleIds: readonly number[]): Promise<void> {
  next ??= startBatch()
  next.addRules.push(...addRules)
  next.removeRuleIds.push(...removeRuleIds)
  return next.done
}

function startBatch(): Batch {
  const changes = { addRules: [] as Rule[], removeRuleIds: [] as number[] }
  const done = last.then(() => {
    next = null
    return browser.declarativeNetRequest.updateSessionRules(changes)
  })
  last = done.catch(() => undefined)
  return { ...changes, done }
}

/** The whole URL, nothing looser. Long URLs exceed what the browser allows a regular expression: they get plain filters. */
async function filtersFor(url: string): Promise<Pick<Condition, 'regexFilter' | 'urlFilter'>[]> {
  const marked = url.includes('#')
  const regex = `^${url.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&')}${marked ? '' : '(#.*)?'}$`
  const { isSupported } = await browser.declarativeNetRequest.isRegexSupported({ regex, isCaseSensitive: true })
  if (isSupported) return [{ regexFilter: regex }]
  // In a plain filter these characters are not themselves.
  if (/[*^|]/.test(url)) throw new TuppenceError('url_not_matchable')
  return marked ? [{ urlFilter: `|${url}|` }] : [{ urlFilter: `|${url}|` }, { urlFilter: `|${url}#` }]
}

/** Ids only have to differ between rules that exist at the same time. */
function newRuleId(): number {
  const [random = 0] = crypto.getRandomValues(new Uint32Array(1))
  return 1 + (random % 2_000_000_000)
}
