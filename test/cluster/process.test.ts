// The process provider with real brokers: what it starts is ready in time, obeys its powers, keeps its data, and leaves nothing behind.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { dataDirectory } from '../../src/cluster/places.ts'
import { environmentOf, findMarked } from '../../src/cluster/proc.ts'
import { findFreePorts } from '../../src/cluster/providers/process/ports.ts'
import { waitUntil } from '../../src/cluster/wait.ts'
import { KAFKA_DEFAULT_VERSION } from '../../src/scenario/schema/cluster.ts'
import { requireOrSkip } from '../support/require.ts'
import {
  canStart,
  createTopic,
  type Held,
  journalPath,
  leadersMoved,
  newRunId,
  nowUs,
  probe,
  READY_TIMEOUT_MS,
  readyAgain,
  remainsOf,
  type StartOptions,
  schedulerState,
  startCluster,
  topologyOf,
  useOwnJournals,
  withAdmin,
} from './process-support.ts'

useOwnJournals()
beforeEach(context => requireOrSkip('java', context))

describe('one broker with limits', () => {
  let held: Held
  let pid: number

  beforeAll(async () => {
    if (!canStart) return
    const resources = { cpus: 1.5, cpuset: '0', memory: 1024 ** 3, heap: 384 * 1024 ** 2 }
    held = await startCluster(topologyOf({ resources, config: { 'log.retention.hours': 7 } }))
    pid = Number(held.cluster.info.nodes[0]?.handle)
    await createTopic(held.cluster, 'gx-kept', 1)
  })

  it('says what it is, and what it says is so', async () => {
    const { info } = held.cluster
    expect(info).toMatchObject({ provider: 'process', path: 'loopback', kafkaVersion: KAFKA_DEFAULT_VERSION })
    expect(info.nodes).toMatchObject([{ id: 1, name: 'broker-1', client: held.cluster.bootstrap[0] }])
    const { found, settings } = await withAdmin(held.cluster, async admin => ({
      found: await admin.describeCluster(),
      settings: await admin.brokerConfigs(1),
    }))
    expect(found.clusterId).toBe(info.clusterId)
    expect(settings.find(setting => setting.name === 'log.retention.hours')?.value).toBe('7')
    expect(info.properties['broker-1']?.['log.retention.hours']).toBe('7')
  })

  it('holds the node to its limits, or says which it cannot hold', async () => {
    expect(readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')).toEqual(
      expect.arrayContaining(['-Xms384m', '-Xmx384m']),
    )
    expect(readFileSync(`/proc/${pid}/status`, 'utf8')).toMatch(/^Cpus_allowed_list:\t0$/m)
    const groups = readFileSync(`/proc/${pid}/cgroup`, 'utf8')
    const notes = held.cluster.info.notes?.join('\n') ?? ''
    for (const [name, file, value] of [
      ['cpu', 'cpu.cfs_quota_us', '150000'],
      ['memory', 'memory.limit_in_bytes', String(1024 ** 3)],
    ] as const) {
      const path = new RegExp(`^\\d+:(?:[\\w,]+,)?${name}(?:,[\\w,]+)?:(.*)$`, 'm').exec(groups)?.[1] ?? ''
      if (path.includes(held.runId)) {
        expect(readFileSync(join('/sys/fs/cgroup', name, path, file), 'utf8').trim()).toBe(value)
      } else expect(notes).toMatch(new RegExp(`^${name}.* is not enforced`, 'm'))
    }
  })

  it('marks its process, and passes on no secret of ours', () => {
    expect(environmentOf(pid, 'GAUNTLET_RUN')).toBe(held.runId)
    expect(environmentOf(pid, 'GAUNTLET_NODE')).toBe('node-1')
    expect(environmentOf(pid, 'GAUNTLET_STATE')).toBeUndefined()
    expect(readFileSync(`/proc/${pid}/stat`, 'utf8').split(' ')[4]).toBe(String(pid))
  })

  it('writes a record to every partition and reads it back', async () => {
    expect(await probe(held.cluster, 'gx-kept')).toEqual([1, 1, 1])
    const startedAtMs = performance.now()
    expect(await probe(held.cluster, 'gx-kept')).toEqual([2, 2, 2])
    console.log(`probe of 3 partitions on a warm cluster: ${Math.round(performance.now() - startedAtMs)} ms`)
  })

  it('samples counters that grow with work', async () => {
    const [first] = await held.cluster.sample(nowUs)
    for (let round = 0; round < 3; round++) await probe(held.cluster, 'gx-kept')
    const [second] = await held.cluster.sample(nowUs)
    if (!first || !second) throw new Error('no sample')
    expect(second.atUs).toBeGreaterThan(first.atUs)
    expect(second.cpuSeconds).toBeGreaterThan(first.cpuSeconds)
    expect(second.diskWriteBytes).toBeGreaterThanOrEqual(first.diskWriteBytes ?? 0)
    expect(second.memoryBytes).toBeGreaterThan(100 * 1024 ** 2)
    expect(second.memoryBytes).toBeLessThan(1024 ** 3)
  })

  it('runs Kafka’s own tools, counts segment bytes and shows its log', async () => {
    await probe(held.cluster, 'gx-kept')
    const offsets = await held.cluster.tool?.('org.apache.kafka.tools.GetOffsetShell', [
      '--bootstrap-server',
      held.cluster.observerBootstrap.join(','),
      '--topic',
      'gx-kept',
    ])
    expect(offsets).toMatchObject({ exitCode: 0, stderr: '' })
    const expected = await withAdmin(held.cluster, admin => admin.offsets('gx-kept'))
    expect(offsets?.stdout.trim().split('\n').sort()).toEqual(
      expected.latest.map((offset, partition) => `gx-kept:${partition}:${offset}`),
    )
    const wrong = await held.cluster.tool?.('org.apache.kafka.tools.GetOffsetShell', ['--no-such-option'])
    expect(wrong?.exitCode).not.toBe(0)
    expect(await held.cluster.logDirBytes?.('gx-kept')).toBeGreaterThan(0)
    expect(await held.cluster.logDirBytes?.('gx-other')).toBe(0)
    const log = await held.cluster.logs(1, 5)
    expect(log.split('\n')).toHaveLength(5)
    expect(await held.cluster.logs(1, 5000)).toContain('Kafka Server started')
  })

  it('freezes, thaws, kills, stops and starts, and keeps every acknowledged record', async () => {
    const { powers } = held.cluster
    if (!powers) throw new Error('no powers')
    const before = await withAdmin(held.cluster, admin => admin.offsets('gx-kept'))
    await powers.freeze(1)
    expect(await powers.state(1)).toBe('frozen')
    expect(schedulerState(pid)).toBe('T')
    await powers.thaw(1)
    expect(await powers.state(1)).toBe('running')
    expect(schedulerState(pid)).not.toBe('T')
    const [alive] = await held.cluster.sample(nowUs)
    await powers.kill(1)
    expect(await powers.state(1)).toBe('gone')
    expect(findMarked(held.runId)).toEqual([])
    expect(await held.cluster.sample(nowUs)).toEqual([])
    await powers.start(1)
    await readyAgain(held.cluster, 1)
    expect(held.cluster.info.nodes[0]?.handle).not.toBe(String(pid))
    const [reborn] = await held.cluster.sample(nowUs)
    expect(reborn?.cpuSeconds).toBeGreaterThan(alive?.cpuSeconds ?? Number.POSITIVE_INFINITY)
    expect(await powers.stop(1)).toBe(143)
    await powers.start(1)
    await readyAgain(held.cluster, 1)
    expect(await withAdmin(held.cluster, admin => admin.offsets('gx-kept'))).toEqual(before)
  })

  it('refuses a directory that somebody else holds and leaves it alone', async () => {
    const runId = newRunId()
    const foreign = dataDirectory(runId)
    mkdirSync(foreign)
    writeFileSync(join(foreign, 'theirs'), 'kept')
    await expect(startCluster(topologyOf(), { runId })).rejects.toMatchObject({
      code: 'E306',
      message: expect.stringContaining('exists already'),
    })
    expect(readFileSync(join(foreign, 'theirs'), 'utf8')).toBe('kept')
    rmSync(foreign, { recursive: true })
    expect(remainsOf(runId)).toEqual([])
  })

  it('leaves nothing behind within five seconds, frozen or not, and may be disposed of twice', async () => {
    await held.cluster.powers?.freeze(1)
    const startedAtMs = performance.now()
    await held.cluster[Symbol.asyncDispose]()
    const tookMs = performance.now() - startedAtMs
    expect(remainsOf(held.runId)).toEqual([journalPath(held.runId)])
    await held[Symbol.asyncDispose]()
    expect(remainsOf(held.runId)).toEqual([])
    expect(tookMs).toBeLessThan(5000)
  })
})

