import { onTestFinished } from 'vitest'

/** From now on the database's writes fail in this way, until the test ends or says so. */
export function failWrites(name: 'QuotaExceededError' | 'UnknownError' | 'AbortError'): { mend: () => void } {
  const { put, add } = IDBObjectStore.prototype
  const fail: typeof put = function (this: IDBObjectStore) {
    if (name === 'AbortError') this.transaction.abort()
    throw new DOMException('The disk says no.', name)
  }
  IDBObjectStore.prototype.put = fail
  IDBObjectStore.prototype.add = fail
  const mend = () => {
    IDBObjectStore.prototype.put = put
    IDBObjectStore.prototype.add = add
  }
  onTestFinished(mend)
  return { mend }
}

/** Opens a database without the ledger, and closes it when the test ends. */
export async function rawDatabase(name: string, version?: number): Promise<IDBDatabase> {
  const db = await done(indexedDB.open(name, version))
  onTestFinished(() => db.close())
  return db
}

export const done = <T>(request: IDBRequest<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })
