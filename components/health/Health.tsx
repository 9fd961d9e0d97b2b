import { lazy, Suspense } from 'react'
import { useHealth } from '@/components/shell/queries'

/** Hardly ever needed, and every screen would be slower for it. */
const TroubleNotice = lazy(() => import('./TroubleNotice'))

/** What is wrong with the books or the rules, on top of every screen. Nothing while all is well. */
export function Health() {
  const { data: troubles = [] } = useHealth()
  if (troubles.length === 0) return null
  return (
    <Suspense>
      {troubles.map((trouble) => (
        <TroubleNotice key={trouble} trouble={trouble} />
      ))}
    </Suspense>
  )
}
