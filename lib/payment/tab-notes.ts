import { storage } from 'wxt/utils/storage'
import type { Reason } from '@/lib/policy/reasons'
import { createQueue } from '@/lib/queue'

/** What happened last in a tab, for the popup. Plain JSON. */
export interface TabNote {
  /** The page it happened on; the note ends when the tab shows another. */
  readonly url: string
  readonly state: 'waiting' | 'paid' | 'not_paid'
  readonly reasons: readonly Reason[]
  /** Micro-dollars, in decimal; null when no price could be read. */
  readonly price: string | null
  readonly paymentId: string | null
}

const key = (tabId: number) => `session:tab:${tabId}` as const

/** One step at a time: a note must not fall to the clearing of the one before. */
const inOrder = createQueue()

export const getTabNote = (tabId: number): Promise<TabNote | null> => storage.getItem<TabNote>(key(tabId))

export const setTabNote = (tabId: number, note: TabNote): Promise<void> =>
  inOrder(() => storage.setItem(key(tabId), note))

/** Forgets a tab's note unless the tab still shows that page. */
export const leaveTab = (tabId: number, url: string | null): Promise<void> =>
  inOrder(async () => {
    if ((await getTabNote(tabId))?.url !== url) await storage.removeItem(key(tabId))
  })
