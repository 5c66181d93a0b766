// Runs a real producer worker's role on virtual time, so that twenty seconds of load are exact and take a moment.
import { vi } from 'vitest'
import { mergeIntervals } from '../../../src/analysis/measures.ts'
import type { Driver, Scripted } from '../../../src/drivers/driver.ts'
import { driver as scriptedDriver } from '../../../src/drivers/scripted/driver.ts'
import type { ProducerWorkerSpec } from '../../../src/load/messages.ts'
import { ProducerRole } from '../../../src/load/produce.ts'
import { type IntervalReport, Recorder } from '../../../src/load/recorder.ts'
import type { Counters, HistogramName, IntervalBody, PhaseName } from '../../../src/recording/format.ts'
import { unpackHistogram } from '../../../src/recording/read.ts'
import { packHistogram } from '../../../src/recording/write.ts'
import type { Segment } from '../../../src/scenario/schema/load.ts'
import { PRODUCER_SETTINGS } from '../../../src/scenario/schema/setting-tables.ts'
import type { LatencyHistogram } from '../../../src/stats/histogram.ts'

export const T0_US = 1_790_000_000_000_000
const LEAD_IN_MS = 300

/** A stretch of one rate. */
export const stretch = (phase: 'warmup' | 'measure', seconds: number, perSecond: number | 'max'): Segment => {
  const rate = perSecond === 'max' ? 0 : perSecond
  return {
    phase,
    kind: phase === 'warmup' ? 'warmup' : 'steady',
    durationMs: seconds * 1000,
    fromPerSecond: rate,
    toPerSecond: rate,
    max: perSecond === 'max',
  }
}

export type VirtualSpec = Partial<Omit<ProducerWorkerSpec, 'settings' | 'scripted'>> & {
  settings?: ProducerWorkerSpec['settings']
  scripted?: Scripted
}

/** What a worker is told, with Kafka's own defaults for everything that is not said. */
export function producerSpec(change: VirtualSpec): ProducerWorkerSpec {
  const defaults = Object.fromEntries(
    Object.entries(PRODUCER_SETTINGS).flatMap(([name, { default: value }]) =>
      value === undefined ? [] : [[name, value]],
    ),
  )
  const { settings, ...rest } = change
  return {
    role: 'producer',
    worker: 'writers-0',
    group: 'writers',
    driver: 'scripted',
    mode: 'tuned',
    bootstrap: [],
    topics: [{ name: 't', index: 0, partitions: 1 }],
    anchor: { wallUs: T0_US, hrtimeNs: '0' },
    runTag: 1,
    producerIndex: 0,
    stripe: 0,
    stripes: 1,
    share: 1,
    segments: [stretch('measure', 10, 1000)],
    pacer: 'tick',
    arrival: 'constant',
    catchUp: 'bounded',
    maxAgeMs: 60_000,
    seed: 1,
    keys: 'none',
    values: { size: 100, compressible: 0.5 },
    headers: { count: 0, size: 0 },
    envelope: 'value',
    verify: 'records',
    envelopeCrc: false,
    ...rest,
    settings: { ...defaults, 'enable.idempotence': false, ...settings },
  }
}

export type VirtualRun = {
  role: ProducerRole
  reports: IntervalReport[]
  isDone(): boolean
  /** Lets this much time pass, with every timer in it. */
  advance(ms: number): Promise<void>
  /** The process stands still: time passes and no timer fires. */
  freezeProcess(ms: number): void
  nowUs(): number
  /** Ends the run and returns when the last outcome is in, or the deadline. */
  finish(drainMs?: number): Promise<void>
  merged(phase?: PhaseName): { counters: Counters; histograms: Map<HistogramName, LatencyHistogram> }
}

/** Starts a role on virtual time; load begins 300 ms from now, as in a trial. The caller has fake timers installed. */
export async function startVirtual(change: VirtualSpec, driver: Driver = scriptedDriver): Promise<VirtualRun> {
  vi.setSystemTime(T0_US / 1000 - LEAD_IN_MS)
  const nowUs = (): number => Date.now() * 1000
  const reports: IntervalReport[] = []
  const role = new ProducerRole(producerSpec(change), driver, { nowUs })
  await role.open()
  const recorder = new Recorder(
    T0_US,
    () => ({ cpuUs: 0, rssBytes: 0, gcUs: 0, gcMaxUs: 0, loopLateMaxUs: 0 }),
    more => reports.push(...more),
  )
  let done = false
  role.start(T0_US, recorder, () => {
    done = true
  })
  await vi.advanceTimersByTimeAsync(LEAD_IN_MS)
  return {
    role,
    reports,
    isDone: () => done,
    advance: ms => vi.advanceTimersByTimeAsync(ms).then(() => undefined),
    freezeProcess: ms => vi.setSystemTime(Date.now() + ms),
    nowUs,
    finish: async (drainMs = 30_000) => {
      const finished = role.finish(nowUs() + drainMs * 1000)
      await vi.advanceTimersByTimeAsync(drainMs + 10)
      await finished
      recorder.end(nowUs())
      await role.close()
    },
    merged: phase =>
      mergeIntervals(
        reports.map(bodyOf).filter(body => phase === undefined || body.phase === phase),
        unpackHistogram,
      ),
  }
}

/** A report as it is written to disk. */
function bodyOf(report: IntervalReport): IntervalBody {
  const { seq, t0Us, t1Us, phase, counters, histograms } = report
  return {
    kind: 'interval',
    worker: 'writers-0',
    role: 'producer',
    group: 'writers',
    seq,
    t0Us,
    t1Us,
    phase,
    counters,
    histograms: Object.fromEntries(histograms.map(({ name, bytes }) => [name, packHistogram(bytes)])),
  }
}
