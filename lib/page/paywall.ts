import { LONGEST_TEXT, textOf } from './text'

/** In milliseconds. */
const ANSWERS_WITHIN = 5_000

/**
 * What a page that was answered 402 says of its price, where its headers say nothing: what its own address answers when it is
 * asked for JSON, as x402's version 1 has it, or else the script in which its paywall keeps the offers. Text that nobody has
 * looked at, for the background to read; null when there is none. Whoever asks names the page that is meant.
 */
export async function paywallOf(url: string): Promise<string | null> {
  if (location.href.split('#', 1)[0] !== url) return null
  const json = await asJson(url).catch(() => null)
  return json?.includes('"x402Version"') ? json : ((await inline()) ?? json)
}

/** Sent as the page itself would send it. A redirect is not followed, and nothing but a 402 has a price. */
async function asJson(url: string): Promise<string | null> {
  const answer = await fetch(url, {
    headers: { accept: 'application/json' },
    cache: 'no-store',
    redirect: 'manual',
    signal: AbortSignal.timeout(ANSWERS_WITHIN),
  })
  return answer.status === 402 ? textOf(answer) : null
}

/** Read as text, once the page is there. It is never run. */
async function inline(): Promise<string | null> {
  if (document.readyState === 'loading')
    await new Promise((resolve) => document.addEventListener('DOMContentLoaded', resolve, { once: true }))
  const texts = [...document.querySelectorAll('script:not([src])')].map(({ textContent }) => textContent ?? '')
  return texts.find((text) => text.length <= LONGEST_TEXT && /window\.x402\s*=/.test(text)) ?? null
}
