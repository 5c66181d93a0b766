// npm run bench:pacing: whether our pacer, with kafkajs and with wire, is as punctual as a bare loop of the same kind that sends the same load, in five alternated rounds of one run; beside it a bare pacer that sends nothing.
import type { StartedCluster } from '../../src/cluster/cluster.ts'
import { KAFKA_DEFAULT_VERSION } from '../../src/scenario/schema/cluster.ts'
import { withCluster, withTopic } from './broker.ts'
import { runBare } from './client-run.ts'
import { runOn, showSpread, spread } from './support.ts'

type Case = { driver: 'kafkajs' | 'wire'; kind: 'tick' | 'spin'; perSecond: number }
const CASES: readonly Case[] = [
  { driver: 'kafkajs', kind: 'tick', perSecond: 5000 },
  { driver: 'wire', kind: 'tick', perSecond: 20_000 },
  { driver: 'wire', kind: 'spin', perSecond: 20_000 },
]
/** Of the loop that sends. */
const LIMIT = 1.5
/** As far as its number of requests may lie from ours. */
const REQUESTS_NEAR = 0.1
const PARTITIONS = 6
const BATCH_BYTES = 65_536
const VALUE_BYTES = 100
const LINGER_MS = 5
const WARMUP_SECONDS = 3

/** Requests are absent where nothing is sent. */
type Window = { p99Us: number; requestsPerSecond?: number }
// Bare loops hand out at once whatever is overdue; bounded catch-up would stretch every stall of the machine.
const [rounds = 5, seconds = 8] = process.argv.slice(2, 4).map(Number)
const only = process.argv[4]

const scenario = ({ driver, kind, perSecond }: Case): string => `
version: 1
name: pacing
cluster: { layout: one-broker, kafka: "${KAFKA_DEFAULT_VERSION}" }
topics: [{ name: events, partitions: ${PARTITIONS} }]
producers:
  - name: writers
    driver: ${driver}
    config: { acks: all, enable.idempotence: false, linger.ms: ${LINGER_MS}ms, batch.size: ${BATCH_BYTES} }
    values: { size: ${VALUE_BYTES}B }
load:
  pacer: ${kind}
  catch-up: burst
  phases:
    - { phase: warmup, for: ${WARMUP_SECONDS}s, rate: ${perSecond}/s }
    - { phase: steady, for: ${seconds}s, rate: ${perSecond}/s }
`

const CLIENTS: Record<'idle' | 'sends' | 'ours', (cluster: StartedCluster, one: Case) => Promise<Window>> = {
  idle: (_, { kind, perSecond }) =>
    runBare<Window>(new URL('./bare-pacer.ts', import.meta.url), [kind, perSecond, seconds]),
  sends: (cluster, { kind, perSecond }) =>
    withTopic(cluster, `bare-${Date.now()}`, PARTITIONS, topic => {
      const load = [perSecond, WARMUP_SECONDS, seconds, VALUE_BYTES, LINGER_MS, BATCH_BYTES, PARTITIONS]
      return runBare<Window>(new URL('./bare-sender.ts', import.meta.url), [
        kind,
        cluster.bootstrap[0] ?? '',
        topic,
        ...load,
      ])
    }),
  ours: async (cluster, one) => {
    const measures = (await runOn(cluster, scenario(one))).cells[0]?.measures
    if (!measures || Object.keys(measures.errorsByClass).length > 0 || measures.achieved < 0.995)
      throw new Error('a window was not clean: no ratio')
    const p99Us = measures.latencies.slip?.quantiles['p99'] ?? Number.NaN
    return { p99Us, requestsPerSecond: measures.requests / seconds }
  },
}
type Client = keyof typeof CLIENTS
const NAMES = Object.keys(CLIENTS) as Client[]

const shown = ({ p99Us, requestsPerSecond }: Window): string =>
  `${(p99Us / 1000).toFixed(3)} ms${requestsPerSecond === undefined ? '' : ` at ${requestsPerSecond.toFixed(0)} requests/s`}`

/** True where the goal is met, in rounds whose loop that sends does as much as we do. */
function report(name: string, windows: Record<Client, Window[]>): boolean {
  const ratios = (other: Client, read: (window: Window) => number): number[] =>
    windows.ours.map((window, i) => read(window) / read(windows[other][i] as Window))
  const late = ({ p99Us }: Window): number => p99Us
  const vsSends = ratios('sends', late)
  const requests = ratios('sends', ({ requestsPerSecond = Number.NaN }) => requestsPerSecond)
  const isAlike = Math.abs(spread(requests).median - 1) <= REQUESTS_NEAR
  console.log(
    `${name}: slip p99 ÷ the bare loop that sends ${showSpread(vsSends)} (goal: median ≤ ${LIMIT}), ÷ the pacer that does nothing ${showSpread(ratios('idle', late))}; requests ÷ those of the loop that sends ${showSpread(requests)}${isAlike ? '' : ': NOT alike'}`,
  )
  return isAlike && spread(vsSends).median <= LIMIT
}

let isGood = true
await withCluster(scenario(CASES[0] as Case), async cluster => {
  for (const one of CASES.filter(({ driver }) => only === undefined || driver === only)) {
    const name = `${one.driver}, ${one.kind}, ${one.perSecond}/s`
    const windows: Record<Client, Window[]> = { idle: [], sends: [], ours: [] }
    for (let round = 0; round < rounds; round++) {
      for (const client of round % 2 === 0 ? NAMES : NAMES.toReversed())
        windows[client].push(await CLIENTS[client](cluster, one))
      const told = NAMES.map(client => `${client} ${shown(windows[client].at(-1) as Window)}`)
      console.log(`${name}, round ${round + 1}: slip p99 ${told.join(', ')}`)
    }
    isGood = report(name, windows) && isGood
  }
})
process.exitCode = isGood ? 0 : 1
