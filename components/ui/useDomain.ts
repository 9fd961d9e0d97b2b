import { useEffect, useState } from 'react'

/**
 * The domain that somebody registered a host under ("shop.example" of "www.shop.example"). Null where there is none, as for
 * an address of numbers, and for a moment at first: the list of public suffixes is large and is loaded when it is needed.
 */
export function useDomain(hostname: string | null): string | null {
  const [found, setFound] = useState<{ hostname: string; domain: string | null } | null>(null)

  useEffect(() => {
    if (hostname === null) return
    let current = true
    void import('tldts').then(({ getDomain }) => {
      if (current) setFound({ hostname, domain: getDomain(hostname, { allowPrivateDomains: true }) })
    })
    return () => {
      current = false
    }
  }, [hostname])

  return found?.hostname === hostname ? (found?.domain ?? null) : null
}
