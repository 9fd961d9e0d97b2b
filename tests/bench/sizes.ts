import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { atMost } from './figure.ts'
import type { Part } from './part.ts'

const SCRIPTS = [
  { name: 'size.provider', file: 'content-scripts/provider.js', budget: 3 },
  { name: 'size.relay', file: 'content-scripts/relay.js', budget: 2 },
  { name: 'size.background', file: 'background.js', budget: 200 },
]

/** How large the scripts are that every page, or every start of the background, has to parse. */
export const sizes: Part = {
  names: SCRIPTS.map(({ name }) => name),
  async measure({ extensionDir }) {
    return SCRIPTS.map(({ name, file, budget }) => {
      const script = readFileSync(join(extensionDir, file))
      const zipped = gzipSync(script, { level: 9 }).length / 1000
      return atMost(budget, name, 'KB gzip', zipped, { unzipped: `${script.length / 1000} KB` })
    })
  },
}
