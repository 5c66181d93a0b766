// What gauntlet search refuses before anything is started.
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { ROOT, runCli } from '../../support/cli.ts'

const FILE = join(ROOT, 'scenarios', 'size-small.yaml')

it.each([
  [['--deadline', '500ms,100ms,500ms'], 'names one deadline twice'],
  [['--deadline', '500ms,'], '--deadline  cannot be used'],
  [['--deadline', '500ms,100'], '--deadline 100 cannot be used'],
  [['--one-down', '6m'], '--one-down 6m leaves nothing of --budget 6m'],
])('%j is refused with what to write instead', async (args, text) => {
  const { exitCode, stdout, stderr } = await runCli(['search', FILE, ...args])
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' })
  expect(stderr).toMatch(/^E201 {2}[^\n]+\n {4}→ [^\n]+\n?$/)
  expect(stderr).toContain(text)
})
