import { browser } from 'wxt/browser'

/* The ways from one of the extension's pages to another: in a tab of its own, if not said otherwise. */

export const openWelcome = () => open('/welcome.html')
export const openDashboard = () => browser.runtime.openOptionsPage()
/** In the window that is open already. */
export const openApproval = () => location.assign('/approval.html')
export const openSettings = () => open('/dashboard.html#/settings')
export const openRules = () => open('/dashboard.html#/rules')

/** `getURL` knows the pages by name, but not with a place inside them. */
const open = (path: '/welcome.html' | `/dashboard.html#/${string}`) =>
  browser.tabs.create({ url: browser.runtime.getURL('/') + path.slice(1) })
