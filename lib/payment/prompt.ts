import { browser } from 'wxt/browser'
import { toolbar } from '@/lib/i18n/toolbar'
import { createQueue } from '@/lib/queue'

const APPROVAL_PAGE = '/approval.html'
const POPUP_PAGE = '/popup.html'

/** A popup that takes longer will not come. */
const OPENS_WITHIN_MS = 3_000

const COLOURS = { waiting: '#b45309', paid: '#15803d', notPaid: '#b91c1c' } as const

/** Shows on the toolbar how many payments wait, and makes its click lead to the question while there is one. */
export async function showWaiting(count: number): Promise<void> {
  await Promise.all([
    browser.action.setPopup({ popup: count > 0 ? APPROVAL_PAGE : POPUP_PAGE }),
    browser.action.setBadgeText({ text: count > 0 ? count.toString() : '' }),
    browser.action.setBadgeBackgroundColor({ color: COLOURS.waiting }),
    browser.action.setTitle({ title: toolbar[count > 0 ? 'waiting' : 'idle'] }),
  ])
}

/** Marks a tab until it shows another page. A tab that is gone needs no mark. */
export async function markTab(tabId: number, mark: 'paid' | 'notPaid'): Promise<void> {
  await Promise.all([
    browser.action.setBadgeText({ tabId, text: mark === 'paid' ? '✓' : '!' }),
    browser.action.setBadgeBackgroundColor({ tabId, color: COLOURS[mark] }),
    browser.action.setTitle({ tabId, title: toolbar[mark] }),
  ]).catch(() => undefined)
}

/**
 * Puts the question in front of the person: the toolbar's own popup where a browser window has the focus, a window of our
 * own otherwise. Never anything in the page. One that is open already shows the new question by itself.
 */
export const openPrompt = (): Promise<void> =>
  inOrder(open).catch((error: unknown) => {
    // The badge still shows that something waits.
    // biome-ignore lint/suspicious/noConsole: nothing else could be done about a window that does not open
    console.error(error)
  })

/** One at a time: several questions at once shall not open a window each. */
const inOrder = createQueue()

async function open(): Promise<void> {
  if (await isOpen()) return
  const front = await browser.windows.getLastFocused({ windowTypes: ['normal'] }).catch(() => null)
  if (front?.focused && front.id !== undefined) {
    const { id: windowId } = front
    const opened = await Promise.race([
      browser.action.openPopup({ windowId }).then(
        () => true,
        // For example while another extension's popup is open.
        () => false,
      ),
      new Promise<boolean>((resolve) => setTimeout(resolve, OPENS_WITHIN_MS, false)),
    ])
    if (opened) return
  }
  await browser.windows.create({ url: APPROVAL_PAGE, type: 'popup', width: 400, height: 640, focused: true })
}

async function isOpen(): Promise<boolean> {
  const documentUrl = browser.runtime.getURL(APPROVAL_PAGE)
  const contexts = await browser.runtime.getContexts({ contextTypes: ['POPUP', 'TAB'] })
  return contexts.some((context) => context.documentUrl?.startsWith(documentUrl))
}
