// What every provider that starts nodes promises, asked of each of them with a real broker.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { NodePowers, NodeSample, Provider, StartedCluster } from '../../src/cluster/cluster.ts'
import { listJournals, type OwnJournal, openJournal } from '../../src/cluster/journal-file.ts'
import { dockerProvider } from '../../src/cluster/providers/docker/provider.ts'
import { processProvider } from '../../src/cluster/providers/process.ts'
import { ClusterAdmin } from '../../src/protocol/admin.ts'
import { KAFKA_DEFAULT_VERSION } from '../../src/scenario/schema/cluster.ts'
import {
  createTopic,
  newRunId,
  nowUs,
  probe,
  READY_TIMEOUT_MS,
  readyAgain,
  topologyOf,
  useOwnJournals,
  withAdmin,
} from '../cluster/process-support.ts'
import { type Need, requireOrSkip } from '../support/require.ts'

useOwnJournals()

const TOPIC = 'gx-contract'

describe.each<[Need, Provider]>([
  ['java', processProvider],
  ['docker', dockerProvider],
])('the provider that needs %s', (need, provider) => {
  const runId = newRunId()
  let journal: OwnJournal
  let cluster: StartedCluster
  let powers: NodePowers

  const openEntries = async () =>
    [...((await listJournals()).find(found => found.runId === runId)?.open.values() ?? [])].map(({ kind }) => kind)
  const sample = async (): Promise<NodeSample> => {
    const [first, ...others] = await cluster.sample(nowUs)
    expect(others).toEqual([])
    if (!first) throw new Error('no sample')
    return first
  }

  beforeAll(async () => {
    if (await provider.unavailable({ kafkaVersion: KAFKA_DEFAULT_VERSION })) return
    journal = await openJournal(runId)
    const topology = topologyOf({ brokerMetrics: true })
    cluster = await provider.start({ topology, runId, journal, readyTimeoutMs: READY_TIMEOUT_MS })
    if (!cluster.powers) throw new Error('no powers')
    powers = cluster.powers
    await createTopic(cluster, TOPIC, 1)
    await probe(cluster, TOPIC)
  })
  afterAll(async () => {
    await cluster?.[Symbol.asyncDispose]()
    await journal?.close()
    expect((await listJournals()).map(found => found.runId)).not.toContain(runId)
  })
  beforeEach(context => requireOrSkip(need, context))

  it('tells addresses that answer, as the cluster that it says it is', async () => {
    expect(cluster.info.provider).toBe(provider.name)
    expect(cluster.info.startedInMs).toBeGreaterThan(0)
    expect(cluster.info.nodes.map(node => node.client)).toEqual(cluster.bootstrap)
    expect(cluster.info.nodes.map(node => node.observer)).toEqual(cluster.observerBootstrap)
    expect(cluster.bootstrap).not.toEqual(cluster.observerBootstrap)
    for (const brokers of [cluster.bootstrap, cluster.observerBootstrap]) {
      const admin = await ClusterAdmin.connect({ brokers })
      const found = await admin.describeCluster()
      await admin.close()
      expect(found.clusterId).toBe(cluster.info.clusterId)
      expect(found.brokers.map(({ host, port }) => `${host}:${port}`)).toEqual(brokers)
    }
    expect(cluster.info.properties['broker-1']).toMatchObject({ 'node.id': '1' })
  })

  it('samples counters that only grow', async () => {
    const before = await sample()
    await probe(cluster, TOPIC)
    const after = await sample()
    expect(after.node).toBe('broker-1')
    expect(after.atUs).toBeGreaterThan(before.atUs)
    expect(after.cpuSeconds).toBeGreaterThan(before.cpuSeconds)
    expect(after.memoryBytes).toBeGreaterThan(50 * 1024 ** 2)
    for (const name of ['netInBytes', 'netOutBytes', 'diskReadBytes', 'diskWriteBytes'] as const) {
      if (before[name] !== undefined) expect(after[name]).toBeGreaterThanOrEqual(before[name])
    }
  })

  it('tells what the broker itself counted, and the stops of its JVM', async () => {
    const ask = async () => {
      const lacks: string[] = []
      const samples = await cluster.brokerMetrics?.sample(nowUs, (node, reason) => lacks.push(`${node}: ${reason}`))
      expect(lacks).toEqual([])
      expect(samples).toMatchObject([{ node: 'broker-1' }])
      return samples?.[0]?.values ?? {}
    }
    const before = await ask()
    await probe(cluster, TOPIC)
    const after = await ask()
    for (const name of ['handler.idle.ns', 'produce.count', 'produce.total.ms', 'fetch.count', 'bytes.in', 'bytes.out'])
      expect(after[name], name).toBeGreaterThan(before[name] ?? Number.POSITIVE_INFINITY)
    for (const name of ['request.queue', 'flush.ms', 'gc.ms', 'under.replicated', 'isr.shrinks', 'follow.remote.ms'])
      expect(after[name], name).toBeGreaterThanOrEqual(0)
    expect(Object.keys(after).filter(name => name.startsWith('network.idle.ns.CLIENT.'))).not.toEqual([])
    const [log] = (await cluster.brokerMetrics?.pauses()) ?? []
    expect(log?.node).toBe('broker-1')
    expect(log?.pauses.length).toBeGreaterThan(0)
    for (const { monotonicNs } of log?.pauses ?? []) expect(monotonicNs).toBeLessThan(Number(process.hrtime.bigint()))
  })

  it('shows logs, counts segments, and has Kafka’s tool bear witness', async () => {
    expect((await cluster.logs(1, 3)).split('\n').length).toBeLessThanOrEqual(3)
    const { latest } = await withAdmin(cluster, admin => admin.offsets(TOPIC))
    const shell = await cluster.tool?.('org.apache.kafka.tools.GetOffsetShell', [
      '--bootstrap-server',
      cluster.observerBootstrap.join(','),
      '--topic',
      TOPIC,
    ])
    expect(shell?.exitCode).toBe(0)
    expect(shell?.stdout.trim().split('\n').sort()).toEqual(latest.map((end, at) => `${TOPIC}:${at}:${end}`))
    expect(await cluster.logDirBytes?.(TOPIC)).toBeGreaterThan(0)
    expect(await cluster.logDirBytes?.(`${TOPIC}-none`)).toBe(0)
  })

  it('freezes a node that then keeps silent, journals that first, and thaws it', async () => {
    await powers.freeze(1)
    expect(await powers.state(1)).toBe('frozen')
    expect(await openEntries()).toContain('fault')
    const first = await sample()
    const asked = ClusterAdmin.connect({
      brokers: cluster.observerBootstrap,
      connectionTimeoutMs: 500,
      requestTimeoutMs: 500,
      retries: 0,
    })
    await expect(asked).rejects.toMatchObject({ code: 'E307' })
    expect((await sample()).cpuSeconds).toBe(first.cpuSeconds)
    await powers.thaw(1)
    expect(await powers.state(1)).toBe('running')
    expect(await openEntries()).not.toContain('fault')
    await probe(cluster, TOPIC)
  })

  it('kills and stops a node, which then comes back with its records at the same address', async () => {
    const before = await withAdmin(cluster, admin => admin.offsets(TOPIC))
    await powers.kill(1)
    expect(await powers.state(1)).toBe('gone')
    expect(await cluster.sample(nowUs)).toEqual([])
    await powers.start(1)
    await readyAgain(cluster, 1)
    expect(await powers.stop(1)).toBe(143)
    expect(await powers.state(1)).toBe('gone')
    await powers.start(1)
    expect(await readyAgain(cluster, 1)).toBe(cluster.info.clusterId)
    expect(await withAdmin(cluster, admin => admin.offsets(TOPIC))).toEqual(before)
    expect(await openEntries()).not.toContain('fault')
  })

  it('knows no other node', async () => {
    await expect(powers.state(7)).rejects.toThrow(RangeError)
    await expect(Promise.resolve().then(() => cluster.logs(7, 1))).rejects.toThrow(RangeError)
  })
})
