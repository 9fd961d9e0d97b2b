import { useMutation } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { useToast } from '@/components/ui/Toast'
import { send } from '@/lib/messaging/messaging'
import type { GeneralRules, Rules } from '@/lib/policy/rules'

/** Sends a change of the rules, one after another, and says so when it is done. */
export function useSaveRules(saidAfterwards: 'common.saved' | 'rules.removed') {
  const { t } = useTranslation()
  const toast = useToast()
  return useMutation({
    scope: { id: 'rules' },
    mutationFn: (change: () => Promise<void>) => change(),
    onSuccess: () => toast(t(saidAfterwards)),
  })
}

/** Changes some of what holds everywhere. All else stays as it is now, which may be newer than what the screen shows. */
export async function setGeneral(changesOf: (rules: Rules) => Partial<GeneralRules>): Promise<void> {
  const rules = await send('rules.get')
  await send('rules.set', { ...rules, ...changesOf(rules) })
}
