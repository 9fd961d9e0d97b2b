import { useEffect, useRef, useState } from 'react'
import { useBalancesNow } from '@/components/shell/queries'
import type { Asset } from '@/lib/money/assets'

/** Money that somebody waits for is looked for this often, in milliseconds. */
const EVERY_MS = 4_000

/** What has arrived of a token since it is looked for. `asked` is false where nobody can be asked, and null while that is not known. */
export function useArrival({ network, address }: Asset): { received: bigint; asked: boolean | null } {
  const { data } = useBalancesNow(network, { everyMs: EVERY_MS })
  const balance = data?.find(({ asset }) => asset === address)
  const units = balance?.units ?? null
  const before = useRef<bigint | null>(null)
  const [received, setReceived] = useState(0n)

  useEffect(() => {
    if (units === null) return
    const more = before.current === null ? 0n : units - before.current
    before.current = units
    if (more > 0n) setReceived((sum) => sum + more)
  }, [units])

  return { received, asked: balance ? balance.status !== 'no_rpc' : null }
}
