import { useSyncExternalStore } from 'react'

export const ROUTES = ['overview', 'payments', 'rules', 'wallets', 'settings'] as const
export type Route = (typeof ROUTES)[number]

/** Which part of the dashboard the address names: `#/payments`. The first one if it names none. */
export function useRoute(): Route {
  const name = useSyncExternalStore(subscribe, () => location.hash.slice(2))
  return ROUTES.find((route) => route === name) ?? ROUTES[0]
}

function subscribe(listener: () => void) {
  window.addEventListener('hashchange', listener)
  return () => window.removeEventListener('hashchange', listener)
}
