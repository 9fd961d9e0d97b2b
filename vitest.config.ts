import { defineConfig } from 'vitest/config'
import { WxtVitest } from 'wxt/testing/vitest-plugin'

// A day's limit follows the user's own clock. Tests get the same one everywhere.
process.env.TZ = 'UTC'

export default defineConfig({
  plugins: [WxtVitest()],
  test: {
    include: ['tests/{unit,property,chain}/**/*.test.{ts,tsx}'],
    allowOnly: false,
    // Many talk to a real chain, which takes its time on a busy machine.
    testTimeout: 20_000,
    reporters: ['default', 'json'],
    outputFile: { json: '.output/test/unit.json' },
  },
})
