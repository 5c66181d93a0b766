// The contract of every fault in the registry, on a real routed cluster: struck, proven, healed, and nothing of it remains.
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import * as z from 'zod'
import type { Fault } from '../../src/chaos/fault.ts'
import { FAULTS, findFault } from '../../src/chaos/faults/index.ts'
import { type FaultEvent, Injector } from '../../src/chaos/injector.ts'
import { parseTarget, type Target } from '../../src/chaos/target.ts'
import { Watch } from '../../src/chaos/watch.ts'
import { loadProvider } from '../../src/cli/shared/providers.ts'
import { listJournals } from '../../src/cluster/journal-file.ts'
import { waitUntil } from '../../src/cluster/wait.ts'
import { seededRandom } from '../../src/core/random.ts'
import { clockFromAnchor } from '../../src/core/time.ts'
import { Crew } from '../../src/load/crew.ts'
import type { ConsumerWorkerSpec } from '../../src/load/messages.ts'
import { ClusterAdmin } from '../../src/protocol/admin.ts'
import { softPorts } from '../../src/run/fault-ports.ts'
import { workerMarks } from '../../src/run/worker-environment.ts'
import { workerPowers } from '../../src/run/worker-powers.ts'
import { requireOrSkip } from '../support/require.ts'
import { stretch } from '../unit/load/virtual-producer.ts'
import {
  createTopic,
  type Held,
  nowUs,
  probe,
  startCluster,
  topologyOf,
  useOwnJournals,
  withAdmin,
} from './process-support.ts'

useOwnJournals()

/** Asked for by hand, all faults on one provider; CI has time for the quick ones on processes. */
const isAll = process.env['GAUNTLET_FAULTS'] !== undefined
const PROVIDER = process.env['GAUNTLET_FAULTS'] === 'docker' ? 'docker' : 'process'
const TOPIC = 'orders'
/** On two of the brokers, of which one alone may acknowledge. */
const LONELY = 'lonely'
const WHOLE_MS = 60_000
const VOLUME_BYTES = 128 * 1024 * 1024
/** Only root may mount one for a process. */
const hasVolumes = isAll && (PROVIDER === 'docker' || process.getuid?.() === 0)
/** The whole effect of the command that the fault exec is given here. */
const EXEC_MARK = join(tmpdir(), `gauntlet-exec-${process.pid}`)
/** A broker that comes back is refused until its old session has ended. */
const SHORT_SESSION = { 'broker.session.timeout.ms': 6000 }

/** What a fault is given here, where it needs more than its defaults; times are short, since CI waits for them. */
const GIVEN: Readonly<Record<string, { options?: Record<string, unknown>; target?: string; forMs?: number }>> = {
  latency: { options: { delay: '50ms' } },
  bandwidth: { options: { rate: '1MiB' } },
  slice: { options: { piece: '100B' } },
  'power-loss': { options: { cut: '10B' } },
  'pause-hammer': { options: { pause: '200ms', gap: '200ms' } },
  'brown-out': { forMs: 1500 },
  'fast-bounce': { options: { after: '200ms' } },
  'leadership-churn': { options: { topic: TOPIC, pause: '500ms' } },
  'isr-churn': { options: { topic: TOPIC, pause: '500ms' } },
  'partition-increase': { options: { topic: TOPIC, to: 4 } },
  'unclean-election': { options: { topic: LONELY } },
  ring: { target: 'all' },
  exec: {
    options: { inject: ['touch', EXEC_MARK], heal: ['rm', EXEC_MARK], prove: ['test', '-e', EXEC_MARK] },
  },
}
/** Too slow for every run: with `GAUNTLET_FAULTS=docker` or `=process` they are struck too. */
const SLOW: Readonly<Record<string, string>> = {
  manual: 'an operator',
  'log-dir-failure': 'hand (GAUNTLET_FAULTS)',
  'power-loss': 'hand (GAUNTLET_FAULTS)',
  'disk-full': 'hand (GAUNTLET_FAULTS), and as process by root only',
  'unclean-election': 'hand (GAUNTLET_FAULTS)',
  'broker-kill': 'drill 1 in drills.test.ts',
  'broker-stop': 'npm run drills',
  'rolling-restart': 'npm run drills',
}

