import { Cancel, Content, Description, Overlay, Portal, Root, Title } from 'radix-ui/alert-dialog'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { Button } from './Button'

interface Props {
  title: string
  text: string
  /** What is done, as its button says. */
  action: string
  busy: boolean
  onConfirm: () => void
  onClose: () => void
  children?: ReactNode
}

/** Asks before something that cannot be taken back. It is open as long as it is there. */
export function Confirm({ title, text, action, busy, onConfirm, onClose, children }: Props) {
  const { t } = useTranslation()
  return (
    <Root open onOpenChange={(open) => open || onClose()}>
      <Portal>
        <Overlay className="fixed inset-0 bg-shade" />
        <Content className="fixed inset-x-0 top-1/2 mx-auto grid max-h-[90dvh] w-[min(28rem,calc(100%-2rem))] -translate-y-1/2 gap-4 overflow-y-auto rounded-2xl border border-line bg-paper p-5 shadow-xl">
          <div className="grid gap-1">
            <Title className="font-semibold text-lg">{title}</Title>
            <Description className="text-soft">{text}</Description>
          </div>
          {children}
          <div className="flex flex-wrap justify-end gap-2">
            <Cancel asChild>
              <Button>{t('common.cancel')}</Button>
            </Cancel>
            <Button look="primary" busy={busy} onClick={onConfirm}>
              {action}
            </Button>
          </div>
        </Content>
      </Portal>
    </Root>
  )
}
