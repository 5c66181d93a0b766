// OpenMessaging Benchmark itself, from a folder of its jars: one window of the same load on the same broker, and what its process cost meanwhile.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { StartedCluster } from '../../src/cluster/cluster.ts'
import { findJava } from '../../src/cluster/java.ts'
import { TOPIC_CONFIG, withAdmin } from './broker.ts'
import { cpuSecondsOf } from './meter.ts'
import { spread } from './support.ts'

const MAIN = 'io.openmessaging.benchmark.Benchmark'
const DRIVER = 'io.openmessaging.benchmark.driver.kafka.KafkaBenchmarkDriver'
/** What its own start script gives it. */
const JVM_OPTIONS = ['-server', '-Xms4G', '-Xmx4G', '-XX:+UseG1GC']
/** It knows whole minutes only. */
const MINUTES = 1
const STARTS = 'Starting benchmark traffic'
/** It then closes its clients, and may never end by itself. */
const ENDS = 'Writing test result'
const DEADLINE_MS = 240_000
/** Its result is a few kilobytes. */
const WRITES_MS = 3000
/** Of the rate asked for. */
const RATE_NEAR = 0.01

export type PeerLoad = {
  /** A folder with its jars and those of Kafka's client. */
  jars: string
  perSecond: number
  valueBytes: number
  partitions: number
  lingerMs: number
  batchKiB: number
}

/** `wholePerMillion`: all that its process took from its start on, for the records after its warm-up. `latencyMs`: end to end, as it tells it. */
export type PeerWindow = {
  cpuPerMillion: number
  wholePerMillion: number
  latencyMs: { p50: number; p99: number }
}

type Cost = { measuredSeconds: number; wholeSeconds: number }

type Result = {
  publishRate: number[]
  consumeRate: number[]
  publishErrorRate: number[]
  aggregatedEndToEndLatency50pct: number
  aggregatedEndToEndLatency99pct: number
}

/** Both of its ends in the one process it runs them in; throws where it did not send and read what was asked for. */
export async function runPeer(cluster: StartedCluster, load: PeerLoad): Promise<PeerWindow> {
  const before = await withAdmin(cluster, admin => admin.listTopics())
  const directory = mkdtempSync(join(tmpdir(), 'gauntlet-bench-'))
  try {
    const cost = await runIn(directory, cluster, load)
    return windowOf(JSON.parse(readFileSync(join(directory, 'result.json'), 'utf8')) as Result, load, cost)
  } finally {
    rmSync(directory, { recursive: true, force: true })
    await withAdmin(cluster, async admin => {
      const added = (await admin.listTopics()).filter(
        topic => topic.startsWith('test-topic') && !before.includes(topic),
      )
      await admin.deleteTopics(added)
    })
  }
}

async function runIn(directory: string, cluster: StartedCluster, load: PeerLoad): Promise<Cost> {
  writeFileSync(join(directory, 'driver.json'), JSON.stringify(driverOf(cluster, load)))
  writeFileSync(join(directory, 'workload.json'), JSON.stringify(workloadOf(directory, load)))
  writeFileSync(join(directory, 'payload'), Buffer.alloc(load.valueBytes, 'x'))
  const java = await findJava()
  const args = [...JVM_OPTIONS, '-cp', join(load.jars, '*'), MAIN]
  const own = ['-d', 'driver.json', '-o', join(directory, 'result.json'), 'workload.json']
  const child = spawn(java.path, [...args, ...own], { cwd: directory, stdio: ['ignore', 'pipe', 'ignore'] })
  const deadline = setTimeout(() => child.kill('SIGKILL'), DEADLINE_MS)
  const gone = once(child, 'close')
  let [from, to] = [Number.NaN, Number.NaN]
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.includes(STARTS)) from = cpuSecondsOf(child.pid ?? 0)
    if (!line.includes(ENDS)) continue
    to = cpuSecondsOf(child.pid ?? 0)
    setTimeout(() => child.kill('SIGTERM'), WRITES_MS)
  }
  await gone
  clearTimeout(deadline)
  if (!(to > from)) throw new Error('no number: it did not come to its result')
  return { measuredSeconds: to - from, wholeSeconds: to }
}

function driverOf(cluster: StartedCluster, { lingerMs, batchKiB }: PeerLoad) {
  const lines = (config: Record<string, string | number>): string =>
    Object.entries(config)
      .map(([name, value]) => `${name}=${value}\n`)
      .join('')
  return {
    ...{ name: 'Kafka', driverClass: DRIVER, replicationFactor: 1, topicConfig: lines(TOPIC_CONFIG) },
    commonConfig: lines({ 'bootstrap.servers': cluster.bootstrap.join(',') }),
    producerConfig: lines({ acks: 'all', 'linger.ms': lingerMs, 'batch.size': batchKiB * 1024 }),
    // Its own driver file's.
    consumerConfig: lines({
      'auto.offset.reset': 'earliest',
      'enable.auto.commit': 'false',
      'max.partition.fetch.bytes': 10_485_760,
    }),
  }
}

function workloadOf(directory: string, { perSecond, valueBytes, partitions }: PeerLoad) {
  return {
    ...{ name: 'peer', topics: 1, partitionsPerTopic: partitions, messageSize: valueBytes },
    ...{ payloadFile: join(directory, 'payload'), producersPerTopic: 1, producerRate: perSecond },
    ...{ subscriptionsPerTopic: 1, consumerPerSubscription: 1, consumerBacklogSizeGB: 0 },
    ...{ warmupDurationMinutes: MINUTES, testDurationMinutes: MINUTES },
  }
}

function windowOf(result: Result, { perSecond }: PeerLoad, cost: Cost): PeerWindow {
  const { publishRate, consumeRate, publishErrorRate } = result
  const isErrorFree = publishErrorRate.every(rate => rate === 0)
  const isNear = [publishRate, consumeRate].every(rates => Math.abs(spread(rates).median / perSecond - 1) <= RATE_NEAR)
  if (!isErrorFree || !isNear)
    throw new Error(`no number: ${JSON.stringify({ publishRate, consumeRate, publishErrorRate })}`)
  const millions = (perSecond * MINUTES * 60) / 1e6
  return {
    cpuPerMillion: cost.measuredSeconds / millions,
    wholePerMillion: cost.wholeSeconds / millions,
    latencyMs: { p50: result.aggregatedEndToEndLatency50pct, p99: result.aggregatedEndToEndLatency99pct },
  }
}
