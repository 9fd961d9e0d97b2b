import { browser } from 'wxt/browser'
import type { PagePart, TabDocument } from './interceptor'

/*
 * What is done inside of a page, in a world that its scripts cannot see. Every function that is handed to the page is sent
 * as text: it can use nothing from outside of itself.
 */

/**
 * Runs a function in a document and gives what it returns. Null when the document is gone, or one that no script may run in,
 * as the browser's own page in place of an empty answer.
 */
export async function runIn<Args extends unknown[], Result>(
  { tabId, documentId }: TabDocument,
  func: (...args: Args) => Result,
  ...args: Args
): Promise<Awaited<Result> | null> {
  const target = { tabId, documentIds: [documentId] }
  const results = await browser.scripting
    .executeScript({ target, injectImmediately: true, func, args })
    .catch(() => null)
  return results?.[0]?.result ?? null
}

export const canRun = () => true

/** Sends a submitted form once more, byte for byte, asks nobody, and leaves the tab's history as it is. */
export function reload(): true {
  location.reload()
  return true
}

/**
 * The parts of the page that are missing, and were answered 402 as far as the page's own timings tell: images, videos, sounds and
 * frames. The status of what is another site's, and not readable by the page, the browser does not tell.
 */
export function findUnpaid(): PagePart[] {
  const timings = performance.getEntriesByType('resource') as PerformanceResourceTiming[]
  const latest = new Map(timings.map(({ name, responseStatus }) => [name.split('#', 1)[0], responseStatus]))
  const found: PagePart[] = []
  const add = (kind: PagePart['kind'], address: string) => {
    const [url = ''] = address.split('#', 1)
    // What is in the page itself (data:, blob:) was never asked of a site. More than so many nobody reads.
    if (!/^https?:/.test(url) || url.length > 8192 || found.length >= 50) return
    if (!found.some((part) => part.kind === kind && part.url === url)) found.push({ kind, url })
  }
  const isUnpaid = (address: string) => latest.get(address.split('#', 1)[0]) === 402
  // What was loaded again from here is in no timing: it shows, and so it is paid.
  for (const { currentSrc, naturalWidth } of document.images)
    if (naturalWidth === 0 && isUnpaid(currentSrc)) add('image', currentSrc)
  // Of media the browser tells no status at all: these did not load, for whatever reason.
  for (const { currentSrc, networkState } of document.querySelectorAll<HTMLMediaElement>('video, audio'))
    if (currentSrc !== '' && networkState === HTMLMediaElement.NETWORK_NO_SOURCE) add('media', currentSrc)
  for (const frame of document.querySelectorAll('iframe')) {
    try {
      const [navigation] = (frame.contentWindow?.performance.getEntriesByType('navigation') ??
        []) as PerformanceNavigationTiming[]
      if (navigation?.responseStatus === 402) add('frame', frame.contentWindow?.location.href ?? '')
    } catch {
      // Another site's frame is not for this page to look into.
    }
  }
  return found
}

/**
 * Has the page load a part again, without any change to the page: images by their own address, media from the start, a frame
 * as its own document. False when it is not there any more.
 */
export function loadAgain({ kind, url }: PagePart): boolean {
  const isIt = (address: string | undefined) => address?.split('#', 1)[0] === url
  switch (kind) {
    case 'image': {
      // All that show it: the browser asks once for them.
      const images = [...document.images].filter(({ currentSrc }) => isIt(currentSrc))
      for (const image of images) {
        const name = image.hasAttribute('src') ? 'src' : 'srcset'
        const value = image.getAttribute(name)
        image.setAttribute(name, value ?? '')
        if (value === null) image.removeAttribute(name)
      }
      return images.length > 0
    }
    case 'media': {
      const media = [...document.querySelectorAll<HTMLMediaElement>('video, audio')].find(({ currentSrc }) =>
        isIt(currentSrc),
      )
      media?.load()
      return media !== undefined
    }
    case 'frame':
      for (const { contentWindow } of document.querySelectorAll('iframe')) {
        try {
          const [navigation] = (contentWindow?.performance.getEntriesByType('navigation') ??
            []) as PerformanceNavigationTiming[]
          if (!contentWindow || navigation?.responseStatus !== 402 || !isIt(contentWindow.location.href)) continue
          contentWindow.location.reload()
          return true
        } catch {
          // Another site's frame is not for this page to look into.
        }
      }
      return false
  }
}

/** Makes the page ask for an address once more, past the cache, and read no more of the answer than its headers. */
export async function askAgain(url: string): Promise<void> {
  const answer = await fetch(url, { mode: 'no-cors', credentials: 'include', cache: 'no-store' }).catch(() => null)
  await answer?.body?.cancel()
}