/** What a fault must find; returns the end of that. */
const GIVEN_STATE: Readonly<Record<string, () => Promise<() => Promise<unknown>>>> = {
  'unclean-election': withoutLeader,
}

let held: Held
let watch: Watch
let crew: Crew
let admin: ClusterAdmin

beforeAll(async () => {
  const provider = await loadProvider(PROVIDER)
  if ((await provider.unavailable({ kafkaVersion: topologyOf().kafkaVersion })) !== undefined) return
  const base = { brokers: 3, network: 'routed', provider: PROVIDER, config: SHORT_SESSION } as const
  held = await startCluster(topologyOf({ ...base, ...(hasVolumes ? { logVolumeBytes: VOLUME_BYTES } : {}) }), {
    provider,
  })
  await createTopic(held.cluster, TOPIC, 3)
  const lonely = { name: LONELY, partitions: 1, replicationFactor: 2, config: { 'min.insync.replicas': '1' } }
  await withAdmin(held.cluster, own => own.createTopics([{ ...lonely, assignments: [[1, 2]] }]))
  await probe(held.cluster, TOPIC)
  admin = await ClusterAdmin.connect({ brokers: held.cluster.observerBootstrap })
  const nodes = held.cluster.info.nodes.map(({ id, name, observer = '' }) => ({ id, name, observer }))
  watch = new Watch(nodes, [TOPIC, LONELY], { nowUs, onChange: () => undefined })
  watch.start()
  const environment = { PATH: process.env['PATH'], ...workerMarks(held.runId, 'billing-0') }
  crew = new Crew({ onInterval: () => undefined, onEvent: () => undefined }, { environment })
  await crew.open([reader()])
  crew.start(clock.nowUs())
}, 120_000)
beforeEach(context => requireOrSkip(PROVIDER === 'docker' ? 'docker' : 'java', context))
afterAll(async () => {
  await watch?.stop()
  await crew?.close()
  await admin?.close()
  await held?.[Symbol.asyncDispose]()
  if (held) expect(await listJournals()).toEqual([])
}, 60_000)

const anchor = { wallUs: Date.now() * 1000, hrtimeNs: String(process.hrtime.bigint()) }
const clock = clockFromAnchor(anchor, { monotonicNs: () => process.hrtime.bigint(), millis: () => performance.now() })

/** Kafka's own defaults, as a plan would resolve them, but for the session: a killed member is waited for that long. */
const SETTINGS = {
  ...{ 'request.timeout.ms': 30_000, 'session.timeout.ms': 6000, 'heartbeat.interval.ms': 1000 },
  ...{ 'max.poll.interval.ms': 300_000, 'metadata.max.age.ms': 300_000, 'fetch.max.wait.ms': 500 },
  ...{ 'fetch.min.bytes': 1, 'fetch.max.bytes': 52_428_800, 'max.partition.fetch.bytes': 1_048_576 },
  ...{ 'auto.commit.interval.ms': 5000, 'isolation.level': 'read_uncommitted' },
}

/** The only member of a group, for faults on workers. */
const reader = (): ConsumerWorkerSpec => ({
  ...{ role: 'consumer', worker: 'billing-0', group: 'billing', groupId: 'billing', member: 0, members: 1 },
  ...{ start: 'earliest', driver: 'kafkajs', mode: 'tuned', settings: SETTINGS, anchor },
  ...{ bootstrap: held.cluster.bootstrap },
  ...{ topics: [{ name: TOPIC, index: 0, partitions: 3 }], beginOffsets: [[0, 0, 0]], runTag: 1, verify: true },
  ...{ segments: [stretch('measure', 600, 1)], processing: { delay: 0, handling: 'batch' }, commit: 'auto' },
})

