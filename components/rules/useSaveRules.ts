import { useMutation } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { useToast } from '@/components/ui/Toast'
import { send } from '@/lib/messaging/messaging'
import type { Rules } from '@/lib/policy/rules'

/** Saves a change to the rules as they are by then: another screen may have changed its own part of them. */
export function useSaveRules(saidAfterwards: 'common.saved' | 'rules.removed') {
  const { t } = useTranslation()
  const toast = useToast()
  return useMutation({
    mutationFn: async (change: (rules: Rules) => Rules) => send('rules.set', change(await send('rules.get'))),
    onSuccess: () => toast(t(saidAfterwards)),
  })
}
