import { Controller, useForm } from 'react-hook-form'
import { useTranslation } from 'react-i18next'
import { Button } from '@/components/ui/Button'
import { Dialog } from '@/components/ui/Dialog'
import { hostOf } from '@/components/ui/host'
import { Notice } from '@/components/ui/Notice'
import { RadioGroup } from '@/components/ui/RadioGroup'
import { Switch } from '@/components/ui/Switch'
import { useDomain } from '@/components/ui/useDomain'
import { errorSentence } from '@/lib/i18n/sentences'
import { send } from '@/lib/messaging/messaging'
import type { Rules } from '@/lib/policy/rules'
import { AutoFields } from './AutoFields'
import { canBeKey, readSite } from './read-site'
import { SiteField } from './SiteField'
import { fromValues, toValues, type Values } from './site-rule-form'
import { useSaveRules } from './useSaveRules'

interface Props {
  /** The site or domain whose rule is changed; null to add one. */
  site: string | null
  rules: Rules
  onClose: () => void
}

/** Changes the rule of one site, or adds one. */
export function SiteRuleDialog({ site, rules, onClose }: Props) {
  const { t } = useTranslation()
  const save = useSaveRules('common.saved')
  const rule = site === null ? undefined : rules.sites[site]
  const form = useForm<Values>({ defaultValues: toValues(rule, rules) })
  const [mode, typed] = form.watch(['mode', 'site'])

  const read = readSite(typed)
  const registered = useDomain(read instanceof URL ? read.hostname : null)
  const domain = registered !== null && canBeKey(registered) ? registered : null
  const keyOf = ({ origin }: URL, reach: Values['reach']) => (reach === 'domain' && domain !== null ? domain : origin)

  const validate = (text: string, { reach }: Values): true | string => {
    const url = readSite(text)
    if (!(url instanceof URL)) return t(`rules.${url}`)
    return !Object.hasOwn(rules.sites, keyOf(url, reach)) || t('rules.siteHasRule')
  }

  const submit = form.handleSubmit((values) => {
    const key = site ?? (read instanceof URL ? keyOf(read, values.reach) : null)
    if (key !== null)
      save.mutate(() => send('rules.setSite', { site: key, rule: fromValues(values, rule) }), { onSuccess: onClose })
  })

  return (
    <Dialog
      title={site === null ? t('rules.addSite') : hostOf(site)}
      description={t(site !== null && hostOf(site) === site ? 'rules.domainDialog' : 'rules.siteDialog')}
      onClose={onClose}
    >
      <form noValidate className="grid gap-4" onSubmit={submit}>
        {site === null && <SiteField form={form} domain={domain} validate={validate} />}
        <Controller
          control={form.control}
          name="mode"
          render={({ field: { value, onChange } }) => (
            <RadioGroup<Values['mode']>
              label={t('rules.mode')}
              value={value}
              onChange={onChange}
              options={[
                { value: 'auto', label: t('rules.modeAuto') },
                { value: 'ask', label: t('rules.modeAsk') },
                { value: 'block', label: t('rules.modeBlock') },
              ]}
            />
          )}
        />
        {mode === 'auto' && (
          <AutoFields
            form={form}
            general={rules}
            until={rule?.mode === 'auto' && typeof rule.lasts === 'object' ? rule.lasts.until : null}
          />
        )}
        {mode !== 'block' && (
          <Controller
            control={form.control}
            name="signIn"
            render={({ field: { value, onChange } }) => (
              <Switch label={t('rules.signIn')} hint={t('rules.signInText')} checked={value} onChange={onChange} />
            )}
          />
        )}
        {save.error && <Notice tone="danger">{errorSentence(t, save.error)}</Notice>}
        <Button type="submit" look="primary" className="justify-self-start" busy={save.isPending}>
          {t('common.save')}
        </Button>
      </form>
    </Dialog>
  )
}
