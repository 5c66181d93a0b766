// npm run bench:pacing: is our pacer with kafkajs as punctual as a bare loop of the same kind? Five alternated pairs in one run.
import { execFileSync } from 'node:child_process'
import { newRunId } from '../../src/cli/shared/manifest.ts'
import { openJournal } from '../../src/cluster/journal-file.ts'
import { processProvider } from '../../src/cluster/providers/process.ts'
import { parseScenario } from '../../src/scenario/load.ts'
import { KAFKA_DEFAULT_VERSION } from '../../src/scenario/schema/cluster.ts'
import { describeTopology } from '../../src/topology/topology.ts'
import { runOn, showSpread, spread } from './support.ts'

const PAIRS = 5
const PER_SECOND = 5000
const SECONDS = 8
const LIMIT = 1.5

const SCENARIO = `
version: 1
name: pacing
cluster: { layout: one-broker, kafka: "${KAFKA_DEFAULT_VERSION}" }
topics: [{ name: events, partitions: 6 }]
producers:
  - name: writers
    config: { acks: all, enable.idempotence: false, linger.ms: 5ms }
    values: { size: 100B }
load:
  phases:
    - { phase: warmup, for: 3s, rate: ${PER_SECOND}/s }
    - { phase: steady, for: ${SECONDS}s, rate: ${PER_SECOND}/s }
`

function bare(): number {
  const output = execFileSync(process.execPath, [
    new URL('./bare-pacer.ts', import.meta.url).pathname,
    String(PER_SECOND),
    String(SECONDS),
  ])
  return (JSON.parse(String(output)) as { p99Us: number }).p99Us
}

const { cluster: spec } = parseScenario(SCENARIO, 'bench.yaml').scenario
if (spec.kind !== 'started') throw new Error('the bench starts its own broker')
const runId = newRunId()
const journal = await openJournal(runId)
const cluster = await processProvider.start({
  topology: describeTopology(spec),
  runId,
  journal,
  readyTimeoutMs: spec.readyTimeoutMs,
})
const rows: { bareUs: number; oursUs: number }[] = []
try {
  for (let pair = 0; pair < PAIRS; pair++) {
    const bareUs = bare()
    const analysis = await runOn(cluster, SCENARIO)
    const measures = analysis.cells[0]?.measures
    const oursUs = measures?.latencies.slip?.quantiles['p99'] ?? Number.NaN
    if (!measures || measures.errorsByClass['error'] || measures.achieved < 0.995)
      throw new Error('a window was not clean: no ratio')
    rows.push({ bareUs, oursUs })
    console.log(
      `pair ${pair + 1}: slip p99 bare ${(bareUs / 1000).toFixed(2)} ms, kafkajs ${(oursUs / 1000).toFixed(2)} ms, ratio ${(oursUs / bareUs).toFixed(2)}`,
    )
  }
} finally {
  await cluster[Symbol.asyncDispose]()
  await journal.close()
}
const ratios = rows.map(row => row.oursUs / row.bareUs)
console.log(`ratio min – median – max: ${showSpread(ratios)} (goal: median ≤ ${LIMIT})`)
process.exitCode = spread(ratios).median <= LIMIT ? 0 : 1
