// One reader as its worker process has it, from the first fetch to the last record of a filled topic: wire ADDRESS TOPIC PARTITIONS RECORDS.
import { clockFromAnchor } from '../../src/core/time.ts'
import { loadDriver } from '../../src/drivers/index.ts'
import { ConsumerRole } from '../../src/load/consume.ts'
import { watchHealth } from '../../src/load/health.ts'
import { INTERVAL_US, type IntervalReport, Recorder } from '../../src/load/recorder.ts'
import { CONSUMER_SETTINGS } from '../../src/scenario/schema/setting-tables.ts'
import { RUN_TAG } from './fill.ts'

const [address = '', topic = '', partitionsText, recordsText] = process.argv.slice(2)
const [partitions, records] = [Number(partitionsText), Number(recordsText)]
const DEADLINE_MS = 120_000
const anchor = { wallUs: Date.now() * 1000, hrtimeNs: String(process.hrtime.bigint()) }
const clock = clockFromAnchor(anchor, { monotonicNs: () => process.hrtime.bigint(), millis: () => performance.now() })
const defaults = Object.entries(CONSUMER_SETTINGS).flatMap(([name, { default: value }]) =>
  value === undefined ? [] : [[name, value] as const],
)
const counters: Record<string, number> = {}
const failures: string[] = []
let startedMs = Number.NaN

const role = new ConsumerRole(
  {
    ...{ role: 'consumer', worker: 'readers-0', group: 'readers', groupId: 'bench', member: 0, members: 1 },
    ...{ start: 'earliest', driver: 'wire', mode: 'tuned', settings: Object.fromEntries(defaults) },
    ...{ bootstrap: [address], topics: [{ name: topic, index: 0, partitions }], anchor, runTag: RUN_TAG },
    segments: [
      { phase: 'measure', kind: 'steady', durationMs: DEADLINE_MS, fromPerSecond: 1, toPerSecond: 1, max: false },
    ],
    ...{ processing: { delay: 0, handling: 'batch' }, commit: 'none', verify: true },
    beginOffsets: [Array.from({ length: partitions }, () => 0)],
  },
  await loadDriver('wire'),
  clock,
  {
    onAssigned: () => {
      startedMs = performance.now()
    },
    onEvent: () => undefined,
    onFatal: message => failures.push(message),
  },
)

/** Keeps the sums, as the coordinator would. */
function keep(reports: readonly IntervalReport[]): void {
  for (const report of reports)
    for (const [name, n] of Object.entries(report.counters)) counters[name] = (counters[name] ?? 0) + n
}

const recorder = new Recorder(clock.nowUs(), watchHealth(), keep)
role.start(clock.nowUs(), recorder)
await role.open()
const readMs = await new Promise<number>((resolve, reject) => {
  const timer = setInterval(() => {
    role.tick()
    const read = role.positions().reduce((sum, { next }) => sum + next, 0)
    const nowMs = performance.now()
    if (failures.length > 0 || nowMs - startedMs > DEADLINE_MS) reject(new Error(failures[0] ?? `${read} read in time`))
    else if (read >= records) {
      clearInterval(timer)
      resolve(nowMs - startedMs)
    }
  }, INTERVAL_US / 20_000)
})
recorder.end(clock.nowUs())
await role.close()
const { user, system } = process.cpuUsage()
console.log(JSON.stringify({ perSecond: records / (readMs / 1000), cpuSeconds: (user + system) / 1e6, counters }))
