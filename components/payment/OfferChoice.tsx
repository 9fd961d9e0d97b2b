import { useMutation } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { Notice } from '@/components/ui/Notice'
import { Select } from '@/components/ui/Select'
import { errorSentence } from '@/lib/i18n/sentences'
import { send } from '@/lib/messaging/messaging'
import type { ApprovalView } from '@/lib/messaging/schema'
import { findAsset, formatAmount } from '@/lib/money/assets'
import { findNetwork, isOnCredit } from '@/lib/money/networks'

/** What the site would take as well. Another choice is asked about in place of this one. */
export function OfferChoice({ approval }: { approval: ApprovalView }) {
  const { t } = useTranslation()
  const { id, others } = approval
  const choose = useMutation({ mutationFn: (offer: number) => send('approvals.choose', { id, offer }) })
  const options = [approval, ...others]
    .sort((a, b) => a.offer - b.offer)
    .map(({ offer, network, asset: address, units, upTo }) => {
      const asset = findAsset(network, address)
      const price = asset ? formatAmount({ units, asset }) : ''
      const amount = upTo ? t('cost.upTo', { price }) : price
      return {
        value: `${offer}`,
        label: t(isOnCredit({ network }) ? 'billed.amount' : 'wallet.amountOn', {
          amount,
          network: findNetwork(network)?.name ?? network,
        }),
      }
    })
  return (
    <>
      <Select
        label={t('approval.payWith')}
        value={`${choose.isPending ? choose.variables : approval.offer}`}
        groups={[{ label: t('approval.siteTakes'), options }]}
        disabled={choose.isPending}
        onChange={(offer) => choose.mutate(Number(offer))}
      />
      {choose.error && <Notice tone="danger">{errorSentence(t, choose.error)}</Notice>}
    </>
  )
}
