import { useTranslation } from 'react-i18next'
import { Button } from '@/components/ui/Button'
import type { AccountView } from '@/lib/messaging/schema'
import type { AccountDialog } from './Accounts'
import { Address } from './Address'

interface Props {
  account: AccountView
  onChoose: () => void
  onOpen: (dialog: AccountDialog) => void
}

export function AccountRow({ account: { family, address, name, origin, active }, onChoose, onOpen }: Props) {
  const { t } = useTranslation()
  const actions = [
    ['rename', t('accounts.rename'), t('accounts.renameNamed', { name })],
    ['key', t('accounts.showKey'), t('accounts.showKeyNamed', { name })],
    ['remove', t('accounts.remove'), t('accounts.removeNamed', { name })],
  ] as const
  return (
    <li className="grid gap-2 py-3 first:pt-0 last:pb-0">
      <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2">
        <label className="flex min-w-0 items-center gap-2.5">
          <input
            type="radio"
            name={`account-${family}`}
            className="size-4 shrink-0 accent-accent"
            checked={active}
            onChange={onChoose}
          />
          <span className="min-w-0 break-words font-medium">{name}</span>
          {active && <span className="text-soft text-xs">{t('accounts.pays')}</span>}
          {origin === 'imported' && <span className="text-soft text-xs">{t('accounts.imported')}</span>}
        </label>
        <div className="flex flex-wrap gap-2">
          {actions.map(([dialog, label, named]) => (
            <Button key={dialog} aria-label={named} onClick={() => onOpen(dialog)}>
              {label}
            </Button>
          ))}
        </div>
      </div>
      <Address address={address} />
    </li>
  )
}
