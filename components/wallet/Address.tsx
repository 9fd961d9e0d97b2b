import { CopyButton } from '@/components/ui/CopyButton'

/** The account's address, whole: a shortened one can be forged. */
export function Address({ address }: { address: string }) {
  return (
    <div className="flex flex-wrap items-center gap-3">
      <code className="min-w-0 flex-1 rounded-lg bg-sunken px-3 py-2 text-sm">{address}</code>
      <CopyButton text={address} />
    </div>
  )
}
