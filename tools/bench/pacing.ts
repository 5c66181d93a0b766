// npm run bench:pacing: shows whether our pacer, with kafkajs and with wire, is as punctual as a bare loop of the same kind, in five alternated pairs of one run.
import { execFileSync } from 'node:child_process'
import type { StartedCluster } from '../../src/cluster/cluster.ts'
import { KAFKA_DEFAULT_VERSION } from '../../src/scenario/schema/cluster.ts'
import { withCluster } from './broker.ts'
import { runOn, showSpread, spread } from './support.ts'

type Case = { driver: 'kafkajs' | 'wire'; kind: 'tick' | 'spin'; perSecond: number }
const CASES: readonly Case[] = [
  { driver: 'kafkajs', kind: 'tick', perSecond: 5000 },
  { driver: 'wire', kind: 'tick', perSecond: 20_000 },
  { driver: 'wire', kind: 'spin', perSecond: 20_000 },
]
const LIMIT = 1.5
// The bare loop hands out at once whatever is overdue; bounded catch-up would stretch every stall of the machine.
const [pairs = 5, seconds = 8] = process.argv.slice(2, 4).map(Number)
const only = process.argv[4]

const scenario = ({ driver, kind, perSecond }: Case): string => `
version: 1
name: pacing
cluster: { layout: one-broker, kafka: "${KAFKA_DEFAULT_VERSION}" }
topics: [{ name: events, partitions: 6 }]
producers:
  - name: writers
    driver: ${driver}
    config: { acks: all, enable.idempotence: false, linger.ms: 5ms, batch.size: 65536 }
    values: { size: 100B }
load:
  pacer: ${kind}
  catch-up: burst
  phases:
    - { phase: warmup, for: 3s, rate: ${perSecond}/s }
    - { phase: steady, for: ${seconds}s, rate: ${perSecond}/s }
`

function bare({ kind, perSecond }: Case): number {
  const program = new URL('./bare-pacer.ts', import.meta.url).pathname
  const output = execFileSync(process.execPath, [program, kind, String(perSecond), String(seconds)])
  return (JSON.parse(String(output)) as { p99Us: number }).p99Us
}

async function ours(cluster: StartedCluster, one: Case): Promise<number> {
  const measures = (await runOn(cluster, scenario(one))).cells[0]?.measures
  if (!measures || Object.keys(measures.errorsByClass).length > 0 || measures.achieved < 0.995)
    throw new Error('a window was not clean: no ratio')
  return measures.latencies.slip?.quantiles['p99'] ?? Number.NaN
}

let isGood = true
await withCluster(scenario(CASES[0] as Case), async cluster => {
  for (const one of CASES.filter(({ driver }) => only === undefined || driver === only)) {
    const name = `${one.driver}, ${one.kind}, ${one.perSecond}/s`
    const ratios: number[] = []
    for (let pair = 0; pair < pairs; pair++) {
      const bareUs = bare(one)
      const oursUs = await ours(cluster, one)
      ratios.push(oursUs / bareUs)
      console.log(
        `${name}, pair ${pair + 1}: slip p99 bare ${(bareUs / 1000).toFixed(3)} ms, ours ${(oursUs / 1000).toFixed(3)} ms, ratio ${(oursUs / bareUs).toFixed(2)}`,
      )
    }
    console.log(`${name}: ratio min – median – max: ${showSpread(ratios)} (goal: median ≤ ${LIMIT})`)
    isGood &&= spread(ratios).median <= LIMIT
  }
})
process.exitCode = isGood ? 0 : 1
