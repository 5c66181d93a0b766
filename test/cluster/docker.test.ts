// The docker provider on a real engine: what it starts is ready, obeys its powers, keeps its data, and leaves nothing behind.
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { StartedCluster } from '../../src/cluster/cluster.ts'
import { findLocalImage } from '../../src/cluster/images/choose.ts'
import { askEngine, openDocker } from '../../src/cluster/providers/docker/client.ts'
import { dockerProvider } from '../../src/cluster/providers/docker/provider.ts'
import { dockerReaper, listOfRun } from '../../src/cluster/providers/docker/remove.ts'
import { waitForCluster } from '../../src/cluster/ready.ts'
import { ClusterAdmin } from '../../src/protocol/admin.ts'
import { KAFKA_DEFAULT_VERSION } from '../../src/scenario/schema/cluster.ts'
import type { Topology } from '../../src/topology/topology.ts'
import {
  consume,
  lacksDocker,
  type MemoryJournal,
  memoryJournal,
  namedOn,
  produce,
  run,
  topologyOf,
} from './docker-support.ts'

const lacking = await lacksDocker()
const client = openDocker()
const READY_TIMEOUT_MS = 60_000
const nowUs = () => Math.round((performance.timeOrigin + performance.now()) * 1000)

const newRun = () => `t${randomBytes(5).toString('hex')}`

async function start(
  topology: Topology,
  runId = newRun(),
  readyTimeoutMs = READY_TIMEOUT_MS,
): Promise<{ cluster: StartedCluster; journal: MemoryJournal; runId: string }> {
  const journal = memoryJournal(runId)
  const cluster = await dockerProvider.start({ topology, runId, journal, readyTimeoutMs })
  return { cluster, journal, runId }
}

async function createTopic(cluster: StartedCluster, name: string, replicationFactor: number): Promise<void> {
  const admin = await ClusterAdmin.connect({ brokers: cluster.observerBootstrap })
  try {
    await admin.createTopics([{ name, partitions: 3, replicationFactor, config: {} }])
  } finally {
    await admin.close()
  }
}

const again = (cluster: StartedCluster, expected: number) =>
  waitForCluster({ brokers: cluster.observerBootstrap, expected, deadlineMs: READY_TIMEOUT_MS, stillAlive: () => {} })

const lines = (prefix: string, count: number) => Array.from({ length: count }, (_, index) => `${prefix}-${index}`)

