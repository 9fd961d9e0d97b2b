import { MutationCache, QueryClient } from '@tanstack/react-query'
import { TuppenceError } from '@/lib/errors'

/** Messages to the background are no network requests: they go out offline too, and a clear "no" is not asked again. */
export const queryClient: QueryClient = new QueryClient({
  defaultOptions: {
    queries: {
      networkMode: 'always',
      // The worker may be stopped in mid-sentence; the next message starts it again.
      retry: (failures, error) => failures === 0 && !(error instanceof TuppenceError),
      retryDelay: 100,
    },
    // What a mutation was given may be a password, what it gave the words of a wallet: neither is kept.
    mutations: { networkMode: 'always', gcTime: 0 },
  },
  mutationCache: new MutationCache({
    onSuccess: () => {
      void queryClient.invalidateQueries()
    },
  }),
})
