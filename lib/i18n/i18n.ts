import { createInstance } from 'i18next'
import { en } from './en'

declare module 'i18next' {
  interface CustomTypeOptions {
    defaultNS: 'translation'
    resources: { translation: typeof en }
    contextSeparator: '@'
  }
}

/** The strings in the user's language, ready at once: they come with the extension. React gets them by its provider. */
export const i18n = createInstance()

void i18n.init({
  lng: 'en',
  fallbackLng: 'en',
  resources: { en: { translation: en } },
  initAsync: false,
  // Codes such as `wallet_locked` are keys as they stand, not `wallet` in the context `locked`.
  contextSeparator: '@',
  // React and the browser's own titles take plain text; escaping it would show entities.
  interpolation: { escapeValue: false },
})
