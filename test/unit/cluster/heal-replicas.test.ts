// What heal says of moved replicas whose cluster cannot be asked: nobody's where it is gone, and Kafka's own command where it stands and is silent.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { JournalEntry } from '../../../src/cluster/journal.ts'
import { type CliResult, runCli } from '../../support/cli.ts'
import { leaseOf, type Sleeper, sleeper, writeJournal } from '../../support/journals.ts'

const root = mkdtempSync(join(tmpdir(), 'gauntlet-heal-moved-'))
const COMMAND = 'kafka-reassign-partitions.sh --execute'
let state = ''
let runId = ''
let node: Sleeper | undefined
beforeEach(() => {
  state = mkdtempSync(join(root, 'state-'))
  runId = `moved-${state.slice(-6)}`
})
afterEach(() => node?.end())
afterAll(() => rmSync(root, { recursive: true, force: true }))

const heal = (...args: string[]): Promise<CliResult> =>
  runCli(['heal', '--yes', ...args], { env: { GAUNTLET_STATE: state } })

/** Nothing listens at its address. */
const MOVED: JournalEntry = {
  ...{ kind: 'fault', name: 'fault-1-isr-churn', heal: COMMAND },
  replicas: {
    ...{ bootstrap: ['127.0.0.1:1'], clusterId: 'c' },
    partitions: [{ topic: 't', partition: 0, replicas: [1, 2, 3] }],
  },
}

/** A process of the run, as a node that is alive and says nothing. */
async function silentNode(): Promise<JournalEntry> {
  node = await sleeper({ GAUNTLET_RUN: runId, GAUNTLET_NODE: 'node-1' })
  return { kind: 'process', name: 'node-1', pid: node.pid, startTicks: node.startTicks }
}

describe('replicas that were moved', () => {
  it('in a cluster that is gone are nobody’s', async () => {
    writeJournal(state, { runId, entries: [MOVED] })
    const { exitCode, stdout } = await heal()
    expect(exitCode).toBe(0)
    expect(stdout).toContain('fault-1-isr-churn: its cluster is gone')
    expect((await heal()).stdout).toBe('no fault is left to heal\n')
  })

  it('in one that stands and does not answer stay moved, with the command that moves them back', async () => {
    writeJournal(state, { runId, entries: [await silentNode(), MOVED] })
    const { exitCode, stderr } = await heal()
    expect(exitCode).toBe(8)
    expect(stderr).toMatch(/^E702 .*fault-1-isr-churn \(.*127\.0\.0\.1:1.*\n.*kafka-reassign-partitions\.sh --execute/)
    expect((await heal()).exitCode).toBe(8)
  })

  it('by a run that lives are left to it', async () => {
    writeJournal(state, { runId, entries: [await silentNode(), MOVED], lease: leaseOf(runId) })
    expect((await heal()).stdout).toContain(`run ${runId} lives (process ${process.pid}) and heals by itself`)
  })
})
