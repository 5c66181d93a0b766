// npm run bench:agent: what telling its own counters costs a broker; boots with and without the agent in turn, read as ratios of each pair.
import { withCluster } from './broker.ts'
import { runOn, showSpread } from './support.ts'

const PAIRS = Number(process.argv[2] ?? 3)
const SECONDS = Number(process.argv[3] ?? 10)
const RATE = process.argv[4] ?? '30k/s'

function scenario(isWatched: boolean): string {
  return `version: 1
name: agent-cost
cluster: { nodes: 1, broker.metrics: ${isWatched} }
topics: [{ name: events, partitions: 6 }]
producers: [{ name: writers, driver: wire, values: { size: 100B }, config: { batch.size: 64KiB } }]
load:
  phases:
    - { phase: warmup, for: 5s, rate: ${RATE} }
    - { phase: steady, for: ${SECONDS}s, rate: ${RATE} }
`
}

type Seen = { cpuSecondsPerMillion: number; throughput: number; ackP99Us: number; readyMs: number }

/** One boot of its own, so that a JVM that got warm by chance is not carried into the other arm. */
function measure(isWatched: boolean): Promise<Seen> {
  const text = scenario(isWatched)
  return withCluster(text, async cluster => {
    const analysis = await runOn(cluster, text)
    const trial = analysis.cells[0]?.trials[0]
    if (!trial) throw new Error('no trial')
    const isOn = (trial.brokers?.[0]?.seconds ?? 0) > 0
    if (isOn !== isWatched) throw new Error(`the agent ${isOn ? 'told something' : 'told nothing'}`)
    const [t0, t1] = [5, 5 + SECONDS]
    const points = trial.nodes[0]?.points.filter(point => point.tSeconds > t0 && point.tSeconds <= t1) ?? []
    const cores = points.reduce((sum, point) => sum + point.cpuCores, 0) / points.length
    return {
      cpuSecondsPerMillion: (cores / trial.measures.throughputPerSecond) * 1e6,
      throughput: trial.measures.throughputPerSecond,
      ackP99Us: trial.measures.latencies.ack?.quantiles['p99'] ?? Number.NaN,
      readyMs: cluster.info.startedInMs ?? Number.NaN,
    }
  })
}

const pairs: { on: Seen; off: Seen }[] = []
for (let pair = 0; pair < PAIRS; pair++) {
  const isFirst = pair % 2 === 0
  const first = await measure(isFirst)
  const second = await measure(!isFirst)
  pairs.push(isFirst ? { on: first, off: second } : { on: second, off: first })
}
const show = (name: string, read: (seen: Seen) => number): void =>
  console.log(
    `${name}: with ${showSpread(pairs.map(({ on }) => read(on)))}, without ${showSpread(pairs.map(({ off }) => read(off)))}, ratio ${showSpread(pairs.map(({ on, off }) => read(on) / read(off)))}`,
  )
console.log(`${PAIRS} pairs of boots, ${SECONDS} s at ${RATE} (min – median – max)`)
show('broker CPU-s per million records', seen => seen.cpuSecondsPerMillion)
show('records per second', seen => seen.throughput)
show('ack p99 in ms', seen => seen.ackP99Us / 1000)
show('ready after ms', seen => seen.readyMs)
