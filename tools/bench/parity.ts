// npm run bench:parity: does our accumulator batch as Kafka's Java producer does? Achieved batch size and records per request at one open-loop rate.
import type { StartedCluster } from '../../src/cluster/cluster.ts'
import { withCluster } from './broker.ts'
import { runOn, spread } from './support.ts'

/**
 * Without linger a batch holds what came while requests were out: at a high rate that measures how fast client and machine
 * are, not the rules, so it is compared at one where arrivals are apart.
 */
const RATE_PER_SECOND = Number(process.env['PARITY_RATE'] ?? 20_000)
const RATE_WITHOUT_LINGER = Number(process.env['PARITY_RATE_WITHOUT_LINGER'] ?? 1000)
const ROUNDS = Number(process.env['PARITY_ROUNDS'] ?? 3)
const OURS = process.env['PARITY_DRIVER'] ?? 'wire'
const LINGERS = ['0ms', '5ms', '20ms']
const BATCHES = ['16KiB', '64KiB']
const KEYS = { 'keyless, sticky': 'none', keyed: '{ distribution: uniform, cardinality: 10k }' }
const LIMIT = 0.1

type Row = { batchBytes: number; recordsPerRequest: number }

const rateOf = (linger: string): number => (linger === '0ms' ? RATE_WITHOUT_LINGER : RATE_PER_SECOND)

/** One cell for one client; idempotence off, because some clients send one idempotent request at a time. */
const scenario = (driver: string, keys: string, linger: string, batch: string): string => `
version: 1
name: parity
cluster: { layout: one-broker }
topics: [{ name: events, partitions: 6 }]
producers:
  - name: writers
    driver: ${driver}
    ${driver === 'java' ? 'mode: as-shipped' : 'mode: tuned'}
    keys: ${keys}
    values: { size: 100B }
    config: { acks: all, enable.idempotence: false, linger.ms: ${linger}, batch.size: ${batch} }
load:
  phases:
    - { phase: warmup, for: 4s, rate: ${rateOf(linger)}/s }
    - { phase: steady, for: 4s, rate: ${rateOf(linger)}/s }
`

/** From what was recorded of the measure phase; java's totals are those of its own metrics. */
async function measure(cluster: StartedCluster, text: string): Promise<Row> {
  const sums: Record<string, number> = {}
  const analysis = await runOn(cluster, text, {
    look: ({ trials }) => {
      for (const { phase, counters } of trials.flatMap(trial => trial.intervals))
        for (const [name, value] of phase === 'measure' ? Object.entries(counters) : [])
          sums[name] = (sums[name] ?? 0) + value
    },
  })
  const measures = analysis.cells[0]?.measures
  const { requests = 0, batches = 0, batchBytes = 0, batchRecords = 0 } = sums
  if (!measures || measures.acked !== measures.sent || requests === 0)
    throw new Error('a window was not clean: no ratio')
  return { batchBytes: batchBytes / batches, recordsPerRequest: batchRecords / requests }
}

const show = (values: readonly number[]): string => {
  const { min, median, max } = spread(values)
  return `${min.toFixed(2)} – ${median.toFixed(2)} – ${max.toFixed(2)}`
}

let isGood = true
await withCluster(scenario(OURS, 'none', '0ms', '16KiB'), async cluster => {
  console.log(
    `${RATE_PER_SECOND}/s (linger.ms 0: ${RATE_WITHOUT_LINGER}/s) of 100 B, 6 partitions, acks=all; ratios ${OURS} ÷ java over ${ROUNDS} pairs`,
  )
  console.log(
    '| keys | linger.ms | batch.size | java: batch B, records/request | ours | batch-size-avg | records-per-request-avg |',
  )
  console.log('|---|---|---|---|---|---|---|')
  for (const [label, keys] of Object.entries(KEYS)) {
    for (const linger of LINGERS) {
      for (const batch of BATCHES) {
        const pairs: { java: Row; ours: Row }[] = []
        for (let round = 0; round < ROUNDS; round++) {
          const java = await measure(cluster, scenario('java', keys, linger, batch))
          pairs.push({ java, ours: await measure(cluster, scenario(OURS, keys, linger, batch)) })
        }
        const sizes = pairs.map(({ java, ours }) => ours.batchBytes / java.batchBytes)
        const requests = pairs.map(({ java, ours }) => ours.recordsPerRequest / java.recordsPerRequest)
        const mean = (of: (pair: (typeof pairs)[number]) => Row): string =>
          `${spread(pairs.map(pair => of(pair).batchBytes)).median.toFixed(0)}, ${spread(pairs.map(pair => of(pair).recordsPerRequest)).median.toFixed(1)}`
        const isNear = [sizes, requests].every(ratios => Math.abs(spread(ratios).median - 1) <= LIMIT)
        isGood &&= isNear
        console.log(
          `| ${label} | ${linger} | ${batch} | ${mean(pair => pair.java)} | ${mean(pair => pair.ours)} | ${show(sizes)} | ${show(requests)} |${isNear ? '' : ' ← beyond 10 %'}`,
        )
      }
    }
  }
})
console.log(isGood ? 'within 10 %' : 'beyond 10 % in the cells marked')
process.exitCode = isGood ? 0 : 1
