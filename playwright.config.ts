import { defineConfig } from '@playwright/test'

export default defineConfig({
  testDir: 'tests/e2e',
  outputDir: '.output/test/e2e',
  globalSetup: './tests/e2e/prepare.ts',
  // One browser at a time: payments are about time, and two browsers on two cores take it from each other.
  workers: 1,
  fullyParallel: false,
  // A test that fails once is broken.
  retries: 0,
  forbidOnly: true,
  timeout: 60_000,
  expect: { timeout: 10_000 },
  reporter: [['list'], ['json', { outputFile: '.output/test/e2e.json' }]],
})
