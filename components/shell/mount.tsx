import { QueryClientProvider } from '@tanstack/react-query'
import { type ReactNode, StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { I18nextProvider } from 'react-i18next'
import { i18n } from '@/lib/i18n/i18n'
import { onChange } from '@/lib/messaging/messaging'
import { queryClient } from './query-client'

/** Puts a screen on its page, with what every screen needs. The background is the truth: it says when to ask it again. */
export function mount(screen: ReactNode): void {
  const root = document.getElementById('root')
  if (!root) throw new Error('The page has no #root')
  document.documentElement.lang = i18n.language
  document.documentElement.dir = i18n.dir()
  onChange(() => void queryClient.invalidateQueries())
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={queryClient}>
        <I18nextProvider i18n={i18n}>{screen}</I18nextProvider>
      </QueryClientProvider>
    </StrictMode>,
  )
}
