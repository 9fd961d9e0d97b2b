import { fileURLToPath } from 'node:url'
import { build } from 'vite'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** Makes one script for a plain page out of a module in `pages/`, as any site's build would. */
export async function bundle(name: string): Promise<string> {
  const result = await build({
    root,
    configFile: false,
    logLevel: 'error',
    resolve: { alias: { '@': root } },
    define: { 'process.env.NODE_ENV': '"production"' },
    build: {
      write: false,
      target: 'esnext',
      lib: { entry: fileURLToPath(new URL(`./pages/${name}.ts`, import.meta.url)), formats: ['iife'], name: 'bench' },
    },
  })
  const [output] = Array.isArray(result) ? result : [result]
  const chunk = output && 'output' in output ? output.output[0] : undefined
  if (!chunk) throw new Error(`${name} was not bundled.`)
  return chunk.code
}
