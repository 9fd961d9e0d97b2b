import { useEffect } from 'react'
import { useTranslation } from 'react-i18next'
import { Button } from '@/components/ui/Button'
import { EmptyState } from '@/components/ui/EmptyState'
import { Notice } from '@/components/ui/Notice'
import { TuppenceError } from '@/lib/errors'
import { errorSentence } from '@/lib/i18n/sentences'
import type { ApprovalView, WalletView } from '@/lib/messaging/schema'
import { AnswerForm } from './AnswerForm'
import { ApprovalCard } from './ApprovalCard'
import { TimeLeft } from './TimeLeft'
import { useQueue } from './useQueue'

interface Props {
  /** What waits, oldest first. */
  waiting: readonly ApprovalView[]
  /** Which one the window was opened for. */
  wanted: string | null
  wallet: WalletView['state']
}

/** The waiting payment at hand, or what became of it. */
export function ApprovalQueue({ waiting, wanted, wallet }: Props) {
  const { t } = useTranslation()
  const queue = useQueue(waiting, wanted)
  const { current, isWaiting, pending, error } = queue

  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== 'Escape') return
      event.preventDefault()
      if (isWaiting) queue.answer({ answer: 'decline', remember: false })
      else if (pending === null) window.close()
    }
    document.addEventListener('keydown', onKey)
    return () => document.removeEventListener('keydown', onKey)
  })

  if (!current)
    return (
      <EmptyState
        alone
        title={t(queue.isDone ? 'approval.done' : 'approval.nothingWaits')}
        text={t(queue.isDone ? 'approval.doneText' : 'approval.nothingWaitsText')}
      >
        <Button onClick={() => window.close()}>{t('common.close')}</Button>
      </EmptyState>
    )

  const goOn = (
    <Button onClick={() => queue.leave(current.id)}>{t(queue.isLast ? 'common.close' : 'approval.next')}</Button>
  )
  // The window in which it was tried may have been closed meanwhile.
  const known = waiting.find(({ id }) => id === current.id)?.trouble
  const last = error ?? (known && new TuppenceError(known.code, known.values))
  const trouble = last && pending === null && (
    <Notice tone="danger" title={t('approval.failed')}>
      <p>{errorSentence(t, last)}</p>
    </Notice>
  )
  const state = current.signer === 'metamask' ? 'unlocked' : wallet
  if (queue.expired)
    return (
      <EmptyState alone title={t('approval.expired')} text={t('approval.expiredText')}>
        {goOn}
      </EmptyState>
    )
  if (error && !isWaiting)
    return (
      <>
        <h1 className="sr-only">{t('approval.title')}</h1>
        {trouble}
        {goOn}
      </>
    )
  return (
    <>
      <div className="absolute end-4 top-4.5 flex gap-3">
        <TimeLeft key={current.id} until={current.expiresAt} onEnd={queue.expire} />
        {queue.count > 1 && (
          <p className="text-soft text-xs">
            {t('approval.position', { position: queue.position, count: queue.count })}
          </p>
        )}
      </div>
      {trouble}
      <ApprovalCard approval={current} focus={state !== 'locked'} />
      <AnswerForm key={current.id} approval={current} wallet={state} pending={pending} onAnswer={queue.answer} />
    </>
  )
}
