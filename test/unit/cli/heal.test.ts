// gauntlet heal as a user meets it: it lists, is told, heals, and says in its exit code what remains.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { JournalEntry } from '../../../src/cluster/journal.ts'
import { readProcess } from '../../../src/cluster/proc.ts'
import { waitUntil } from '../../../src/cluster/wait.ts'
import { type CliResult, runCli } from '../../support/cli.ts'
import { leaseOf, type Sleeper, sleeper, writeJournal } from '../../support/journals.ts'

const root = mkdtempSync(join(tmpdir(), 'gauntlet-heal-cli-'))
const sleepers: Sleeper[] = []
let state = ''
let runId = ''
beforeEach(() => {
  state = mkdtempSync(join(root, 'state-'))
  runId = `heal-${state.slice(-6)}`
})
afterEach(() => sleepers.splice(0).forEach(one => one.end()))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const heal = (args: string[] = [], env: Record<string, string> = {}): Promise<CliResult> =>
  runCli(['heal', ...args], { env: { GAUNTLET_STATE: state, ...env } })
const isFrozen = ({ pid }: Sleeper): boolean => readProcess(pid)?.state === 'T'

async function leaveFrozen(): Promise<{ left: Sleeper; entries: JournalEntry[] }> {
  const left = await sleeper({ GAUNTLET_RUN: runId, GAUNTLET_NODE: 'node-1' })
  sleepers.push(left)
  process.kill(left.pid, 'SIGSTOP')
  expect(await waitUntil(() => isFrozen(left), 5000)).toBe(true)
  const { pid, startTicks } = left
  return {
    left,
    entries: [
      { kind: 'process', name: 'node-1', pid, startTicks },
      { kind: 'fault', name: 'freeze node-1', heal: `kill -CONT ${pid}` },
    ],
  }
}

describe('gauntlet heal', () => {
  it('says that there is nothing', async () => {
    expect(await heal()).toMatchObject({ exitCode: 0, stdout: 'no fault is left to heal\n', stderr: '' })
  })

  it('lists and leaves all as it is where nobody can be asked, and heals with --yes', async () => {
    const { left, entries } = await leaveFrozen()
    writeJournal(state, { runId, entries })
    const listed = await heal()
    expect(listed.exitCode).toBe(0)
    expect(listed.stdout).toContain(`freeze node-1: process node-1 (pid ${left.pid}) is frozen`)
    expect(listed.stdout).toContain('gauntlet heal --yes')
    expect(isFrozen(left)).toBe(true)
    expect(await heal(['--yes'])).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('healed and read back: 1 fault'),
    })
    expect([left.isAlive(), isFrozen(left)]).toEqual([true, false])
  })

  it('leaves the faults of a run that lives to it, unless told otherwise', async () => {
    const { left, entries } = await leaveFrozen()
    writeJournal(state, { runId, entries, lease: leaseOf(runId) })
    expect((await heal(['--yes'])).stdout).toContain(`run ${runId} lives (process ${process.pid}) and heals by itself`)
    expect(isFrozen(left)).toBe(true)
    expect((await heal([runId, '--yes', '--force'])).exitCode).toBe(0)
    expect(isFrozen(left)).toBe(false)
  })

  it('heals the run that is named alone, and knows no other', async () => {
    const { left, entries } = await leaveFrozen()
    writeJournal(state, { runId, entries })
    const { exitCode, stderr } = await heal(['nobody', '--yes'])
    expect(exitCode).toBe(2)
    expect(stderr).toMatch(new RegExp(`^E201 .*nobody[^\\n]*\\n.*gauntlet heal ${runId}`))
    expect(isFrozen(left)).toBe(true)
  })

  it('ends with 8 and the command for what it could not look at', async () => {
    const name = `gauntlet-${runId}-broker-1`
    writeJournal(state, {
      runId,
      entries: [
        { kind: 'container', name },
        { kind: 'fault', name: `freeze ${name}`, heal: `docker unpause ${name}` },
      ],
    })
    const { exitCode, stderr } = await heal(['--yes'], { DOCKER_HOST: 'unix:///no/such.sock' })
    expect(exitCode).toBe(8)
    expect(stderr).toMatch(new RegExp(`^E702 .*freeze ${name} \\(Docker at .*\\n.*docker unpause ${name}`))
  })

  it('tells machines what it found', async () => {
    const { left, entries } = await leaveFrozen()
    writeJournal(state, { runId, entries })
    const faults = [{ name: 'freeze node-1', state: 'acting', heal: `kill -CONT ${left.pid}` }]
    expect(JSON.parse((await heal(['--json'])).stdout)).toMatchObject({ healed: false, runs: [{ runId, faults }] })
    expect(isFrozen(left)).toBe(true)
    expect(JSON.parse((await heal(['--json', '--yes'])).stdout)).toMatchObject({ healed: true, runs: [{ runId }] })
    expect(isFrozen(left)).toBe(false)
  })
})
