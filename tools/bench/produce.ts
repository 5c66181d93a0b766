// npm run bench:produce: the wire driver inside the harness, a bare pre-encoded loop and Kafka's own perf tool, alternately, against one broker; --flat watches the memory of a minute instead.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { StartedCluster } from '../../src/cluster/cluster.ts'
import { formatBytes } from '../../src/core/units.ts'
import { KAFKA_DEFAULT_VERSION } from '../../src/scenario/schema/cluster.ts'
import { withAdmin, withCluster, withTopic } from './broker.ts'
import { runJavaTool, runMetered, writePayloads } from './client-run.ts'
import { meterChildren, type Usage } from './meter.ts'
import { runOn, showSpread, spread } from './support.ts'
import { readTruth } from './truth.ts'

const PARTITIONS = 6
const BATCH_BYTES = 65_536
const PERF = 'org.apache.kafka.tools.ProducerPerformance'
/** Records of one window of the perf tool, and the goals: against bare, against Java, CPU-s per million, share of Java's CPU. */
const SIZES = {
  100: { javaRecords: 3_000_000, vsBare: 0.6, vsJava: 2.5, cpu: 0.4, cpuVsJava: 1 / 6 },
  1024: { javaRecords: 800_000, vsBare: 0.85, vsJava: 1.8, cpu: 2, cpuVsJava: undefined },
} as const
const MAX_RSS_BYTES = 250e6
const FLAT_SECONDS = 60
const FLAT_GROWTH = 1.1

type Size = keyof typeof SIZES
type Window = { perSecond: number; cpuPerMillion: number; rssBytes: number }

const options = process.argv.slice(2).filter(option => option.startsWith('--'))
const [pairs = 5, seconds = 8] = process.argv
  .slice(2)
  .filter(option => !option.startsWith('--'))
  .map(Number)
const sizes = (Object.keys(SIZES).map(Number) as Size[]).filter(
  size => !options.some(option => option.startsWith('--size=')) || options.includes(`--size=${size}`),
)

const scenario = (size: number, forSeconds = seconds, rate = 'max'): string => `
version: 1
name: produce
cluster: { layout: one-broker, kafka: "${KAFKA_DEFAULT_VERSION}" }
topics: [{ name: events, partitions: ${PARTITIONS}, config: { file.delete.delay.ms: 1000 } }]
producers:
  - name: writers
    driver: wire
    config: { acks: all, enable.idempotence: false, linger.ms: 5ms, batch.size: ${BATCH_BYTES} }
    values: { size: ${size}B }
load:
  phases:
    - { phase: warmup, for: 2s, rate: ${rate} }
    - { phase: steady, for: ${forSeconds}s, rate: ${rate} }
`

const asWindow = (perSecond: number, records: number, usage: Usage): Window => ({
  perSecond,
  cpuPerMillion: usage.cpuSeconds / (records / 1e6),
  rssBytes: usage.peakRssBytes,
})

async function mustHold(cluster: StartedCluster, topic: string, records: number, isStamped: boolean): Promise<void> {
  const truth = await readTruth(cluster.observerBootstrap, topic, isStamped)
  if (truth.records !== records || truth.missing > 0 || truth.doubled > 0)
    throw new Error(`no rate: ${records} acknowledged, but ${topic} holds ${JSON.stringify(truth)}`)
}

/** The real path: coordinator, worker process, recorder, ledger; CPU is the worker's beside its start, which `startSeconds` tells. */
async function wire(
  cluster: StartedCluster,
  size: Size,
  startSeconds: number,
  forSeconds = seconds,
): Promise<Window & { usage: Usage }> {
  const stop = meterChildren('/load/worker.')
  const analysis = await runOn(cluster, scenario(size, forSeconds), { keepTopics: true })
  const usage = stop()
  const trial = analysis.cells[0]?.trials[0]
  const topic = trial?.topics[0]?.name
  if (!trial || topic === undefined) throw new Error('the trial is not complete')
  try {
    await mustHold(cluster, topic, trial.accounting.acked, true)
  } finally {
    await withAdmin(cluster, admin => admin.deleteTopics([topic]))
  }
  const spent = { ...usage, cpuSeconds: usage.cpuSeconds - startSeconds }
  return { ...asWindow(trial.measures.throughputPerSecond, trial.accounting.acked, spent), usage }
}

async function bare(cluster: StartedCluster, size: Size): Promise<Window> {
  return withTopic(cluster, `bare-${Date.now()}`, PARTITIONS, async topic => {
    const program = new URL('./bare-producer.ts', import.meta.url).pathname
    const args = [program, cluster.bootstrap[0] ?? '', topic, size, seconds, PARTITIONS].map(String)
    const { stdout, usage } = await runMetered(process.execPath, args)
    const told = JSON.parse(stdout) as { records: number; perSecond: number; cpuSeconds: number }
    await mustHold(cluster, topic, told.records, true)
    return asWindow(told.perSecond, told.records, { ...usage, cpuSeconds: told.cpuSeconds })
  })
}

