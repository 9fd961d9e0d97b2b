import { browser } from 'wxt/browser'

/* The ways from one of the extension's pages to another: in a tab of its own, if not said otherwise. */

export const openWelcome = () => open('/welcome.html')
export const openDashboard = () => browser.runtime.openOptionsPage()
/** These two in the window that is open already. */
export const openApproval = () => location.assign('/approval.html')
export const startAnew = () => location.assign('/welcome.html')
export const openSettings = () => open('/dashboard.html#/settings')
export const openTopUp = () => open('/dashboard.html#/wallets/top-up')
export const openSites = () => open('/dashboard.html#/wallets/sites')
export const openSignatureAgent = () => open('/dashboard.html#/wallets/signature-agent')
export const openWithdraw = () => open('/dashboard.html#/wallets/withdraw')
export const openWallets = () => open('/dashboard.html#/wallets')
export const openRules = () => open('/dashboard.html#/rules')

/** `getURL` knows the pages by name, but not with a place inside them. Within the dashboard it is no other page. */
const open = (path: '/welcome.html' | `/dashboard.html#/${string}`) =>
  path.startsWith(`${location.pathname}#`)
    ? location.assign(path)
    : browser.tabs.create({ url: browser.runtime.getURL('/') + path.slice(1) })
