// npm run bench:routed: what idle proxies cost: the same load on a direct and on a routed cluster, boots taking turns; the table in METHOD.

import { withCluster } from './broker.ts'
import { runOn, showSpread } from './support.ts'

const KINDS = ['direct', 'routed'] as const
const VALUE_BYTES = 1024
const BYTES_PER_MB = 1e6
const CALM_PER_SECOND = 500
const [pairs = 3] = process.argv.slice(2).map(Number)

const scenarioOf = (network: string, rate: string, seconds: number): string => `
version: 1
name: routed
cluster: { nodes: 3, network: ${network} }
topics: [{ name: events, partitions: 6, replication.factor: 3 }]
producers:
  - name: writers
    driver: wire
    config: { acks: all, enable.idempotence: false, linger.ms: 5ms, batch.size: 64KiB }
    values: { size: ${VALUE_BYTES}B }
load:
  phases:
    - { phase: warmup, for: 4s, rate: ${rate} }
    - { phase: steady, for: ${seconds}s, rate: ${rate} }
`

type Window = { p50Ms: number; p99Ms: number; mbPerSecond: number }

/** Latency at a rate that strains neither, throughput in a closed loop, on one boot. */
async function windowOf(network: string): Promise<Window> {
  let window: Window | undefined
  await withCluster(scenarioOf(network, 'max', 8), async cluster => {
    // The closed loop first: it also warms the brokers up for what is timed.
    const full = await runOn(cluster, scenarioOf(network, 'max', 8))
    const calm = await runOn(cluster, scenarioOf(network, `${CALM_PER_SECOND}/s`, 8))
    const { p50 = Number.NaN, p99 = Number.NaN } = calm.cells[0]?.measures?.latencies.ack?.quantiles ?? {}
    const bytes = full.cells[0]?.measures?.throughputBytesPerSecond ?? Number.NaN
    window = { p50Ms: p50 / 1000, p99Ms: p99 / 1000, mbPerSecond: bytes / BYTES_PER_MB }
  })
  if (!window) throw new Error(`no window of the ${network} cluster`)
  return window
}

const windows: Record<(typeof KINDS)[number], Window[]> = { direct: [], routed: [] }
for (let pair = 0; pair < pairs; pair++) {
  // Whoever goes first meets a colder machine: they take turns.
  for (const kind of pair % 2 === 0 ? KINDS : KINDS.toReversed()) windows[kind].push(await windowOf(kind))
  console.log(`pair ${pair + 1}: ${KINDS.map(kind => `${kind} ${JSON.stringify(windows[kind].at(-1))}`).join(' ')}`)
}
console.log(
  `\n| min – median – max of ${pairs} boots | ack p50 ms, ${CALM_PER_SECOND}/s | ack p99 ms | MB/s, closed loop |`,
)
console.log('|---|---|---|---|')
const row = (name: string, list: readonly Window[]): void =>
  console.log(
    `| ${name} | ${showSpread(list.map(one => one.p50Ms))} | ${showSpread(list.map(one => one.p99Ms))} | ${showSpread(list.map(one => one.mbPerSecond))} |`,
  )
for (const kind of KINDS) row(kind, windows[kind])
const ratios = windows.routed.map((routed, pair): Window => {
  const direct = windows.direct[pair] as Window
  return {
    p50Ms: routed.p50Ms / direct.p50Ms,
    p99Ms: routed.p99Ms / direct.p99Ms,
    mbPerSecond: routed.mbPerSecond / direct.mbPerSecond,
  }
})
row('routed ÷ direct', ratios)