describe.skipIf(lacking)('one broker', () => {
  let cluster: StartedCluster
  let journal: MemoryJournal
  let runId: string
  const decoy = `decoy-${newRun()}`

  beforeAll(async () => {
    const image = await findLocalImage(client, { version: KAFKA_DEFAULT_VERSION })
    await client.call('make decoys', async docker => {
      await docker.createVolume({ Name: decoy })
      await docker.createContainer({ name: decoy, Image: image?.id ?? '' })
    })
    ;({ cluster, journal, runId } = await start(
      topologyOf({
        resources: { cpus: 1.5, cpuset: '0-1', memory: 1024 ** 3, heap: 384 * 1024 ** 2 },
        config: { 'log.retention.hours': 7 },
      }),
    ))
    console.log(`one broker ready in ${cluster.info.startedInMs} ms`)
    await createTopic(cluster, 'gx-kept', 1)
  }, 120_000)

  afterAll(async () => {
    await cluster?.[Symbol.asyncDispose]()
    await client.call('remove decoys', async docker => {
      await docker.getContainer(decoy).remove({ v: true, force: true })
      await docker.getVolume(decoy).remove()
    })
  }, 60_000)

  it('says what it is', async () => {
    expect(cluster.info).toMatchObject({
      provider: 'docker',
      path: 'container-address',
      kafkaVersion: KAFKA_DEFAULT_VERSION,
    })
    expect(cluster.info.imageId).toMatch(/^sha256:/)
    const admin = await ClusterAdmin.connect({ brokers: cluster.observerBootstrap })
    const found = await admin.describeCluster()
    const settings = await admin.brokerConfigs(1)
    await admin.close()
    expect(found.clusterId).toBe(cluster.info.clusterId)
    expect(settings.find(setting => setting.name === 'log.retention.hours')?.value).toBe('7')
    expect(cluster.info.properties['broker-1']?.['log.retention.hours']).toBe('7')
  })

  it('gives the node its limits and no privilege, and writes the journal before every act', async () => {
    const { HostConfig, Config, State } = await client.call('inspect', docker =>
      docker.getContainer(cluster.info.nodes[0]?.handle ?? '').inspect(),
    )
    expect(HostConfig).toMatchObject({
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges'],
      NanoCpus: 1.5e9,
      CpusetCpus: '0-1',
      Memory: 1024 ** 3,
      PortBindings: {},
    })
    expect(HostConfig.PidsLimit).toBeGreaterThan(0)
    expect(Config.Env).toContain('KAFKA_HEAP_OPTS=-Xms384m -Xmx384m')
    expect(Config.User).not.toBe('')
    expect(await run('cat', [`/proc/${State.Pid}/comm`])).toBe('java\n')
    expect(journal.all.slice(0, 3).map(entry => entry.kind)).toEqual(['network', 'volume', 'container'])
  })

  it('lifts the limits of the node for a while, and gives them back', async () => {
    const { cores } = await askEngine(client)
    const bounds = async () => {
      const handle = cluster.info.nodes[0]?.handle ?? ''
      const { HostConfig } = await client.call('inspect', docker => docker.getContainer(handle).inspect())
      return [HostConfig.NanoCpus, HostConfig.CpusetCpus]
    }
    const lower = await cluster.liftLimits?.()
    expect(await bounds()).toEqual([cores * 1e9, cores === 1 ? '0' : `0-${cores - 1}`])
    await lower?.()
    expect(await bounds()).toEqual([1.5e9, '0-1'])
  })

  it('is a project in the eyes of compose', async () => {
    const project = `gauntlet-${runId}`
    const list = await run('docker-compose', ['-p', project, '-f', 'compose/one-broker.yaml', 'ps', '--quiet'])
    expect(list.trim().split('\n')).toHaveLength(1)
    expect(
      await run('docker-compose', ['-p', project, '-f', 'compose/one-broker.yaml', 'logs', '--tail', '5']),
    ).toContain('broker-1')
  })

  it('samples counters that grow with the load', async () => {
    const [first] = await cluster.sample(nowUs)
    await produce(cluster.bootstrap, 'gx-kept', lines('sampled', 20_000))
    const [second] = await cluster.sample(nowUs)
    expect(first && second && second.atUs - first.atUs).toBeGreaterThan(0)
    expect(second?.cpuSeconds).toBeGreaterThan(first?.cpuSeconds ?? Number.POSITIVE_INFINITY)
    expect((second?.netInBytes ?? 0) - (first?.netInBytes ?? 0)).toBeGreaterThan(20_000 * 10)
    expect(second?.memoryBytes).toBeGreaterThan(100 * 1024 ** 2)
    expect(second?.memoryBytes).toBeLessThan(1024 ** 3)
  })

  it('counts segment bytes and runs Kafka’s own tools', async () => {
    const offsets = await cluster.tool?.('org.apache.kafka.tools.GetOffsetShell', [
      '--bootstrap-server',
      cluster.observerBootstrap.join(','),
      '--topic',
      'gx-kept',
    ])
    expect(offsets).toMatchObject({ exitCode: 0, stderr: '' })
    const total = offsets?.stdout
      .trim()
      .split('\n')
      .reduce((sum, line) => sum + Number(line.split(':')[2]), 0)
    expect(total).toBe(20_000)
    expect(await cluster.logDirBytes?.('gx-kept')).toBeGreaterThan(20_000 * 10)
    expect(await cluster.logDirBytes?.('gx-other')).toBe(0)
    const wrong = await cluster.tool?.('org.apache.kafka.tools.GetOffsetShell', ['--no-such-option'])
    expect(wrong?.exitCode).not.toBe(0)
  })

  it('freezes, thaws, kills, stops and starts, and keeps every acknowledged record', async () => {
    const kept = await consume(cluster.bootstrap, 'gx-kept')
    const powers = cluster.powers
    if (!powers) throw new Error('no powers')
    await powers.freeze(1)
    expect(await powers.state(1)).toBe('frozen')
    expect(journal.open().at(-1)).toMatchObject({ kind: 'fault', heal: expect.stringContaining('docker unpause') })
    await powers.thaw(1)
    expect(await powers.state(1)).toBe('running')
    await powers.kill(1)
    expect(await powers.state(1)).toBe('gone')
    expect(await cluster.sample(nowUs)).toEqual([])
    await powers.start(1)
    await again(cluster, 1)
    expect(await powers.stop(1)).toBe(143)
    await powers.start(1)
    await again(cluster, 1)
    expect(journal.open().filter(entry => entry.kind === 'fault')).toEqual([])
    expect((await consume(cluster.bootstrap, 'gx-kept')).sort()).toEqual(kept.sort())
    expect(kept).toHaveLength(20_000)
  }, 120_000)

  it('refuses a name that somebody else holds and leaves its holder alone', async () => {
    await expect(start(topologyOf(), runId)).rejects.toMatchObject({
      code: 'E306',
      message: expect.stringContaining('exists already'),
    })
    expect(await cluster.powers?.state(1)).toBe('running')
    expect(await listOfRun(client, runId)).toHaveLength(3)
  })

  it('leaves nothing behind, frozen or not, and touches nothing else', async () => {
    await cluster.powers?.freeze(1)
    await cluster[Symbol.asyncDispose]()
    expect(await listOfRun(client, runId)).toEqual([])
    expect(await namedOn(client, runId)).toEqual([])
    expect(await namedOn(client, decoy)).toEqual([`container ${decoy}`, `volume ${decoy}`])
    expect(journal.open()).toEqual([])
    await cluster[Symbol.asyncDispose]()
  }, 60_000)
})

