// A coordinator that dies in the middle of a churn, and its reaper with it: heal gives the partitions their replicas back, as the cluster itself tells.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { lookAtReplicas } from '../../src/cluster/heal-replicas.ts'
import type { MovedReplicas } from '../../src/cluster/journal.ts'
import { listJournals } from '../../src/cluster/journal-file.ts'
import { type DeadRun, lookAtRuns } from '../../src/cluster/reap.ts'
import { waitUntil } from '../../src/cluster/wait.ts'
import { ClusterAdmin } from '../../src/protocol/admin.ts'
import { runCli, startCli } from '../support/cli.ts'
import { requireOrSkip } from '../support/require.ts'

const folder = mkdtempSync(join(tmpdir(), 'gauntlet-heal-replicas-'))
const env = { GAUNTLET_STATE: join(folder, 'state') }
const runs = join(folder, 'state', 'kafka-gauntlet', 'runs')
beforeEach(context => requireOrSkip('java', context))
afterAll(async () => {
  await runCli(['clean', '--yes'], { env })
  rmSync(folder, { recursive: true, force: true })
})

const SCENARIO = `version: 1
name: churned
cluster: { layout: three-brokers }
topics:
  - { name: orders, partitions: 3, replication.factor: 3 }
producers:
  - { name: web, driver: wire, config: { acks: all } }
load:
  phases:
    - { phase: steady, for: 40s, rate: 100/s }
faults:
  - { fault: isr-churn, target: node 2, topic: orders, pause: 60s, at: 1s, for: 30s }
`

/** The process that watches over a run. */
function reaperOf(runId: string): number {
  const found = readdirSync('/proc').find(pid => {
    if (!/^\d+$/.test(pid)) return false
    try {
      const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
      return words.some(word => word.endsWith('reaper.ts')) && words.includes(runId)
    } catch {
      return false
    }
  })
  if (found === undefined) throw new Error(`no reaper of ${runId}`)
  return Number(found)
}

/** What the journal says of the partitions before, once no one lives who could heal. */
async function killInChurn(): Promise<{ runId: string; moved: MovedReplicas }> {
  const scenario = join(folder, 'churned.yaml')
  writeFileSync(scenario, SCENARIO)
  const run = startCli(['run', scenario, '--provider', 'process', '--out', folder], { env })
  await run.until(/fault\.proven isr-churn/)
  const [journal] = await listJournals(runs)
  const entry = [...(journal?.open.values() ?? [])].find(one => one.kind === 'fault')
  if (!journal || entry?.kind !== 'fault' || !entry.replicas) throw new Error('no fault with replicas in the journal')
  process.kill(reaperOf(journal.runId), 'SIGKILL')
  run.child.kill('SIGKILL')
  expect((await run.done).signal).toBe('SIGKILL')
  return { runId: journal.runId, moved: entry.replicas }
}

/** Replicas and leader of every partition, as any broker sees them. */
async function seen({ bootstrap, partitions }: MovedReplicas): Promise<{ replicas: number[][]; leaders: number[] }> {
  const admin = await ClusterAdmin.connect({ brokers: bootstrap })
  try {
    const [topic] = await admin.metadata([partitions[0]?.topic ?? ''])
    const rows = (topic?.partitions ?? []).filter(row =>
      partitions.some(({ partition }) => partition === row.partition),
    )
    return { replicas: rows.map(({ replicas }) => replicas), leaders: rows.map(({ leader }) => leader) }
  } finally {
    await admin.close()
  }
}

async function standing(runId: string): Promise<DeadRun> {
  const [run] = await lookAtRuns((await listJournals(runs)).filter(journal => journal.runId === runId))
  if (!run) throw new Error(`no journal of ${runId}`)
  return run
}

describe('replicas that a dead run had moved', () => {
  it('are put back by heal in their old order, leaders too, and struck out of the journal', async () => {
    const { runId, moved } = await killInChurn()
    const before = moved.partitions.map(({ replicas }) => [...replicas])
    expect((await seen(moved)).replicas).not.toEqual(before)
    const listed = await runCli(['heal'], { env })
    expect(listed.stdout).toMatch(/fault-1-isr-churn: other replicas than before: \S+-orders-\d/)
    const stranger = await lookAtReplicas(await standing(runId), { ...moved, clusterId: 'another' })
    expect(stranger).toEqual({ is: 'stuck', text: `cluster ${moved.clusterId} answers where another was` })
    const healed = await runCli(['heal', '--yes'], { env })
    expect(healed, healed.stderr).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('read back: 1 fault') })
    const after = await seen(moved)
    expect(after.replicas).toEqual(before)
    expect(after.leaders).toEqual(before.map(([first]) => first))
    const [left] = await listJournals(runs)
    expect([...(left?.open.values() ?? [])].filter(({ kind }) => kind === 'fault')).toEqual([])
    expect((await runCli(['clean', '--yes'], { env })).exitCode).toBe(0)
    expect(await waitUntil(async () => (await listJournals(runs)).every(one => one.runId !== runId), 5000)).toBe(true)
  }, 90_000)
})
