import type { UseQueryResult } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { errorSentence } from '@/lib/i18n/sentences'
import { Button } from './Button'
import { Notice } from './Notice'
import { Spinner } from './Spinner'

interface Props<Data> {
  query: Pick<UseQueryResult<Data>, 'data' | 'error' | 'refetch'>
  /** The screen's title, where its heading comes with what is loaded. */
  title?: string
  children: (data: Data) => ReactNode
}

/** Shows what was asked for once it is there; until then that it comes, or why it does not. */
export function Loaded<Data>({ query, title, children }: Props<Data>) {
  const { t } = useTranslation()
  if (query.data !== undefined) return children(query.data)
  return (
    <>
      {title && <h1 className="sr-only">{title}</h1>}
      {query.error ? (
        <Notice tone="danger" title={t('common.failed')}>
          <p>{errorSentence(t, query.error)}</p>
          <Button className="mt-2 justify-self-start" onClick={() => query.refetch()}>
            {t('common.tryAgain')}
          </Button>
        </Notice>
      ) : (
        <p role="status" className="flex items-center gap-2 py-4 text-soft">
          <Spinner />
          {t('common.loading')}
        </p>
      )}
    </>
  )
}
