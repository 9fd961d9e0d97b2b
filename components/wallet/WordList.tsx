import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Button } from '@/components/ui/Button'
import { CopyButton } from '@/components/ui/CopyButton'

interface Props {
  words: string
  onWritten: () => void
}

/** The wallet's words: out of sight until the user is alone with the screen. */
export function WordList({ words, onWritten }: Props) {
  const { t } = useTranslation()
  const [shown, setShown] = useState(false)
  if (!shown)
    return (
      <div className="grid min-h-40 place-items-center rounded-xl border border-line border-dashed">
        <Button look="primary" onClick={() => setShown(true)}>
          {t('backup.show')}
        </Button>
      </div>
    )
  return (
    <>
      <ol className="grid grid-cols-2 gap-2 rounded-xl border border-line bg-surface p-4 sm:grid-cols-3">
        {words.split(' ').map((word, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a phrase may have a word twice, and never changes
          <li key={index} className="flex gap-2">
            <span className="w-6 text-end text-soft tabular-nums">{index + 1}</span>
            <span className="font-medium font-mono">{word}</span>
          </li>
        ))}
      </ol>
      <div className="flex flex-wrap items-center gap-3 text-soft text-sm">
        <CopyButton text={words} />
        {t('backup.copyText')}
      </div>
      <Button look="primary" className="justify-self-start" onClick={onWritten}>
        {t('backup.written')}
      </Button>
    </>
  )
}
