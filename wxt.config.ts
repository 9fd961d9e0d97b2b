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

/** What those streams and the provider bring along for uses that are not ours: text, async loops, names of other builds. */
const UNUSED: ReadonlyMap<string, string> = new Map([
  ['string_decoder/', 'module.exports = {}'],
  ['./internal/streams/async_iterator', 'module.exports = null'],
  ['detect-browser', 'export const detect = () => null'],
])

const STREAMS = /\/node_modules\/(readable-stream|extension-port-stream)\//

/**
 * MetaMask's provider speaks through Node's streams. They get as much of Node as they use: its `events` (lib/wallet/shims), the
 * next tick of its `process`, and the `Buffer` that is there for the vault.
 */
const streamsForBrowsers = {
  name: 'streams-for-browsers',
  enforce: 'pre' as const,
  resolveId(source: string) {
    if (UNUSED.has(source)) return `\0unused:${source}`
    return source === 'events' ? fileURLToPath(new URL('lib/wallet/shims/events.ts', import.meta.url)) : null
  },
  load: (id: string) => UNUSED.get(id.replace('\0unused:', '')) ?? null,
  transform(code: string, id: string) {
    if (!STREAMS.test(id)) return null
    const node = [
      code.includes('process.') && 'var process = { nextTick: (run, ...args) => queueMicrotask(() => run(...args)) };',
      /\bBuffer\./.test(code) && !/\bBuffer = /.test(code) && 'var { Buffer } = require("buffer/");',
    ]
    return `${node.filter(Boolean).join('')}${code}`
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

/**
 * Their packages do not say so, but the x402 SDK's modules do nothing when they are loaded: what is not used of them is left out,
 * above all the chain clients beside the one table of tokens that the screens need.
 */
const treeshake = { moduleSideEffects: (id: string) => !/\/@x402\//.test(id) }

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
    options_ui: { page: 'dashboard.html', open_in_tab: true },
  },
  vite: () => ({
    build: { rollupOptions: { treeshake } },
    plugins: [tailwindcss(), passworderForBrowsers, streamsForBrowsers, sdkWithoutConnections],
  }),
})
