import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ExportHistory } from '@/components/history/ExportHistory'
import { Button } from '@/components/ui/Button'
import { Confirm } from '@/components/ui/Confirm'
import { Notice } from '@/components/ui/Notice'
import { errorSentence } from '@/lib/i18n/sentences'
import { send } from '@/lib/messaging/messaging'
import type { Trouble } from '@/lib/messaging/schema'

/** What can be done about each, and whether it is asked about first, since something is given up by it. */
const MENDING = {
  ledger_newer: null,
  ledger_unreadable: { action: 'common.tryAgain', confirm: null },
  ledger_full: { action: 'common.tryAgain', confirm: null },
  ledger_lost: { action: 'health.newBooks', confirm: 'health.newBooksConfirm' },
  ledger_unsound: { action: 'health.countAgain', confirm: null },
  clock_ahead: { action: 'health.believeClock', confirm: 'health.believeClockConfirm' },
  rules_newer: { action: 'health.safeRules', confirm: 'health.safeRulesConfirm' },
  rules_unreadable: { action: 'health.safeRules', confirm: 'health.safeRulesConfirm' },
} as const satisfies Record<Trouble, unknown>

/** One trouble: what is wrong, what it means, what can be done. */
export default function TroubleNotice({ trouble }: { trouble: Trouble }) {
  const { t } = useTranslation()
  const [asking, setAsking] = useState(false)
  const mending = MENDING[trouble]
  const mend = useMutation({
    mutationFn: async () => {
      await send('health.mend', { trouble })
      return (await send('health.get')).includes(trouble) ? 'no_use' : 'mended'
    },
    onSettled: () => setAsking(false),
  })
  return (
    <Notice tone="danger" title={t(`trouble.${trouble}.what`)}>
      <p>{t(`trouble.${trouble}.meaning`)}</p>
      <div className="mt-2 flex flex-wrap items-start gap-2">
        {mending && (
          <Button
            look="primary"
            busy={mend.isPending}
            onClick={() => (mending.confirm ? setAsking(true) : mend.mutate())}
          >
            {t(mending.action)}
          </Button>
        )}
        <ExportHistory />
      </div>
      {mend.data === 'no_use' && <p>{t('health.noUse')}</p>}
      {mend.error && <p>{errorSentence(t, mend.error)}</p>}
      {asking && mending?.confirm && (
        <Confirm
          title={t(`${mending.confirm}.title`)}
          text={t(`${mending.confirm}.text`)}
          action={t(mending.action)}
          busy={mend.isPending}
          onConfirm={() => mend.mutate()}
          onClose={() => setAsking(false)}
        />
      )}
    </Notice>
  )
}
