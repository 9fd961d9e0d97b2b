import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ConfirmWords } from '@/components/wallet/ConfirmWords'
import { WordList } from '@/components/wallet/WordList'
import { Heading } from './Heading'

interface Props {
  words: string
  onDone: () => void
}

/** The new wallet's words: shown, and then asked for. */
export function Words({ words, onDone }: Props) {
  const { t } = useTranslation()
  const [written, setWritten] = useState(false)
  return written ? (
    <>
      <Heading key="confirm" title={t('backup.confirmTitle')} text={t('backup.confirmText')} />
      <ConfirmWords
        count={words.split(' ').length}
        onConfirmed={onDone}
        onBack={() => setWritten(false)}
        onSkip={onDone}
      />
    </>
  ) : (
    <>
      <Heading key="words" title={t('backup.title')} text={t('backup.text')} />
      <WordList words={words} onWritten={() => setWritten(true)} />
    </>
  )
}
