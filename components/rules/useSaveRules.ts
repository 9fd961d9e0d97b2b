import { useMutation } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { useToast } from '@/components/ui/Toast'

/** Sends a change of the rules, and says so when it is done. */
export function useSaveRules(saidAfterwards: 'common.saved' | 'rules.removed') {
  const { t } = useTranslation()
  const toast = useToast()
  return useMutation({
    mutationFn: (change: () => Promise<void>) => change(),
    onSuccess: () => toast(t(saidAfterwards)),
  })
}
