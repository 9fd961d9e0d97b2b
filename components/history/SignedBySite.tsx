import { useMutation, useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { download } from '@/components/shell/download'
import { Button } from '@/components/ui/Button'
import { Facts } from '@/components/ui/Facts'
import { useToast } from '@/components/ui/Toast'
import { evidenceFile } from '@/lib/export/evidence'
import { send } from '@/lib/messaging/messaging'
import type { PaymentView } from '@/lib/messaging/schema'

/** What the site has signed of a payment, what that is worth, and how to keep it. */
export function SignedBySite({ payment }: { payment: PaymentView }) {
  const { t } = useTranslation()
  const toast = useToast()
  const { id, state } = payment
  const { data: evidence } = useQuery({
    queryKey: ['evidence', id, state],
    queryFn: () => send('payments.evidence', { id }),
  })
  const save = useMutation({
    mutationFn: async () => {
      if (evidence) download(`tuppence-evidence-${id}.json`, new Blob([evidenceFile(payment, evidence)]))
    },
    onSuccess: () => toast(t('payments.savedEvidence')),
  })
  if (!evidence) return null
  return (
    <section className="grid gap-2">
      <h3 className="font-semibold">{t('payments.evidence')}</h3>
      <Facts
        facts={[
          [t('payments.signedOffer'), evidence.offer && t(`worth.${evidence.offer.worth}`)],
          [t('payments.signedReceipt'), evidence.receipt && t(`worth.${evidence.receipt.worth}`)],
        ]}
      />
      <p className="text-soft text-xs">{t('payments.saveEvidenceText')}</p>
      <div>
        <Button busy={save.isPending} onClick={() => save.mutate()}>
          {t('payments.saveEvidence')}
        </Button>
      </div>
    </section>
  )
}
