import { useTranslation } from 'react-i18next'
import { findNetwork } from '@/lib/money/networks'

interface Props {
  network: string
  /** As a site reported it. */
  hash: string
}

const EVM_HASH = /^0x[0-9a-fA-F]{64}$/

/** A transaction's hash, with the way to look it up. What is no hash gets no link: a site wrote it. */
export function Transaction({ network, hash }: Props) {
  const { t } = useTranslation()
  const explorer = findNetwork(network)?.explorer
  return (
    <>
      <code className="text-xs">{hash}</code>
      {explorer && EVM_HASH.test(hash) && (
        <>
          {' '}
          <a
            href={explorer + hash}
            target="_blank"
            rel="noreferrer"
            className="whitespace-nowrap text-accent underline"
          >
            {t('payments.explorer')}
          </a>
        </>
      )}
    </>
  )
}
