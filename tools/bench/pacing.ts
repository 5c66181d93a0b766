// npm run bench:pacing: is our pacer with the wire driver as punctual as a bare loop of the same kind? Five alternated pairs in one run.
import { execFileSync } from 'node:child_process'
import type { StartedCluster } from '../../src/cluster/cluster.ts'
import { KAFKA_DEFAULT_VERSION } from '../../src/scenario/schema/cluster.ts'
import { withCluster } from './broker.ts'
import { runOn, showSpread, spread } from './support.ts'

const KINDS = ['tick', 'spin'] as const
type Kind = (typeof KINDS)[number]
const PER_SECOND = 20_000
const LIMIT = 1.5
// The bare loop hands out at once whatever is overdue; bounded catch-up would stretch every stall of the machine.
const [pairs = 5, seconds = 8] = process.argv.slice(2).map(Number)

const scenario = (kind: Kind): string => `
version: 1
name: pacing
cluster: { layout: one-broker, kafka: "${KAFKA_DEFAULT_VERSION}" }
topics: [{ name: events, partitions: 6 }]
producers:
  - name: writers
    driver: wire
    config: { acks: all, enable.idempotence: false, linger.ms: 5ms, batch.size: 65536 }
    values: { size: 100B }
load:
  pacer: ${kind}
  catch-up: burst
  phases:
    - { phase: warmup, for: 3s, rate: ${PER_SECOND}/s }
    - { phase: steady, for: ${seconds}s, rate: ${PER_SECOND}/s }
`

function bare(kind: Kind): number {
  const program = new URL('./bare-pacer.ts', import.meta.url).pathname
  const output = execFileSync(process.execPath, [program, kind, String(PER_SECOND), String(seconds)])
  return (JSON.parse(String(output)) as { p99Us: number }).p99Us
}

async function ours(cluster: StartedCluster, kind: Kind): Promise<number> {
  const measures = (await runOn(cluster, scenario(kind))).cells[0]?.measures
  if (!measures || Object.keys(measures.errorsByClass).length > 0 || measures.achieved < 0.995)
    throw new Error('a window was not clean: no ratio')
  return measures.latencies.slip?.quantiles['p99'] ?? Number.NaN
}

let isGood = true
await withCluster(scenario('tick'), async cluster => {
  for (const kind of KINDS) {
    const ratios: number[] = []
    for (let pair = 0; pair < pairs; pair++) {
      const bareUs = bare(kind)
      const oursUs = await ours(cluster, kind)
      ratios.push(oursUs / bareUs)
      console.log(
        `${kind} pair ${pair + 1}: slip p99 bare ${(bareUs / 1000).toFixed(3)} ms, wire ${(oursUs / 1000).toFixed(3)} ms, ratio ${(oursUs / bareUs).toFixed(2)}`,
      )
    }
    console.log(`${kind}: ratio min – median – max: ${showSpread(ratios)} (goal: median ≤ ${LIMIT})`)
    isGood &&= spread(ratios).median <= LIMIT
  }
})
process.exitCode = isGood ? 0 : 1