describe.skipIf(lacking)('three brokers', () => {
  it('start together, survive the loss of one, and are gone afterwards', async () => {
    const { cluster, journal, runId } = await start(topologyOf({ brokers: 3, racks: ['a', 'b', 'c'] }))
    {
      await using held = cluster
      console.log(`three brokers ready in ${held.info.startedInMs} ms`)
      expect(held.bootstrap).toHaveLength(3)
      await createTopic(held, 'gx-three', 3)
      await produce(held.bootstrap, 'gx-three', lines('three', 3000))
      expect(await held.sample(nowUs)).toHaveLength(3)
      await held.powers?.kill(2)
      expect((await consume(held.bootstrap, 'gx-three')).length).toBe(3000)
      expect((await held.sample(nowUs)).map(sample => sample.node)).toEqual(['broker-1', 'broker-3'])
      await held.powers?.start(2)
      await again(held, 3)
      expect((await dockerReaper(client).list(runId)).map(item => item.kind).sort()).toEqual([
        ...Array(3).fill('container'),
        'network',
        ...Array(3).fill('volume'),
      ])
    }
    expect(await namedOn(client, runId)).toEqual([])
    expect(journal.open()).toEqual([])
  }, 180_000)
})

describe.skipIf(lacking)('a start that fails', () => {
  it('names a broker that ends by itself with its last words, and leaves nothing', async () => {
    const runId = newRun()
    await expect(start(topologyOf({ config: { 'num.io.threads': 'many' } }), runId)).rejects.toMatchObject({
      code: 'E308',
      message: expect.stringMatching(/exit code 1[\s\S]*num\.io\.threads/),
    })
    expect(await namedOn(client, runId)).toEqual([])
  }, 60_000)

  it('gives up at the deadline with the log of the node, and leaves nothing', async () => {
    const runId = newRun()
    await expect(start(topologyOf(), runId, 1)).rejects.toMatchObject({
      code: 'E306',
      message: expect.stringContaining('last log lines'),
    })
    expect(await namedOn(client, runId)).toEqual([])
  }, 60_000)

  it('names an image that is not here and cannot be pulled', async () => {
    const image = 'kafka-gauntlet/no-such-image:0'
    const journal = memoryJournal(newRun())
    await expect(
      dockerProvider.start({ topology: topologyOf(), image, runId: journal.runId, journal, readyTimeoutMs: 1000 }),
    ).rejects.toMatchObject({
      code: 'E302',
      message: expect.stringContaining(image),
    })
    expect(journal.all).toEqual([])
  }, 60_000)

  it('stops at an abort and leaves nothing', async () => {
    const abort = new AbortController()
    const journal = memoryJournal(newRun(), async entry => {
      if (entry.kind === 'container') abort.abort(new Error('interrupted'))
    })
    await expect(
      dockerProvider.start({
        topology: topologyOf(),
        runId: journal.runId,
        journal,
        readyTimeoutMs: READY_TIMEOUT_MS,
        signal: abort.signal,
      }),
    ).rejects.toThrow('interrupted')
    expect(await namedOn(client, journal.runId)).toEqual([])
    expect(journal.open()).toEqual([])
  }, 60_000)
})
