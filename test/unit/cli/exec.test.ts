// A scenario's commands run only where somebody said so at the command line.
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { runCli } from '../../support/cli.ts'

const folder = mkdtempSync(join(tmpdir(), 'gauntlet-exec-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const mark = join(folder, 'mark')
const file = join(folder, 'exec.yaml')
writeFileSync(
  file,
  `version: 1
name: commands
topics: [{ name: orders }]
producers: [{ name: web }]
load: { phases: [{ phase: steady, for: 5s, rate: 100/s }] }
faults:
  - { fault: exec, inject: [touch, ${mark}], heal: [rm, ${mark}], prove: [ls, ${mark}], at: 1s, for: 1s }
`,
)

describe('fault: exec', () => {
  it.each(['run', 'drill'])('is refused by %s with exit code 5, its place and the way to allow it', async command => {
    const { exitCode, stderr } = await runCli([command, file, '--out', folder], { env: { GAUNTLET_STATE: folder } })
    expect(exitCode).toBe(5)
    expect(stderr).toMatch(/exec\.yaml:7:5 {2}E406 .*"touch"/)
    expect(stderr).toContain('--allow-exec')
    expect(existsSync(mark)).toBe(false)
  })

  it('can be planned and rehearsed all the same', async () => {
    const { exitCode, stdout } = await runCli(['drill', file, '--dry'], { env: { GAUNTLET_STATE: folder } })
    expect([exitCode, stdout]).toEqual([0, expect.stringContaining('exec on all')])
    expect(existsSync(mark)).toBe(false)
  })
})
