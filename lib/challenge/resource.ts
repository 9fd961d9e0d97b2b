/**
 * Whether a server says that it sells something of another host than the one that was asked. Servers name their resource by an
 * absolute URL or by a path. Behind a proxy they often do not know their own scheme and port: only another host is another
 * site. What is absolute by itself ("https:other.example") is never taken for a path.
 */
export const isForeign = (resource: string, requested: string): boolean =>
  hostnameOf(resource, requested) !== new URL(requested).hostname

const hostnameOf = (url: string, base: string): string | null =>
  (URL.parse(url) ?? URL.parse(url, base))?.hostname ?? null
