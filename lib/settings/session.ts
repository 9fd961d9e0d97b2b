import { storage } from 'wxt/utils/storage'

/** Session storage is empty when the browser starts, and outlives the background that starts many times in between. */
const begun = storage.defineItem<boolean>('session:begun', { fallback: false })

/** Whether the background starts for the first time since the browser did. */
export const isNewSession = async (): Promise<boolean> => !(await begun.getValue())

/** All that ends with a session has ended. Before this, a start that was cut short begins anew. */
export const beginSession = (): Promise<void> => begun.setValue(true)
