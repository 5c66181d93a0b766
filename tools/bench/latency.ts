// npm run bench:latency: whether the harness reads the same acknowledgement times as Kafka's perf tool, at a rate that strains neither.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { StartedCluster } from '../../src/cluster/cluster.ts'
import { KAFKA_DEFAULT_VERSION } from '../../src/scenario/schema/cluster.ts'
import { withCluster, withTopic } from './broker.ts'
import { runJavaTool, writePayloads } from './client-run.ts'
import { runOn, showSpread, spread } from './support.ts'

const PERF = 'org.apache.kafka.tools.ProducerPerformance'
const PARTITIONS = 6
const PER_SECOND = 1000
const VALUE_BYTES = 100
const WARMUP_SECONDS = 3
const LINGERS_MS = [0, 20]
/** As far as two medians may lie apart. */
const NEAR_MS = 1
const NEAR_SHARE = 0.2
const [pairs = 5, seconds = 10] = process.argv.slice(2).map(Number)

/** Milliseconds. */
type Quantiles = { p50: number; p99: number }

const scenario = (lingerMs: number): string => `
version: 1
name: latency
cluster: { layout: one-broker, kafka: "${KAFKA_DEFAULT_VERSION}" }
topics: [{ name: events, partitions: ${PARTITIONS} }]
producers:
  - name: writers
    driver: wire
    config: { acks: all, enable.idempotence: false, linger.ms: ${lingerMs} }
    values: { size: ${VALUE_BYTES}B }
load:
  pacer: spin
  phases:
    - { phase: warmup, for: ${WARMUP_SECONDS}s, rate: ${PER_SECOND}/s }
    - { phase: steady, for: ${seconds}s, rate: ${PER_SECOND}/s }
`

async function ours(cluster: StartedCluster, lingerMs: number): Promise<Quantiles> {
  const measures = (await runOn(cluster, scenario(lingerMs))).cells[0]?.measures
  const quantiles = measures?.latencies['ack.service']?.quantiles
  if (!measures || !quantiles || measures.acked !== seconds * PER_SECOND)
    throw new Error('a window was not clean: no comparison')
  return { p50: (quantiles['p50'] ?? Number.NaN) / 1000, p99: (quantiles['p99'] ?? Number.NaN) / 1000 }
}

/** Whole milliseconds, which is all the tool tells; the records of the warm-up are left out by the tool itself. */
async function java(cluster: StartedCluster, lingerMs: number, payloads: string): Promise<Quantiles> {
  return withTopic(cluster, `java-${Date.now()}`, PARTITIONS, async topic => {
    const settings = ['acks=all', 'enable.idempotence=false', `linger.ms=${lingerMs}`]
    const { stdout } = await runJavaTool(PERF, [
      ...['--topic', topic, '--throughput', String(PER_SECOND), '--payload-file', payloads],
      ...['--num-records', String((WARMUP_SECONDS + seconds) * PER_SECOND)],
      ...['--warmup-records', String(WARMUP_SECONDS * PER_SECOND)],
      ...['--producer-props', `bootstrap.servers=${cluster.bootstrap.join(',')}`, ...settings],
    ])
    const last = stdout.trim().split('\n').at(-1) ?? ''
    const found = /(\d+) ms 50th, \d+ ms 95th, (\d+) ms 99th/.exec(last)
    if (!found) throw new Error(`the perf tool told no percentiles: ${last}`)
    return { p50: Number(found[1]), p99: Number(found[2]) }
  })
}

/** The tool reads a clock of whole milliseconds at both ends, which would tell our time as one of the two around it. */
function isNear(oursMs: number, javaMs: number): boolean {
  const asTold = [Math.floor(oursMs), oursMs, Math.ceil(oursMs)]
  return asTold.some(ms => Math.abs(ms - javaMs) <= Math.max(NEAR_MS, NEAR_SHARE * javaMs))
}

const folder = mkdtempSync(join(tmpdir(), 'gauntlet-bench-'))
const payloads = join(folder, 'payloads.txt')
writePayloads(payloads, VALUE_BYTES)
let isGood = true
try {
  await withCluster(scenario(0), async cluster => {
    for (const lingerMs of LINGERS_MS) {
      const rows: { wire: Quantiles; java: Quantiles }[] = []
      for (let pair = 0; pair < pairs; pair++) {
        const row = { wire: await ours(cluster, lingerMs), java: await java(cluster, lingerMs, payloads) }
        rows.push(row)
        console.log(
          `linger.ms ${lingerMs} pair ${pair + 1}: p50 wire ${row.wire.p50.toFixed(2)} ms, java ${row.java.p50} ms · p99 wire ${row.wire.p99.toFixed(2)} ms, java ${row.java.p99} ms`,
        )
      }
      for (const name of ['p50', 'p99'] as const) {
        const [own, theirs] = [rows.map(row => row.wire[name]), rows.map(row => row.java[name])]
        const isMet = isNear(spread(own).median, spread(theirs).median)
        isGood &&= isMet
        console.log(
          `linger.ms ${lingerMs} ${name}: wire ${showSpread(own)} ms, java ${showSpread(theirs, 0)} ms: ${isMet ? 'within' : 'NOT within'} max(1 ms, 20 %)`,
        )
      }
    }
  })
} finally {
  rmSync(folder, { recursive: true, force: true })
}
process.exitCode = isGood ? 0 : 1
