// npm run bench:start: how long clusters take until they are ready, by provider and size; median of three.
import { newRunId } from '../../src/cli/shared/manifest.ts'
import { loadProvider } from '../../src/cli/shared/providers.ts'
import { openJournal } from '../../src/cluster/journal-file.ts'
import { parseScenario } from '../../src/scenario/load.ts'
import { KAFKA_DEFAULT_VERSION } from '../../src/scenario/schema/cluster.ts'
import { describeTopology } from '../../src/topology/topology.ts'
import { showSpread, spread } from './support.ts'

const ROUNDS = 3
/** Goals in milliseconds, by number of brokers. */
const GOALS: [number, number][] = [
  [1, 6000],
  [3, 12_000],
]

async function startOnce(provider: 'docker' | 'process', brokers: number): Promise<number> {
  const text = `version: 1\nname: start\ncluster: { nodes: ${brokers}, kafka: "${KAFKA_DEFAULT_VERSION}" }\ntopics: [{ name: t }]\nproducers: [{ name: p }]\nload: { phases: [{ phase: steady, for: 1s, rate: 1/s }] }\n`
  const { cluster: spec } = parseScenario(text, 'start.yaml').scenario
  if (spec.kind !== 'started') throw new TypeError('the bench starts its own brokers')
  const runId = newRunId()
  const journal = await openJournal(runId)
  const loaded = await loadProvider(provider)
  const cluster = await loaded.start({
    topology: describeTopology(spec),
    runId,
    journal,
    readyTimeoutMs: spec.readyTimeoutMs,
  })
  try {
    return cluster.info.startedInMs ?? Number.NaN
  } finally {
    await cluster[Symbol.asyncDispose]()
    await journal.close()
  }
}

let isGood = true
for (const provider of ['process', 'docker'] as const) {
  const lack = await (await loadProvider(provider)).unavailable({ kafkaVersion: KAFKA_DEFAULT_VERSION })
  if (lack) {
    console.log(`${provider}: not measured, ${lack.reason}`)
    continue
  }
  for (const [brokers, goalMs] of GOALS) {
    const times: number[] = []
    for (let round = 0; round < ROUNDS; round++) times.push(await startOnce(provider, brokers))
    isGood &&= spread(times).median <= goalMs
    console.log(
      `${provider} ${brokers} broker(s): ready after ${showSpread(times, 0)} ms (min – median – max; goal: median ≤ ${goalMs})`,
    )
  }
}
process.exitCode = isGood ? 0 : 1
