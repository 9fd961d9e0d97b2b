import { useSyncExternalStore } from 'react'

export const ROUTES = ['overview', 'payments', 'rules', 'wallets', 'settings'] as const
/** Parts of one of them, reached from there. */
export const SUBROUTES = ['wallets/top-up', 'wallets/withdraw', 'wallets/sites', 'wallets/signature-agent'] as const
export type Route = (typeof ROUTES)[number] | (typeof SUBROUTES)[number]

/** Which part of the dashboard the address names: `#/payments`, `#/wallets/top-up`. The first one if it names none. */
export function useRoute(): Route {
  const name = useSyncExternalStore(subscribe, () => location.hash.slice(2))
  return [...ROUTES, ...SUBROUTES].find((route) => route === name) ?? ROUTES[0]
}

function subscribe(listener: () => void) {
  window.addEventListener('hashchange', listener)
  return () => window.removeEventListener('hashchange', listener)
}
