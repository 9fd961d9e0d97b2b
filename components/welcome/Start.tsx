import { useTranslation } from 'react-i18next'
import { openDashboard } from '@/components/shell/pages'
import { useWallet } from '@/components/shell/queries'
import { Button } from '@/components/ui/Button'
import { Loaded } from '@/components/ui/Loaded'
import { Heading } from './Heading'

interface Props {
  onCreate: () => void
  onImport: () => void
}

/** What it does, and the two ways to begin. */
export function Start({ onCreate, onImport }: Props) {
  const { t } = useTranslation()
  const wallet = useWallet()
  return (
    <Loaded query={wallet}>
      {({ state }) =>
        state === 'missing' ? (
          <>
            <Heading title={t('welcome.heading')} />
            <ul className="grid gap-2">
              {(['reads', 'limits', 'record', 'yours'] as const).map((line) => (
                <li key={line} className="flex gap-3 before:text-accent before:content-['✓']">
                  {t(`welcome.what.${line}`)}
                </li>
              ))}
            </ul>
            <div className="flex flex-wrap gap-3">
              <Button look="primary" onClick={onCreate}>
                {t('welcome.create')}
              </Button>
              <Button onClick={onImport}>{t('welcome.import')}</Button>
            </div>
          </>
        ) : (
          <>
            <Heading title={t('welcome.exists')} text={t('welcome.existsText')} />
            <Button look="primary" className="justify-self-start" onClick={openDashboard}>
              {t('common.openDashboard')}
            </Button>
          </>
        )
      }
    </Loaded>
  )
}
