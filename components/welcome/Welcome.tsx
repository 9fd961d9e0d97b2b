import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Brand } from '@/components/shell/Brand'
import { useTitle } from '@/components/shell/useTitle'
import { CreateWallet } from './CreateWallet'
import { Done } from './Done'
import { ImportWallet } from './ImportWallet'
import { Start } from './Start'
import { Words } from './Words'

type Step =
  | { readonly name: 'start' | 'create' | 'import' | 'done' }
  | { readonly name: 'words'; readonly words: string }

/** First run: a wallet, and what comes next. The words of a new wallet live here, and only until they are written down. */
export function Welcome() {
  const { t } = useTranslation()
  const [step, setStep] = useState<Step>({ name: 'start' })
  const go = (name: Exclude<Step['name'], 'words'>) => () => setStep({ name })
  useTitle(t('welcome.title'))
  return (
    <main className="mx-auto grid max-w-lg content-start gap-6 px-4 py-12 text-base">
      <Brand />
      {step.name === 'start' && <Start onCreate={go('create')} onImport={go('import')} />}
      {step.name === 'create' && (
        <CreateWallet onBack={go('start')} onCreated={(words) => setStep({ name: 'words', words })} />
      )}
      {step.name === 'words' && <Words words={step.words} onDone={go('done')} />}
      {step.name === 'import' && <ImportWallet onBack={go('start')} onImported={go('done')} />}
      {step.name === 'done' && <Done />}
    </main>
  )
}
