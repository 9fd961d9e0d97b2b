import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Button } from './Button'

export function CopyButton({ text }: { text: string }) {
  const { t } = useTranslation()
  const [copied, setCopied] = useState(false)
  return (
    <>
      <Button
        onClick={async () => {
          await navigator.clipboard.writeText(text)
          setCopied(true)
        }}
        onBlur={() => setCopied(false)}
      >
        {t(copied ? 'common.copied' : 'common.copy')}
      </Button>
      <span role="status" className="sr-only">
        {copied && t('common.copied')}
      </span>
    </>
  )
}
