import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { send } from '@/lib/messaging/messaging'
import type { PaymentView } from '@/lib/messaging/schema'

/* What the screens know, each asked of the background by one message. */

/** People top up and withdraw now and then: these are years. */
const MOST_TRANSFERS = 500
/** As many are shown. */
const MOST_OPENINGS = 20

export const useWallet = () => useQuery({ queryKey: ['wallet'], queryFn: () => send('wallet.get') })

export const useBalances = () =>
  useQuery({ queryKey: ['balances'], queryFn: () => send('wallet.balances', { fresh: false }) })

/** What is in the accounts that one site has to itself. */
export const useSiteBalances = (site: string) =>
  useQuery({ queryKey: ['balances', site], queryFn: () => send('wallet.balances', { fresh: false, site }) })

export const useMetaMask = () => useQuery({ queryKey: ['metamask'], queryFn: () => send('metamask.get') })

export const useSignatureAgent = () =>
  useQuery({ queryKey: ['signatureAgent'], queryFn: () => send('signatureAgent.get') })

/** What is on one network at this moment, looked at again and again while it is on show. */
export const useBalancesNow = (network: string, { everyMs }: { everyMs: number | false }) =>
  useQuery({
    queryKey: ['balances', network],
    queryFn: () => send('wallet.balances', { fresh: true, network }),
    refetchInterval: everyMs,
  })

/** The user's own, newest first. */
export const useTransfers = () =>
  useQuery({ queryKey: ['transfers'], queryFn: () => send('transfers.list', { limit: MOST_TRANSFERS }) })

/** What was opened free, since it was bought before, newest first. */
export const useOpenings = () =>
  useQuery({ queryKey: ['openings'], queryFn: () => send('openings.list', { limit: MOST_OPENINGS }) })

/** Newest first. */
export const usePrepaidTabs = () => useQuery({ queryKey: ['tabs'], queryFn: () => send('tabs.list') })

export const useRules = () => useQuery({ queryKey: ['rules'], queryFn: () => send('rules.get') })

export const useNetworks = () => useQuery({ queryKey: ['networks'], queryFn: () => send('networks.get') })

export const useApprovals = () => useQuery({ queryKey: ['approvals'], queryFn: () => send('approvals.list') })

export const useTab = (tabId: number) =>
  useQuery({ queryKey: ['tab', tabId], queryFn: () => send('tab.get', { tabId }) })

/** What a page has left unpaid changes without the background hearing of it: looked at again while some of it is on show. */
export const useParts = (tabId: number) =>
  useQuery({
    queryKey: ['parts', tabId],
    queryFn: () => send('parts.list', { tabId }),
    refetchInterval: ({ state }) => (state.data?.length ? 1_000 : false),
  })

export const useSpending = () => useQuery({ queryKey: ['spending'], queryFn: () => send('spending.get') })

export const useHealth = () => useQuery({ queryKey: ['health'], queryFn: () => send('health.get') })

export const useLastPayments = (limit: number) =>
  useQuery({ queryKey: ['payments', limit], queryFn: () => send('payments.list', { limit }) })

const PAGE_SIZE = 50

export const usePayments = () =>
  useInfiniteQuery({
    queryKey: ['payments'],
    queryFn: ({ pageParam: after }) => send('payments.list', { limit: PAGE_SIZE, ...(after && { after }) }),
    initialPageParam: null as Pick<PaymentView, 'createdAt' | 'id'> | null,
    getNextPageParam: (page) => (page.length === PAGE_SIZE ? page.at(-1) : undefined),
    select: ({ pages }) => pages.flat(),
  })
