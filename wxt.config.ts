import { fileURLToPath } from 'node:url'
import tailwindcss from '@tailwindcss/vite'
import { defineConfig } from 'wxt'

const PASSWORDER = '/@metamask/browser-passworder/'

/** Where a payment can be asked for: every https site, and plain http on this computer only (docs/permissions.md). */
const HOSTS = ['https://*/*', 'http://localhost/*', 'http://*.localhost/*', 'http://127.0.0.1/*', 'http://[::1]/*']

/**
 * The vault's encryption library is written for Node: it wants a `Buffer`, and takes two three-line functions from a package
 * that brings lodash, semver and more with it, 190 KB that every start of the background would parse. It gets the one, and
 * only the file of the other that it uses.
 */
const passworderForBrowsers = {
  name: 'passworder-for-browsers',
  enforce: 'pre' as const,
  resolveId(source: string, importer?: string) {
    return source === '@metamask/utils' && importer?.includes(PASSWORDER)
      ? fileURLToPath(new URL('node_modules/@metamask/utils/dist/misc.cjs', import.meta.url))
      : null
  },
  transform(code: string, id: string) {
    return id.includes(PASSWORDER) ? `const { Buffer } = require("buffer/");${code}` : null
  },
}

/**
 * The x402 SDK can open chain connections of its own, for schemes that we do not use. Who is asked about the chain is the
 * user's choice (lib/chain): the SDK gets no such client, which also keeps viem's whole set of actions out of the background.
 */
const sdkWithoutConnections = {
  name: 'sdk-without-connections',
  transform(code: string, id: string) {
    const clientImport = 'import { createPublicClient, http } from "viem";'
    return id.includes('/@x402/evm/') && code.includes(clientImport)
      ? code.replace(
          clientImport,
          'const http = () => {}, createPublicClient = () => { throw new Error("not connected") };',
        )
      : null
  },
}

export default defineConfig({
  modules: ['@wxt-dev/module-react'],
  imports: false,
  manifestVersion: 3,
  manifest: {
    name: 'Tuppence',
    description: 'Pays sites that answer 402 Payment Required, within the limits you set, and shows you every payment.',
    minimum_chrome_version: '127',
    permissions: ['alarms', 'declarativeNetRequestWithHostAccess', 'storage', 'webNavigation', 'webRequest'],
    host_permissions: HOSTS,
    action: {},
    options_ui: { page: 'dashboard.html', open_in_tab: true },
  },
  vite: () => ({ plugins: [tailwindcss(), passworderForBrowsers, sdkWithoutConnections] }),
})
