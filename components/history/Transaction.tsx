import { useTranslation } from 'react-i18next'
import { findChain, transactionUrl } from '@/lib/money/networks'

interface Props {
  network: string
  /** As a site reported it. */
  hash: string
}

const HASHES = {
  evm: /^0x[0-9a-fA-F]{64}$/,
  svm: /^[1-9A-HJ-NP-Za-km-z]{64,88}$/,
}

/** A transaction's hash, with the way to look it up. What is no hash gets no link: a site wrote it. */
export function Transaction({ network, hash }: Props) {
  const { t } = useTranslation()
  const known = findChain(network)
  return (
    <>
      <code className="text-xs">{hash}</code>
      {known && HASHES[known.family].test(hash) && (
        <>
          {' '}
          <a
            href={transactionUrl(known, hash)}
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
