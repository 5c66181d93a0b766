// What the tests of JVM nodes share: a journal of their own, topologies, and a look at what the system still holds of a run.
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll } from 'vitest'
import type { Provider, StartedCluster } from '../../src/cluster/cluster.ts'
import type { Journal } from '../../src/cluster/journal.ts'
import { journalDirectory, openJournal } from '../../src/cluster/journal-file.ts'
import { dataDirectory } from '../../src/cluster/places.ts'
import { findMarked } from '../../src/cluster/proc.ts'
import { processProvider } from '../../src/cluster/providers/process.ts'
import { probeTopics, waitForCluster } from '../../src/cluster/ready.ts'
import { ClusterAdmin } from '../../src/protocol/admin.ts'
import { KAFKA_DEFAULT_VERSION, type StartedClusterSpec } from '../../src/scenario/schema/cluster.ts'
import { describeTopology, type Topology } from '../../src/topology/topology.ts'

export const READY_TIMEOUT_MS = 60_000

export const nowUs = (): number => Math.round((performance.timeOrigin + performance.now()) * 1000)

export const newRunId = (): string => `t${randomBytes(5).toString('hex')}`

/** Keeps the journals of a test file apart from those of this machine, in a folder that is made when its tests begin and gone when they are over. */
export function useOwnJournals(): string {
  const directory = join(tmpdir(), `gauntlet-state-${newRunId()}`)
  process.env['GAUNTLET_STATE'] = directory
  beforeAll(() => mkdirSync(directory))
  // Registered first, run last: whatever a test file ends in its own hooks still writes here.
  afterAll(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

/** False where no node can be started here; each test then says so by itself, when it is skipped. */
export const canStart = (await processProvider.unavailable({ kafkaVersion: KAFKA_DEFAULT_VERSION })) === undefined

/** A topology as a scenario would describe it. */
export function topologyOf(overrides: Partial<StartedClusterSpec> = {}): Topology {
  return describeTopology({
    kind: 'started',
    brokers: 1,
    controllers: 'combined',
    network: 'direct',
    provider: 'process',
    kafka: KAFKA_DEFAULT_VERSION,
    resources: {},
    workers: {},
    config: {},
    racks: [],
    readyTimeoutMs: READY_TIMEOUT_MS,
    ...overrides,
  })
}

/** A cluster and its journal; disposing of it ends both. */
export type Held = AsyncDisposable & { cluster: StartedCluster; runId: string; journal: Journal }

export type StartOptions = { runId?: string; readyTimeoutMs?: number; signal?: AbortSignal; provider?: Provider }

/** Starts a cluster, of JVMs where no other provider is given, with a journal on disk. */
export async function startCluster(topology: Topology, options: StartOptions = {}): Promise<Held> {
  const runId = options.runId ?? newRunId()
  const journal = await openJournal(runId)
  try {
    const cluster = await (options.provider ?? processProvider).start({
      topology,
      runId,
      journal,
      readyTimeoutMs: options.readyTimeoutMs ?? READY_TIMEOUT_MS,
      ...(options.signal ? { signal: options.signal } : {}),
    })
    return {
      cluster,
      runId,
      journal,
      [Symbol.asyncDispose]: async () => {
        await cluster[Symbol.asyncDispose]()
        await journal.close()
      },
    }
  } catch (error) {
    await journal.close()
    throw error
  }
}

/** What the system still holds of a run: processes, directories, control groups, its journal. */
export function remainsOf(runId: string): string[] {
  const directories = [dataDirectory(runId)].filter(existsSync)
  const groups = ['cpu', 'memory'].flatMap(controller => findGroups(controller, runId))
  const journal = journalPath(runId)
  return [
    ...findMarked(runId).map(({ pid, name }) => `process ${pid} ${name}`),
    ...directories,
    ...groups,
    ...[journal].filter(existsSync),
  ]
}

/** Where the journal of a run is while it has one. */
export function journalPath(runId: string): string {
  return join(journalDirectory(), `${runId}.journal`)
}

function findGroups(controller: string, runId: string): string[] {
  const own = readFileSync('/proc/self/cgroup', 'utf8').split('\n')
  return own.flatMap(line => {
    const [, names = '', path = '/'] = line.split(':')
    const root = names === '' ? '/sys/fs/cgroup' : join('/sys/fs/cgroup', controller)
    if (names !== '' && !names.split(',').includes(controller)) return []
    const directory = join(root, path)
    if (!existsSync(directory)) return []
    return readdirSync(directory)
      .filter(name => name.includes(runId))
      .map(name => join(directory, name))
  })
}

/** Creates a topic through the observer addresses. */
export async function createTopic(cluster: StartedCluster, name: string, replicationFactor: number): Promise<void> {
  await withAdmin(cluster, admin => admin.createTopics([{ name, partitions: 3, replicationFactor, config: {} }]))
}

/** Writes and reads back one record on every partition; returns the end offsets after it. */
export async function probe(cluster: StartedCluster, topic: string): Promise<number[]> {
  return withAdmin(cluster, async admin => {
    const groupId = `gauntlet-probe-${newRunId()}`
    const ends = await probeTopics({ bootstrap: cluster.bootstrap, admin, topics: [topic], groupId })
    return ends.get(topic) ?? []
  })
}

/** Asks the observer addresses of a cluster. */
export async function withAdmin<T>(cluster: StartedCluster, ask: (admin: ClusterAdmin) => Promise<T>): Promise<T> {
  const admin = await ClusterAdmin.connect({ brokers: cluster.observerBootstrap })
  try {
    return await ask(admin)
  } finally {
    await admin.close()
  }
}

/** Waits until a cluster answers again after one of its nodes was started. */
export const readyAgain = (cluster: StartedCluster, expected: number): Promise<string> =>
  waitForCluster({ brokers: cluster.observerBootstrap, expected, deadlineMs: READY_TIMEOUT_MS, stillAlive: () => {} })

/** Waits until no partition of a topic is led by a node any more. */
export async function leadersMoved(cluster: StartedCluster, topic: string, from: number): Promise<void> {
  await withAdmin(cluster, async admin => {
    const until = performance.now() + READY_TIMEOUT_MS
    for (;;) {
      // A broker that has just died may still be asked.
      const [found] = await admin.metadata([topic]).catch(() => [])
      if (found?.partitions.every(({ leader }) => leader >= 0 && leader !== from)) return
      if (performance.now() > until) throw new Error(`node ${from} still leads partitions of ${topic}`)
      await sleep(100)
    }
  })
}

/** Scheduler state of a process as the system tells it: T is stopped. */
export function schedulerState(pid: number): string {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[0] ?? ''
}
