import { useTranslation } from 'react-i18next'
import { openWelcome } from '@/components/shell/pages'
import { Button } from '@/components/ui/Button'
import { Notice } from '@/components/ui/Notice'

export function MissingWallet() {
  const { t } = useTranslation()
  return (
    <Notice title={t('wallet.missing')}>
      <p>{t('wallet.missingText')}</p>
      <Button look="primary" className="mt-2" onClick={openWelcome}>
        {t('wallet.setUp')}
      </Button>
    </Notice>
  )
}
