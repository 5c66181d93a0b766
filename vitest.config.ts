// Test projects by what they need: nothing, one process, real clusters, a browser.
import { defineConfig } from 'vitest/config'

const project = (name: string, extra: Record<string, unknown> = {}) => ({
  test: { name, include: [`test/${name}/**/*.test.ts`], retry: 0, expect: { poll: { timeout: 10_000 } }, ...extra },
})

export default defineConfig({
  test: {
    projects: [
      project('unit', { testTimeout: 20_000 }),
      project('contract', { testTimeout: 120_000, hookTimeout: 120_000, pool: 'forks', fileParallelism: false }),
      project('cluster', { testTimeout: 300_000, hookTimeout: 180_000, pool: 'forks', fileParallelism: false }),
      project('browser', { testTimeout: 60_000, hookTimeout: 60_000, fileParallelism: false }),
    ],
  },
})
