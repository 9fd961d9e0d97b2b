import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Amount } from '@/components/payment/Amount'
import { startAnew } from '@/components/shell/pages'
import { useBalances, usePrepaidTabs } from '@/components/shell/queries'
import { Button } from '@/components/ui/Button'
import { Dialog } from '@/components/ui/Dialog'
import { Loaded } from '@/components/ui/Loaded'
import { Notice } from '@/components/ui/Notice'
import { PasswordField } from '@/components/ui/PasswordField'
import { errorSentence } from '@/lib/i18n/sentences'
import { send } from '@/lib/messaging/messaging'
import type { WalletView } from '@/lib/messaging/schema'

/** Says what is lost, and erases everything for whoever has what the wallet can be made from again. */
export function EraseDialog({ wallet, onClose }: { wallet: WalletView; onClose: () => void }) {
  const { t } = useTranslation()
  const [secret, setSecret] = useState('')
  const unfinished = useQuery({ queryKey: ['unfinished'], queryFn: () => send('payments.unfinished') })
  const erase = useMutation({
    mutationFn: () => send('wallet.erase', { secret }),
    onSuccess: startAnew,
  })
  const hasWords = wallet.accounts.some(({ origin }) => origin === 'words')
  const hasImported = wallet.accounts.some(({ origin }) => origin === 'imported')
  const count = unfinished.data ?? 0
  const tabs = usePrepaidTabs().data?.filter(({ left }) => left > 0n).length ?? 0
  return (
    <Dialog title={t('erase.title')} description={t('erase.text')} onClose={onClose}>
      <form
        noValidate
        className="grid gap-4"
        onSubmit={(event) => {
          event.preventDefault()
          if (secret.trim() !== '') erase.mutate()
        }}
      >
        <Money isAll={wallet.accounts.length === 1} />
        {wallet.sites.length > 0 && <Notice tone="warn">{t('sites.erase')}</Notice>}
        {tabs > 0 && <Notice tone="warn">{t('erase.tabs', { count: tabs })}</Notice>}
        {count > 0 && <Notice tone="warn">{t('erase.unfinished', { count })}</Notice>}
        {hasWords && hasImported && <Notice tone="warn">{t('erase.importedToo')}</Notice>}
        <PasswordField
          label={t(hasWords ? 'erase.words' : hasImported ? 'erase.key' : 'welcome.secret')}
          hint={t('erase.secretText')}
          value={secret}
          onChange={({ target }) => {
            setSecret(target.value)
            erase.reset()
          }}
          error={erase.error ? errorSentence(t, erase.error) : undefined}
        />
        <Button
          type="submit"
          look="primary"
          className="justify-self-end"
          busy={erase.isPending || erase.isSuccess}
          disabled={secret.trim() === ''}
        >
          {t('erase.action')}
        </Button>
      </form>
    </Dialog>
  )
}

/** What is in the account that pays, as far as it is known; whether that is all there is. */
function Money({ isAll }: { isAll: boolean }) {
  const { t } = useTranslation()
  const balances = useBalances()
  return (
    <Loaded query={balances}>
      {(list) => {
        const filled = list.filter(({ units }) => units !== null && units > 0n)
        const isUnsure = list.some(({ units }) => units === null)
        return (
          <div className="grid gap-1">
            <p className="font-medium">{t('erase.money')}</p>
            {filled.map(
              ({ network, asset, units }) =>
                units !== null && (
                  <p key={network + asset}>
                    <Amount network={network} asset={asset} units={units} />
                  </p>
                ),
            )}
            {filled.length === 0 && <p>{t(isUnsure ? 'erase.moneyUnknown' : 'erase.moneyNone')}</p>}
            {(filled.length > 0 || !isUnsure) && (isUnsure || !isAll) && (
              <p className="text-soft">{t('erase.moneyMore')}</p>
            )}
          </div>
        )
      }}
    </Loaded>
  )
}
