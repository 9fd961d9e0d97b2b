import type { PaymentView } from '@/lib/messaging/schema'
import { amountToString, findAsset } from '@/lib/money/assets'
import { findNetwork } from '@/lib/money/networks'
import { usdToString } from '@/lib/money/usd'

type Cell = string | number | null

const assetOf = ({ network, asset }: PaymentView) => findAsset(network, asset)
const unitsOf = ({ units, charged }: PaymentView) => charged?.units ?? units
const time = (at: number) => new Date(at).toISOString()

/** The columns of an exported history, in order. Amounts are decimal strings, times ISO 8601 in UTC. */
export const COLUMNS = {
  createdAt: ({ createdAt }) => time(createdAt),
  state: ({ state }) => state,
  /** When it came into that state. */
  stateSince: ({ history, createdAt }) => time(history.at(-1)?.at ?? createdAt),
  site: ({ site }) => site,
  /** The origin of the page that asked. */
  page: ({ page }) => page,
  method: ({ method }) => method,
  url: ({ url }) => url,
  description: ({ description }) => description,
  reason: ({ reason }) => reason,
  /** What it has cost, or may cost. */
  dollars: ({ price, charged }) => usdToString(charged?.price ?? price),
  /** The most that could be taken, where that is not the price itself. */
  atMostDollars: ({ price, upTo }) => (upTo ? usdToString(price) : null),
  /** In the token, as people write it: "0.05". Null for one whose decimals are not known. */
  amount: (payment) => {
    const asset = assetOf(payment)
    return asset && amountToString({ units: unitsOf(payment), asset })
  },
  /** The same in the token's smallest units. */
  units: (payment) => unitsOf(payment).toString(),
  atMostUnits: ({ units, upTo }) => (upTo ? units.toString() : null),
  token: (payment) => assetOf(payment)?.symbol ?? null,
  asset: ({ asset }) => asset,
  network: ({ network }) => network,
  networkName: ({ network }) => findNetwork(network)?.name ?? null,
  payTo: ({ payTo }) => payTo,
  from: ({ from }) => from,
  nonce: ({ nonce }) => nonce,
  transaction: ({ transaction }) => transaction,
  decidedBy: ({ decidedBy }) => decidedBy,
  agent: ({ agent }) => agent,
  /** 0 when the connection failed, null while there is no answer. */
  answerStatus: ({ answerStatus }) => answerStatus,
  errorReason: ({ errorReason }) => errorReason,
  disagreement: ({ disagreement }) => disagreement,
  id: ({ id }) => id,
} as const satisfies Record<string, (payment: PaymentView) => Cell>

/** One payment's cells, with the names of their columns. */
export const cellsOf = (payment: PaymentView): [name: string, cell: Cell][] =>
  Object.entries(COLUMNS).map(([name, read]) => [name, read(payment)])
