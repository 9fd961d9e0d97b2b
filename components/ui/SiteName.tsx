import { useEffect, useState } from 'react'

/**
 * A site's host with its registrable domain in bold: the part that says who it is. The host is there at once; the list of
 * public suffixes is large, so the bold follows a moment later.
 */
export function SiteName({ origin }: { origin: string }) {
  const { hostname, host } = new URL(origin)
  const [domain, setDomain] = useState<string | null>(null)

  useEffect(() => {
    let current = true
    void import('tldts').then(({ getDomain }) => {
      if (current) setDomain(getDomain(hostname, { allowPrivateDomains: true }))
    })
    return () => {
      current = false
    }
  }, [hostname])

  // An address or `localhost` has no registrable domain: all of it says who it is.
  const bold = domain ?? hostname
  const start = hostname.length - bold.length
  return (
    <bdi dir="ltr">
      <span className="font-normal">{host.slice(0, start)}</span>
      <strong>{bold}</strong>
      <span className="font-normal">{host.slice(hostname.length)}</span>
    </bdi>
  )
}
