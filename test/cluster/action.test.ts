// The GitHub Action's entry point in a temporary repository: summary, annotations on the line of the rule, JUnit and exit code.
import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { ROOT } from '../support/cli.ts'
import { requireOrSkip } from '../support/require.ts'

const folder = mkdtempSync(join(tmpdir(), 'gauntlet-action-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const SCENARIO = `version: 1
name: gated
cluster: { nodes: 1 }
topics: [{ name: events, partitions: 1 }]
producers: [{ name: writers }]
load:
  phases:
    - { phase: steady, for: 2s, rate: 100/s }
expect:
  - acked == stored
  - sent < 10
`
const RULE_LINE = SCENARIO.split('\n').indexOf('  - sent < 10') + 1

function runAction(inputs: Record<string, string>): Promise<{ code: number; stdout: string; stderr: string }> {
  const env = {
    ...process.env,
    ...inputs,
    NO_COLOR: '1',
    GITHUB_ACTIONS: 'true',
    GITHUB_STEP_SUMMARY: join(folder, 'summary.md'),
    GITHUB_OUTPUT: join(folder, 'output'),
    GAUNTLET_STATE: join(folder, 'state'),
  }
  return new Promise(resolve => {
    const done = (error: { code?: unknown } | null, stdout: string, stderr: string): void =>
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr })
    execFile(join(ROOT, 'tools', 'ci', 'action.sh'), { cwd: folder, env }, done)
  })
}

describe('the action', () => {
  it('gates a rule that does not hold, on its line', async context => {
    requireOrSkip('java', context)
    writeFileSync(join(folder, 'gated.yaml'), SCENARIO)
    const { code, stdout, stderr } = await runAction({
      INPUT_COMMAND: 'run',
      INPUT_SCENARIO: 'gated.yaml',
      INPUT_ARGUMENTS: '--provider=process\n--quiet\n',
      INPUT_OUT: 'out',
    })
    expect(code, stdout + stderr).toBe(1)
    expect(stdout).toContain(`::error file=gated.yaml,line=${RULE_LINE},title=fail%3A sent < 10::`)
    expect(stdout.match(/^::error /gm)).toHaveLength(1)
    expect(readFileSync(join(folder, 'summary.md'), 'utf8')).toContain('sent &lt; 10')
    const recording = /^recording=(out\/gated\/.+)$/m.exec(readFileSync(join(folder, 'output'), 'utf8'))?.[1] ?? ''
    expect(readFileSync(join(folder, recording, 'junit.xml'), 'utf8')).toContain('<failure')
    expect(existsSync(join(folder, recording, 'report.html'))).toBe(true)
  })

  it('bad input is exit 2, and nothing is recorded', async () => {
    writeFileSync(join(folder, 'broken.yaml'), 'version: 1\nname: broken\n')
    const { code, stderr } = await runAction({ INPUT_SCENARIO: 'broken.yaml', INPUT_OUT: 'none' })
    expect([code, stderr]).toEqual([2, expect.stringContaining('broken.yaml:1:1')])
    expect(readFileSync(join(folder, 'output'), 'utf8')).toMatch(/recording=$/m)
  })
})
