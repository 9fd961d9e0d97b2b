import { copyFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'

const source = fileURLToPath(new URL('extension', import.meta.url))

/** The built stand-in, as Chromium loads it. */
export const STAND_IN_DIR = fileURLToPath(new URL('../../.output/test/metamask', import.meta.url))

/** Builds the stand-in for MetaMask. */
export async function buildStandIn(): Promise<void> {
  await build({
    configFile: false,
    publicDir: false,
    logLevel: 'error',
    build: {
      outDir: STAND_IN_DIR,
      emptyOutDir: true,
      minify: false,
      lib: { entry: `${source}/background.ts`, formats: ['iife'], name: 'standIn', fileName: () => 'background.js' },
    },
  })
  copyFileSync(`${source}/manifest.json`, `${STAND_IN_DIR}/manifest.json`)
}
