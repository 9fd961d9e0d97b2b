import { Close, Content, Description, Overlay, Portal, Root, Title } from 'radix-ui/dialog'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { Button } from './Button'

interface Props {
  title: string
  description: string
  onClose: () => void
  children: ReactNode
}

/** A window over the screen. It is open as long as it is there. */
export function Dialog({ title, description, onClose, children }: Props) {
  const { t } = useTranslation()
  return (
    <Root open onOpenChange={(open) => open || onClose()}>
      <Portal>
        <Overlay className="fixed inset-0 bg-shade" />
        <Content className="fixed inset-x-0 top-1/2 mx-auto max-h-[90dvh] w-[min(36rem,calc(100%-2rem))] -translate-y-1/2 overflow-y-auto rounded-2xl border border-line bg-paper p-5 shadow-xl">
          <div className="mb-4 flex items-start justify-between gap-4">
            <div>
              <Title className="font-semibold text-lg">{title}</Title>
              <Description className="text-soft">{description}</Description>
            </div>
            <Close asChild>
              <Button look="quiet" className="-me-2 -mt-1">
                {t('common.close')}
              </Button>
            </Close>
          </div>
          {children}
        </Content>
      </Portal>
    </Root>
  )
}
