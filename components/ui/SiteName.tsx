import { useDomain } from './useDomain'

interface Props {
  /** An origin, or a whole domain. */
  site: string
}

/**
 * A site's host with its registrable domain in bold: the part that says who it is. The host is there at once; the bold
 * follows a moment later.
 */
export function SiteName({ site }: Props) {
  const { hostname, host } = URL.parse(site) ?? { hostname: site, host: site }
  // An address or `localhost` has no registrable domain: all of it says who it is.
  const bold = useDomain(hostname) ?? hostname
  const start = hostname.length - bold.length
  return (
    <bdi dir="ltr">
      <span className="font-normal">{host.slice(0, start)}</span>
      <strong>{bold}</strong>
      <span className="font-normal">{host.slice(hostname.length)}</span>
    </bdi>
  )
}
