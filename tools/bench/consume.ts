// npm run bench:consume: the wire reader with every record verified, a bare loop, Kafka's own perf tool and kcat, alternately, over one filled topic.
import { spawnSync } from 'node:child_process'
import type { StartedCluster } from '../../src/cluster/cluster.ts'
import { KAFKA_DEFAULT_VERSION } from '../../src/scenario/schema/cluster.ts'
import { withCluster, withTopic } from './broker.ts'
import { runJavaTool, runMetered } from './client-run.ts'
import { fill } from './fill.ts'
import type { Usage } from './meter.ts'
import { showSpread, spread } from './support.ts'

const PARTITIONS = 6
const VALUE_BYTES = 100
const PERF = 'org.apache.kafka.tools.ConsumerPerformance'
/** Medians: against Java's fetch rate, and CPU-s per million records. */
const GOALS = { vsJava: 1.5, cpu: 0.4 }
/** Column of the perf tool that holds the rate without the time until partitions were assigned, and the one before its records. */
const FETCH_RATE = 'fetch.nMsg.sec'
const RECORDS_READ = 'data.consumed.in.nMsg'

type Window = { perSecond: number; cpuPerMillion: number; rssBytes: number }
type Client = (cluster: StartedCluster, topic: string, stored: number) => Promise<Window>

const [pairs = 5, records = 12_000_000] = process.argv.slice(2).map(Number)

const asWindow = (perSecond: number, stored: number, usage: Usage): Window => ({
  perSecond,
  cpuPerMillion: usage.cpuSeconds / (stored / 1e6),
  rssBytes: usage.peakRssBytes,
})

/** A program of ours: it tells its own rate and CPU, start of the process included; what it counted must be what is stored. */
const own =
  (program: URL, expected: (stored: number) => Record<string, number>): Client =>
  async (cluster, topic, stored) => {
    const args = [program.pathname, cluster.bootstrap[0] ?? '', topic, PARTITIONS, stored].map(String)
    const { stdout, usage } = await runMetered(process.execPath, args)
    const told = JSON.parse(stdout) as { perSecond: number; cpuSeconds: number; counters: Record<string, number> }
    for (const [name, n] of Object.entries(expected(stored)))
      if ((told.counters[name] ?? 0) !== n)
        throw new Error(`no rate: ${n} ${name} expected, counted ${JSON.stringify(told.counters)}`)
    return asWindow(told.perSecond, stored, { ...usage, cpuSeconds: told.cpuSeconds })
  }

/** Every record's envelope was right, and each sequence went on without a gap or a repeat. */
const wire = own(new URL('./wire-reader.ts', import.meta.url), stored => ({
  ...{ received: stored, verified: stored, 'sequence.skipped': 0, 'sequence.repeated': 0, reread: 0, foreign: 0 },
}))
const bare = own(new URL('./bare-consumer.ts', import.meta.url), stored => ({ received: stored }))

function perf(cluster: StartedCluster, topic: string, stored: number) {
  const address = ['--bootstrap-server', cluster.bootstrap.join(',')]
  return runJavaTool(PERF, [...address, '--topic', topic, '--num-records', String(stored)])
}

/** CPU without the start of a JVM that reads one record, `startSeconds`. */
const java =
  (startSeconds: number): Client =>
  async (cluster, topic, stored) => {
    const { stdout, usage } = await perf(cluster, topic, stored)
    const [head = '', row = ''] = stdout.trim().split('\n').slice(-2)
    const columns = head.split(',').map(name => name.trim())
    const cell = (name: string): number => Number(row.split(',')[columns.indexOf(name)])
    if (cell(RECORDS_READ) !== stored) throw new Error(`no rate: ${stored} stored, the tool read ${cell(RECORDS_READ)}`)
    return asWindow(cell(FETCH_RATE), stored, { ...usage, cpuSeconds: usage.cpuSeconds - startSeconds })
  }

/** Prints one byte for each record, so that they can be counted; rate and CPU with its start. */
const kcat: Client = async (cluster, topic, stored) => {
  const place = ['-C', '-b', cluster.bootstrap.join(','), '-t', topic, '-o', 'beginning', '-e', '-q', '-f', '.']
  const startedMs = performance.now()
  const { stdout, usage } = await runMetered('kcat', place)
  const seconds = (performance.now() - startedMs) / 1000
  if (stdout.length !== stored) throw new Error(`no rate: ${stored} stored, kcat read ${stdout.length}`)
  return asWindow(stored / seconds, stored, usage)
}

function report(windows: ReadonlyMap<string, Window[]>): boolean {
  const of = (name: string): Window[] => windows.get(name) ?? []
  console.log(`\n${VALUE_BYTES} B, ${PARTITIONS} partitions, ${pairs} rounds (min – median – max)`)
  for (const [name, list] of windows)
    console.log(
      `${name.padEnd(5)} ${showSpread(
        list.map(window => window.perSecond / 1000),
        0,
      )} k msg/s · ${showSpread(list.map(window => window.cpuPerMillion))} CPU-s/M · peak RSS ${Math.max(...list.map(window => window.rssBytes / 1e6)).toFixed(0)} MB`,
    )
  const ratios = (other: string): number[] =>
    of('wire').map((window, i) => window.perSecond / (of(other)[i]?.perSecond ?? Number.NaN))
  const cpu = of('wire').map(window => window.cpuPerMillion)
  for (const name of windows.keys()) if (name !== 'wire') console.log(`wire ÷ ${name} ${showSpread(ratios(name))}`)
  console.log(`goals: wire ÷ java ≥ ${GOALS.vsJava}, CPU ≤ ${GOALS.cpu} s per million`)
  return spread(ratios('java')).median >= GOALS.vsJava && spread(cpu).median <= GOALS.cpu
}

const scenario = `
version: 1
name: consume
cluster: { layout: one-broker, kafka: "${KAFKA_DEFAULT_VERSION}" }
topics: [{ name: events }]
producers: [{ name: writers }]
load: { phases: [{ phase: steady, for: 1s, rate: 1/s }] }
`

await withCluster(scenario, cluster =>
  withTopic(cluster, 'consume', PARTITIONS, async topic => {
    const filling = { address: cluster.bootstrap[0] ?? '', topic, partitions: PARTITIONS, valueBytes: VALUE_BYTES }
    const stored = await fill({ ...filling, records })
    const start = await perf(cluster, topic, 1)
    const clients = new Map<string, Client>([
      ['bare', bare],
      ['java', java(start.usage.cpuSeconds)],
      ['wire', wire],
    ])
    if (spawnSync('kcat', ['-V']).status === 0) clients.set('kcat', kcat)
    else console.log('kcat: not measured, there is no such command')
    const windows = new Map([...clients.keys()].map(name => [name, [] as Window[]]))
    for (let round = 0; round < pairs; round++) {
      for (const [name, read] of clients) windows.get(name)?.push(await read(cluster, topic, stored))
      const shown = [...windows].map(
        ([name, list]) => `${name} ${((list.at(-1)?.perSecond ?? 0) / 1000).toFixed(0)} k/s`,
      )
      console.log(`round ${round + 1}: ${stored} records, ${shown.join(', ')}`)
    }
    process.exitCode = report(windows) ? 0 : 1
  }),
)