describe('three brokers', () => {
  it.each(['combined', 'dedicated'] as const)('%s: serve on while one is gone, and take it back', async controllers => {
    const topology = topologyOf({ brokers: 3, controllers, racks: ['a', 'b', 'c'] })
    const held = await startCluster(topology)
    const { cluster } = held
    try {
      expect(cluster.info.nodes).toHaveLength(controllers === 'combined' ? 3 : 6)
      await createTopic(cluster, 'gx-three', 3)
      expect(await probe(cluster, 'gx-three')).toEqual([1, 1, 1])
      await cluster.powers?.kill(2)
      await leadersMoved(cluster, 'gx-three', 2)
      // An attempt that a dying leader stored may be made again.
      for (const end of await probe(cluster, 'gx-three')) expect(end).toBeGreaterThanOrEqual(2)
      expect((await cluster.sample(nowUs)).map(sample => sample.node)).not.toContain('broker-2')
      await cluster.powers?.start(2)
      await readyAgain(cluster, 3)
      for (const end of await probe(cluster, 'gx-three')) expect(end).toBeGreaterThanOrEqual(3)
    } finally {
      await held[Symbol.asyncDispose]()
    }
    expect(remainsOf(held.runId)).toEqual([])
  })
})

describe('a start that fails', () => {
  const failing = async (topology: ReturnType<typeof topologyOf>, options: StartOptions = {}) => {
    const runId = options.runId ?? newRunId()
    const error: unknown = await startCluster(topology, { ...options, runId }).then(
      () => undefined,
      (reason: unknown) => reason,
    )
    expect(remainsOf(runId)).toEqual([])
    return error
  }

  it('names the property that Kafka refuses', async () => {
    expect(await failing(topologyOf({ config: { 'num.io.threads': 'many' } }))).toMatchObject({
      code: 'E306',
      message: expect.stringMatching(/many[\s\S]*num\.io\.threads/),
    })
  })

  it('names a broker that ends by itself with its last words', async () => {
    expect(await failing(topologyOf({ config: { 'metric.reporters': 'no.such.Reporter' } }))).toMatchObject({
      code: 'E308',
      message: expect.stringMatching(/broker-1 ended by itself with exit code 1[\s\S]*no\.such\.Reporter/),
    })
  })

  it('names what the JVM itself refuses', async () => {
    expect(await failing(topologyOf({ resources: { heap: 2 ** 50 } }))).toMatchObject({
      code: 'E308',
      message: expect.stringMatching(/heap/i),
    })
  })

  it('gives up at the deadline with the log of the node', async () => {
    expect(await failing(topologyOf(), { readyTimeoutMs: 1 })).toMatchObject({
      code: 'E306',
      message: expect.stringContaining('last log lines'),
    })
  })

  it('tries other ports three times, then says so', async () => {
    const server = createServer()
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const { port: taken } = server.address() as AddressInfo
    const [observer, internal, controller] = await findFreePorts(3)
    const listeners = [
      `CLIENT://127.0.0.1:${taken}`,
      `OBSERVER://127.0.0.1:${observer}`,
      `INTERNAL://127.0.0.1:${internal}`,
      `CONTROLLER://127.0.0.1:${controller}`,
    ].join(',')
    const config = {
      listeners,
      'advertised.listeners': listeners,
      'controller.quorum.voters': `1@127.0.0.1:${controller}`,
    }
    try {
      expect(await failing({ ...topologyOf(), config })).toMatchObject({
        code: 'E303',
        message: expect.stringMatching(/3 times in a row[\s\S]*already in use/),
      })
    } finally {
      server.close()
    }
  })

  it('stops at an abort', async () => {
    const abort = new AbortController()
    const runId = newRunId()
    const failed = failing(topologyOf(), { signal: abort.signal, runId })
    // From the process to the first answer of a broker is the longest part of a start, however fast the machine.
    const seen = await waitUntil(() => findMarked(runId).some(({ name }) => name === 'node-1'), READY_TIMEOUT_MS)
    abort.abort(new Error('interrupted'))
    expect(await failed).toMatchObject({ message: 'interrupted' })
    expect(seen).toBe(true)
  })
})
