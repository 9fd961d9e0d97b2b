import type { Payment } from '../../lib/ledger/payment.ts'
import type { Tab } from './devtools.ts'

/** What tells rows apart, and what JSON cannot say. */
type Made = 'id' | 'createdAt' | 'request' | 'intent' | 'nonce' | 'scopes' | 'day' | 'units' | 'price'

/** A settled payment that all rows are made after; the rest is filled in where they are made. */
const SETTLED: Omit<Payment, Made> = {
  site: 'http://toll.localhost:8080',
  page: 'http://toll.localhost:8080',
  url: 'http://toll.localhost:8080/answer',
  method: 'GET',
  description: 'An answer',
  reason: null,
  dialect: 'x402-v2',
  rail: 'exact-eip3009',
  network: 'eip155:84532',
  asset: '0x036cbd53842c5426634e7929541ec2318f3dcf7e',
  payTo: '0xE7254f52ee1156807DB5155C8F08A8C871B278dC',
  from: '0x1111111111111111111111111111111111111111',
  decidedBy: 'rules',
  agent: null,
  state: 'settled',
  history: (['reserved', 'signed', 'sent', 'settled'] as const).map((state) => ({ state, at: 1_700_000_000_000 })),
  authorization: {
    method: 'eip3009',
    nonce: `0x${'1'.repeat(64)}`,
    validBefore: 1_700_000_060,
    digest: `0x${'2'.repeat(64)}`,
  },
  // As long as real ones.
  credential: { headers: [{ name: 'PAYMENT-SIGNATURE', value: 'A'.repeat(1_200) }] },
  answer: { status: 200, at: 1_700_000_000_000 },
  receipt: { success: true, transaction: `0x${'3'.repeat(64)}`, errorReason: null },
}

/** Puts so many payments of the past year into the ledger of this page's origin, which must exist already. */
export async function addRows(page: Tab, count: number): Promise<void> {
  await page.call(writeRows, { count, row: SETTLED })
}

/** Runs in the page, with IndexedDB as it is: thousands at a time, which the ledger itself has no use for. */
async function writeRows({ count, row }: { count: number; row: typeof SETTLED }): Promise<void> {
  const database = await new Promise<IDBDatabase>((resolve, reject) => {
    const request = indexedDB.open('ledger')
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })
  const hex = () => Array.from(crypto.getRandomValues(new Uint8Array(32)), (byte) => byte.toString(16).padStart(2, '0'))
  const now = Date.now()
  const yearsMilliseconds = 365 * 86_400_000
  for (let written = 0; written < count; written += 5_000) {
    const transaction = database.transaction('payments', 'readwrite', { durability: 'relaxed' })
    const payments = transaction.objectStore('payments')
    for (let index = written; index < Math.min(count, written + 5_000); index++) {
      const createdAt = now - Math.round(((count - index) / count) * yearsMilliseconds)
      const [request, intent, nonce] = [hex().join(''), hex().join(''), hex().join('')]
      payments.add({
        ...row,
        id: crypto.randomUUID(),
        createdAt,
        request,
        intent,
        nonce: `0x${nonce}`,
        scopes: [],
        day: '2026-01-01',
        units: 1_000n,
        price: 1_000n,
      })
    }
    await new Promise((resolve, reject) => {
      transaction.oncomplete = resolve
      transaction.onabort = () => reject(transaction.error)
    })
  }
  database.close()
}
