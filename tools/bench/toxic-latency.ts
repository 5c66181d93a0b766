// npm run bench:toxic-latency: whether 50 ms on the client links are read as 50 ms more in acknowledgement times; pairs of windows, off and on in turn.
import type { StartedCluster } from '../../src/cluster/cluster.ts'
import { flowsFrom } from '../../src/topology/links.ts'
import { withCluster } from './broker.ts'
import { runOn, showSpread, spread } from './support.ts'

const DELAY_MS = 50
const NEAR_MS = 2
const TAG = 'bench-latency'
const [pairs = 5, seconds = 6] = process.argv.slice(2).map(Number)

/** So few records, and so many in flight, that none waits for an earlier one’s answer, delayed or not. */
const SCENARIO = `
version: 1
name: toxic-latency
cluster: { layout: three-brokers-routed }
topics: [{ name: events, partitions: 3, replication.factor: 3 }]
producers:
  - name: writers
    driver: wire
    config: { acks: all, enable.idempotence: false, linger.ms: 0, max.in.flight.requests.per.connection: 50 }
    values: { size: 100B }
load:
  phases:
    - { phase: warmup, for: 2s, rate: 100/s }
    - { phase: steady, for: ${seconds}s, rate: 100/s }
`

async function p50Ms(cluster: StartedCluster): Promise<number> {
  const analysis = await runOn(cluster, SCENARIO)
  return (analysis.cells[0]?.measures?.latencies.ack?.quantiles['p50'] ?? Number.NaN) / 1000
}

async function slowed(cluster: StartedCluster): Promise<number> {
  const { links } = cluster
  if (!links) throw new Error('the cluster has no links')
  const own = links.links.filter(link => link.plane === 'CLIENT')
  const flows = own.flatMap(link => flowsFrom(own, link.target, 'client'))
  await links.poison(TAG, flows, { type: 'latency', attributes: { latency: DELAY_MS, jitter: 0 } })
  try {
    return await p50Ms(cluster)
  } finally {
    await links.cure(TAG)
  }
}

const differences: number[] = []
await withCluster(SCENARIO, async cluster => {
  await p50Ms(cluster)
  for (let pair = 0; pair < pairs; pair++) {
    const isOffFirst = pair % 2 === 0
    const first = await (isOffFirst ? p50Ms : slowed)(cluster)
    const second = await (isOffFirst ? slowed : p50Ms)(cluster)
    const [off, on] = isOffFirst ? [first, second] : [second, first]
    differences.push(on - off)
    console.log(
      `pair ${pair + 1}: ack p50 ${off.toFixed(2)} ms off, ${on.toFixed(2)} ms on: +${(on - off).toFixed(2)} ms`,
    )
  }
})
const { median } = spread(differences)
console.log(
  `${DELAY_MS} ms read as min – median – max +${showSpread(differences)} ms (goal: median ${DELAY_MS} ± ${NEAR_MS})`,
)
process.exitCode = Math.abs(median - DELAY_MS) <= NEAR_MS ? 0 : 1