/** Strikes through the injector, as a drill does; returns the steps it told. */
async function strike(kind: string): Promise<FaultEvent[]> {
  const { cluster } = held
  if (!cluster.powers || !cluster.links) throw new Error('the provider has no powers')
  const { needs } = findFault(kind)
  const whom = needs === 'workers' ? 'workers of billing' : 'random not controller'
  const { options = {}, target: text = whom, forMs = 300 } = GIVEN[kind] ?? {}
  const events: FaultEvent[] = []
  const injector = new Injector({
    faults: {
      ...softPorts({ ...held, admin }, watch, {
        topicsCalled: declared => [declared],
        tell: text => console.log(text),
      }),
      nodes: cluster.powers,
      links: cluster.links,
      logs: [0, 1, 2].map(partition => ({ topic: TOPIC, partition, begin: 0 })),
      workers: workerPowers({ journal: held.journal, clock }, crew),
      observerOf: id => cluster.info.nodes.find(node => node.id === id)?.observer,
      whole: isWhole,
      nodeIds: cluster.info.nodes.map(({ id }) => id),
    },
    view: async () => ({
      nodes: cluster.info.nodes,
      controller: (await admin.quorum()).leaderId,
      partitions: watch.latest(),
    }),
    random: seededRandom(kind.length),
    nowUs,
    until: atUs => sleep(Math.max(0, (atUs - nowUs()) / 1000)),
    emit: event => void events.push(event),
  })
  const fault = {
    ...{ index: 0, kind, phase: 'measure' as const, atMs: 0, withinMs: 0, forMs, everyMs: 0, times: 1 },
    target: parseTarget(text) as Target,
    options: z.strictObject(findFault(kind).options).parse(options) as Record<string, unknown>,
  }
  await injector.run([fault], [{ index: 0, occurrence: 0, atMs: 0, untilMs: forMs }], nowUs())
  expect(await injector.end(), kind).toEqual([])
  return events
}

/** A partition whose last replica in sync is gone while the other one lives; a node may be away at a time, or the quorum would be. */
async function withoutLeader(): Promise<() => Promise<unknown>> {
  const { powers } = held.cluster
  const lonely = () => watch.latest().find(row => row.topic === LONELY)
  await powers?.kill(2)
  expect(await waitUntil(() => lonely()?.isr.join() === '1', WHOLE_MS)).toBe(true)
  await powers?.freeze(1)
  await powers?.start(2)
  expect(await waitUntil(() => lonely()?.leader === -1, WHOLE_MS)).toBe(true)
  return async () => powers?.thaw(1)
}

/** By hand, all but what somebody else must do, or this user may not. */
const isStruck = ({ kind, needsLogVolume }: Fault): boolean => {
  if (!isAll) return !(kind in SLOW)
  return kind !== 'manual' && (!needsLogVolume || hasVolumes)
}

const isWhole = (): Promise<boolean> => waitUntil(() => watch.isWhole(), WHOLE_MS)

describe(`faults on a routed cluster (${PROVIDER})`, () => {
  if (!isAll)
    for (const [kind, where] of Object.entries(SLOW)) console.log(`${kind} is not struck here, but by ${where}`)

  it.for(FAULTS.filter(isStruck).map(({ kind }) => kind))(
    '%s is proven, healed and read back, and leaves nothing',
    async kind => {
      const end = await GIVEN_STATE[kind]?.()
      const events = await strike(kind)
      await end?.()
      console.log(
        `${kind}: ${events.map(({ name, detail }) => detail['evidence'] ?? detail['reason'] ?? name).join(' | ')}`,
      )
      expect(events.map(({ name }) => name)).toEqual(['fault.ordered', 'fault.proven', 'fault.healing', 'fault.healed'])
      for (const { id } of held.cluster.info.nodes) expect(await held.cluster.powers?.state(id)).toBe('running')
      for (const { isOpen, toxics } of (await held.cluster.links?.read()) ?? [])
        expect({ isOpen, toxics }).toEqual({ isOpen: true, toxics: [] })
      const [journal] = await listJournals()
      expect([...(journal?.open.values() ?? [])].filter(entry => entry.kind === 'fault')).toEqual([])
      expect(await isWhole()).toBe(true)
      expect(crew.workers().map(({ spec }) => spec.worker)).toEqual(['billing-0'])
    },
  )

  it('names only faults that exist as slow', () => {
    for (const kind of [...Object.keys(SLOW), ...Object.keys(GIVEN)])
      expect(FAULTS.map(fault => fault.kind)).toContain(kind)
  })
})
