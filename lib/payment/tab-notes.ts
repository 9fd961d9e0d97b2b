import { storage } from 'wxt/utils/storage'
import type { Reason } from '@/lib/policy/reasons'

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

export const getTabNote = (tabId: number): Promise<TabNote | null> => storage.getItem<TabNote>(key(tabId))

export const setTabNote = (tabId: number, note: TabNote): Promise<void> => storage.setItem(key(tabId), note)

/** Forgets a tab's note unless the tab still shows that page. */
export async function leaveTab(tabId: number, url: string | null): Promise<void> {
  if ((await getTabNote(tabId))?.url !== url) await storage.removeItem(key(tabId))
}
