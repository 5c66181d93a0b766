// A coordinator that is killed leaves real brokers behind: clean-up ends every one of them, and no broker of anybody else.
import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { listJournals } from '../../src/cluster/journal-file.ts'
import { readProcess } from '../../src/cluster/proc.ts'
import { findLeftovers } from '../../src/cluster/reap.ts'
import { removeLeftovers } from '../../src/cluster/reap-remove.ts'
import { ROOT } from '../support/cli.ts'
import { type DecoyBroker, startDecoyBroker } from '../support/decoy-broker.ts'
import { requireOrSkip } from '../support/require.ts'
import { journalPath, newRunId, remainsOf, topologyOf, useOwnJournals } from './process-support.ts'

useOwnJournals()

/** Starts a cluster with limits, says so, optionally freezes its node, and then only waits. */
const COORDINATOR = `
import { openJournal } from '${join(ROOT, 'src/cluster/journal-file.ts')}'
import { processProvider } from '${join(ROOT, 'src/cluster/providers/process.ts')}'
const { runId, topology, frozen } = JSON.parse(process.argv[1])
const journal = await openJournal(runId)
const cluster = await processProvider.start({ topology, runId, journal, readyTimeoutMs: 60_000 })
if (frozen) await cluster.powers.freeze(1)
console.log('ready')
setInterval(() => {}, 1000)
`

type Coordinator = { runId: string; ready: Promise<void>; kill(): Promise<void> }

function startCoordinator(options: { brokers?: number; frozen?: boolean } = {}): Coordinator {
  const runId = newRunId()
  const topology = topologyOf({ brokers: options.brokers ?? 1, resources: { cpus: 1.5 } })
  const given = JSON.stringify({ runId, topology, frozen: options.frozen ?? false })
  const child = spawn(process.execPath, ['--input-type=module', '--eval', COORDINATOR, given], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = new Promise<void>(resolve => void child.once('exit', () => resolve()))
  const ready = new Promise<void>((resolve, reject) => {
    child.stdout.once('data', () => resolve())
    child.once('exit', code => reject(new Error(`the coordinator ended with ${code}`)))
  })
  ready.catch(() => undefined)
  return {
    runId,
    ready,
    kill: async () => {
      child.kill('SIGKILL')
      await ended
    },
  }
}

async function journalSays(runId: string, text: string): Promise<void> {
  const path = journalPath(runId)
  while (!existsSync(path) || !readFileSync(path, 'utf8').includes(text)) await sleep(2)
}

async function reap(runId: string): Promise<string[]> {
  const found = await findLeftovers()
  expect(found.map(run => run.journal.runId)).toEqual([runId])
  await removeLeftovers(found)
  return found.flatMap(run => run.things.map(thing => thing.kind)).sort()
}

describe('a coordinator that was killed', () => {
  let decoy: DecoyBroker | undefined
  let startTicks: number | undefined

  beforeEach(async context => {
    requireOrSkip('java', context)
    decoy ??= await startDecoyBroker(topologyOf())
    startTicks ??= readProcess(decoy.pid)?.startTicks
  }, 120_000)
  afterAll(() => decoy?.end())

  it('while its brokers run', async () => {
    const coordinator = startCoordinator({ brokers: 3 })
    await coordinator.ready
    expect(await findLeftovers()).toEqual([])
    await coordinator.kill()
    expect(remainsOf(coordinator.runId).length).toBeGreaterThanOrEqual(5)
    expect((await reap(coordinator.runId)).filter(kind => kind === 'process')).toHaveLength(3)
    expect(remainsOf(coordinator.runId)).toEqual([])
  })

  it('while its broker is frozen', async () => {
    const coordinator = startCoordinator({ frozen: true })
    await coordinator.ready
    await coordinator.kill()
    expect(await reap(coordinator.runId)).toEqual(expect.arrayContaining(['directory', 'process']))
    expect(remainsOf(coordinator.runId)).toEqual([])
  })

  it.each([
    ['when it has announced its data directory', '"kind":"directory"'],
    ['while Kafka’s own tool formats the storage', '"name":"format"'],
    ['when it has announced a broker, whose number is not known yet', '"name":"node-1"'],
    ['when the broker has a number', '"startTicks":'],
  ])('%s', async (_, line) => {
    const coordinator = startCoordinator()
    // The lease has a start time too, so what is waited for stands after it.
    await journalSays(coordinator.runId, line === '"startTicks":' ? '"name":"node-1","pid":' : line)
    await coordinator.kill()
    await reap(coordinator.runId)
    expect(remainsOf(coordinator.runId)).toEqual([])
    expect(await listJournals()).toEqual([])
  })

  it('and in all of that the broker of somebody else was not touched', async () => {
    expect(readProcess(decoy?.pid ?? 0)?.startTicks).toBe(startTicks)
    expect(await decoy?.answers()).toMatch(/^\S{22}$/)
  })
})
