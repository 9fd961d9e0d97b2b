import tailwindcss from '@tailwindcss/vite'
import { defineConfig } from 'wxt'

/** Where a payment can be asked for: every https site, and plain http on this computer only (docs/permissions.md). */
const HOSTS = ['https://*/*', 'http://localhost/*', 'http://*.localhost/*', 'http://127.0.0.1/*', 'http://[::1]/*']

export default defineConfig({
  modules: ['@wxt-dev/module-react'],
  imports: false,
  manifestVersion: 3,
  manifest: {
    name: 'Tuppence',
    description: 'Pays sites that answer 402 Payment Required, within the limits you set, and shows you every payment.',
    minimum_chrome_version: '127',
    permissions: [
      'alarms',
      'declarativeNetRequestWithHostAccess',
      'scripting',
      'storage',
      'webNavigation',
      'webRequest',
    ],
    host_permissions: HOSTS,
    action: {},
  },
  vite: () => ({ plugins: [tailwindcss()] }),
})
