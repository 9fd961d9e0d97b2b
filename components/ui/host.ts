/** What people call a site: its host. Rules name sites by origin, or whole domains by their bare name. */
export const hostOf = (site: string): string => URL.parse(site)?.host ?? site
