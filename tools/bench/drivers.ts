// npm run bench:drivers: what the harness adds to a client's own cost: kafkajs and platformatic, tuned, against bare loops of the same clients with the same batches.

import type { StartedCluster } from '../../src/cluster/cluster.ts'
import { KAFKA_DEFAULT_VERSION } from '../../src/scenario/schema/cluster.ts'
import { withAdmin, withCluster, withTopic } from './broker.ts'
import { runMetered } from './client-run.ts'
import { runOn, showSpread, spread } from './support.ts'
import { readTruth } from './truth.ts'

const PAIRS = 5
const LIMIT = 1.15
const VALUE_BYTES = 100
const PARTITIONS = 6
const WARMUP_S = 3
const MEASURE_S = 5
const BATCH_BYTES = 65_536
/** As many records as our accumulator puts into a batch of that size. */
const RECORDS_PER_BATCH = Math.floor((BATCH_BYTES - 61) / (VALUE_BYTES + 12))
const CLIENTS = ['kafkajs', 'platformatic'] as const

type Window = { perSecond: number; cpu: number }

const scenarioOf = (client: string): string => `
version: 1
name: drivers
cluster: { layout: one-broker, kafka: "${KAFKA_DEFAULT_VERSION}" }
topics: [{ name: events, partitions: ${PARTITIONS} }]
producers:
  - name: writers
    driver: ${client}
    config: { acks: all, enable.idempotence: false, linger.ms: 5ms, batch.size: ${BATCH_BYTES}, buffer.memory: 4MiB }
    values: { size: ${VALUE_BYTES}B }
load:
  phases:
    - { phase: warmup, for: ${WARMUP_S}s, rate: max }
    - { phase: steady, for: ${MEASURE_S}s, rate: max }
`

let windows = 0

async function mustHold(cluster: StartedCluster, topic: string, acked: number): Promise<void> {
  const truth = await readTruth(cluster.observerBootstrap, topic, true)
  if (truth.records !== acked || truth.missing > 0 || truth.doubled > 0)
    throw new Error(`no rate: ${acked} acknowledged, but ${topic} holds ${JSON.stringify(truth)}`)
}

async function bare(cluster: StartedCluster, client: string): Promise<Window> {
  return withTopic(cluster, `bare-${client}-${windows++}`, PARTITIONS, async topic => {
    const numbers = [VALUE_BYTES, RECORDS_PER_BATCH, PARTITIONS, WARMUP_S * 1000, MEASURE_S * 1000].map(String)
    const path = new URL('./bare-client.ts', import.meta.url).pathname
    const { stdout } = await runMetered(process.execPath, [path, client, cluster.bootstrap[0] ?? '', topic, ...numbers])
    const told = JSON.parse(stdout) as { acked: number; perSecond: number; cpuSecondsPerMillion: number }
    await mustHold(cluster, topic, told.acked)
    return { perSecond: told.perSecond, cpu: told.cpuSecondsPerMillion }
  })
}

async function ours(cluster: StartedCluster, client: string): Promise<Window> {
  const analysis = await runOn(cluster, scenarioOf(client), { keepTopics: true })
  const [trial] = analysis.cells[0]?.trials ?? []
  const topic = trial?.topics[0]?.name
  if (!trial || topic === undefined) throw new Error('the trial is not complete: no rate')
  try {
    await mustHold(cluster, topic, trial.accounting.acked)
  } finally {
    await withAdmin(cluster, admin => admin.deleteTopics([topic]))
  }
  const { throughputPerSecond, cpuSecondsPerMillion = Number.NaN } = trial.measures
  return { perSecond: throughputPerSecond, cpu: cpuSecondsPerMillion }
}

let worst = 0
await withCluster(scenarioOf('kafkajs'), async cluster => {
  for (const client of CLIENTS) {
    const rows: { ours: Window; bare: Window }[] = []
    for (let pair = 0; pair < PAIRS; pair++) {
      // Whoever goes first meets a broker that is a little colder: they take turns.
      const isBareFirst = pair % 2 === 0
      const first = await (isBareFirst ? bare : ours)(cluster, client)
      const second = await (isBareFirst ? ours : bare)(cluster, client)
      const row = isBareFirst ? { bare: first, ours: second } : { bare: second, ours: first }
      rows.push(row)
      console.log(
        `${client} pair ${pair + 1}: CPU-s per million ${row.ours.cpu.toFixed(2)} against ${row.bare.cpu.toFixed(2)} bare, ` +
          `${Math.round(row.ours.perSecond)}/s against ${Math.round(row.bare.perSecond)}/s`,
      )
    }
    const ratios = rows.map(row => row.ours.cpu / row.bare.cpu)
    worst = Math.max(worst, spread(ratios).median)
    console.log(
      `${client}: CPU ratio min – median – max ${showSpread(ratios)} (goal: median ≤ ${LIMIT}); ` +
        `rate ratio ${showSpread(rows.map(row => row.ours.perSecond / row.bare.perSecond))}`,
    )
  }
})
process.exitCode = worst <= LIMIT ? 0 : 1