/** What the tool costs beside the start of its JVM, which `startSeconds` tells. */
async function java(cluster: StartedCluster, size: Size, payloads: string, startSeconds: number): Promise<Window> {
  const { javaRecords } = SIZES[size]
  return withTopic(cluster, `java-${Date.now()}`, PARTITIONS, async topic => {
    const { stdout, usage } = await perf(cluster, topic, javaRecords, payloads)
    const perSecond = Number(/([\d.]+) records\/sec/.exec(stdout.trim().split('\n').at(-1) ?? '')?.[1])
    await mustHold(cluster, topic, javaRecords, false)
    return asWindow(perSecond, javaRecords, { ...usage, cpuSeconds: usage.cpuSeconds - startSeconds })
  })
}

function perf(cluster: StartedCluster, topic: string, records: number, payloads: string) {
  const producer = ['acks=all', 'enable.idempotence=false', 'linger.ms=5', `batch.size=${BATCH_BYTES}`]
  return runJavaTool(PERF, [
    ...['--topic', topic, '--num-records', String(records), '--throughput', '-1', '--payload-file', payloads],
    ...['--producer-props', `bootstrap.servers=${cluster.bootstrap.join(',')}`, ...producer],
  ])
}

/** Memory after a quarter of a long window against its end: growth there would be a leak. */
async function flat(cluster: StartedCluster): Promise<boolean> {
  const { usage, perSecond } = await wire(cluster, 100, 0, FLAT_SECONDS)
  const { rssBytes } = usage
  const quarter = Math.floor(rssBytes.length / 4)
  const meanMb = (part: readonly number[]): number => part.reduce((sum, bytes) => sum + bytes, 0) / part.length / 1e6
  const [second, last] = [meanMb(rssBytes.slice(quarter, 2 * quarter)), meanMb(rssBytes.slice(-quarter))]
  console.log(
    `${FLAT_SECONDS} s at ${(perSecond / 1000).toFixed(0)} k msg/s: mean RSS ${second.toFixed(0)} MB in the second quarter, ${last.toFixed(0)} MB in the last, peak ${(usage.peakRssBytes / 1e6).toFixed(0)} MB`,
  )
  return last <= second * FLAT_GROWTH && usage.peakRssBytes <= MAX_RSS_BYTES
}

const CLIENTS = ['bare', 'wire', 'java'] as const
type Windows = Record<(typeof CLIENTS)[number], Window[]>

function report(size: Size, windows: Windows): boolean {
  const goals = SIZES[size]
  console.log(`\n${formatBytes(size)}, ${pairs} rounds (min – median – max)`)
  for (const name of CLIENTS) {
    const own = windows[name]
    console.log(
      `${name.padEnd(5)} ${showSpread(
        own.map(window => window.perSecond / 1000),
        0,
      )} k msg/s · ${showSpread(own.map(window => window.cpuPerMillion))} CPU-s/M · peak RSS ${Math.max(...own.map(window => window.rssBytes / 1e6)).toFixed(0)} MB`,
    )
  }
  const ratios = (other: 'bare' | 'java', read: (window: Window) => number): number[] =>
    windows.wire.map((window, i) => read(window) / read(windows[other][i] as Window))
  const vsBare = ratios('bare', window => window.perSecond)
  const vsJava = ratios('java', window => window.perSecond)
  const cpuVsJava = ratios('java', window => window.cpuPerMillion)
  console.log(
    `wire ÷ bare ${showSpread(vsBare)} (goal ≥ ${goals.vsBare}) · wire ÷ java ${showSpread(vsJava)} (goal ≥ ${goals.vsJava})`,
  )
  console.log(
    `CPU wire ÷ java ${showSpread(cpuVsJava, 3)}${goals.cpuVsJava ? ' (goal ≤ 0.167)' : ''} (CPU goal ≤ ${goals.cpu} s per million)`,
  )
  return (
    spread(vsBare).median >= goals.vsBare &&
    spread(vsJava).median >= goals.vsJava &&
    spread(windows.wire.map(window => window.cpuPerMillion)).median <= goals.cpu &&
    (goals.cpuVsJava === undefined || spread(cpuVsJava).median <= goals.cpuVsJava) &&
    windows.wire.every(window => window.rssBytes <= MAX_RSS_BYTES)
  )
}

const folder = mkdtempSync(join(tmpdir(), 'gauntlet-bench-'))
let isGood = true
try {
  await withCluster(scenario(100), async cluster => {
    if (options.includes('--flat')) {
      isGood = await flat(cluster)
      return
    }
    for (const size of sizes) {
      const payloads = join(folder, `payloads-${size}.txt`)
      writePayloads(payloads, size)
      const start = await withTopic(cluster, `start-${size}`, 1, topic => perf(cluster, topic, 1, payloads))
      const stop = meterChildren('/load/worker.')
      await runOn(cluster, scenario(size, 1, '1/s'))
      const wireStart = stop().cpuSeconds
      const windows: Windows = { bare: [], wire: [], java: [] }
      for (let round = 0; round < pairs; round++) {
        windows.bare.push(await bare(cluster, size))
        windows.wire.push(await wire(cluster, size, wireStart))
        windows.java.push(await java(cluster, size, payloads, start.usage.cpuSeconds))
        const shown = CLIENTS.map(name => `${name} ${((windows[name].at(-1)?.perSecond ?? 0) / 1000).toFixed(0)} k/s`)
        console.log(`${formatBytes(size)} round ${round + 1}: ${shown.join(', ')}`)
      }
      isGood = report(size, windows) && isGood
    }
  })
} finally {
  rmSync(folder, { recursive: true, force: true })
}
process.exitCode = isGood ? 0 : 1
