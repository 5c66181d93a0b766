// One worker's histograms and counters, cut into one-second intervals by completion time and into phases by intended time.

import type { Counters, HistogramName, PhaseName, WorkerHealth } from '../recording/format.ts'
import { LatencyHistogram } from '../stats/histogram.ts'
import { LatencyStage } from './latency-stage.ts'

/** An interval as it travels to the coordinator: histograms as V2 bytes. */
export type IntervalReport = {
  seq: number
  t0Us: number
  t1Us: number
  phase: PhaseName
  counters: Counters
  histograms: { name: HistogramName; bytes: Uint8Array; negative: number }[]
  health?: WorkerHealth
}

type Bucket = { counters: Counters; latencies: Map<HistogramName, Latencies> }
/** What was counted, and where it is counted fast until the interval ends. */
type Latencies = { histogram: LatencyHistogram; stage: LatencyStage }

export const INTERVAL_US = 1_000_000

export class Recorder {
  private readonly t0Us: number
  private readonly emit: (reports: IntervalReport[]) => void
  private readonly health: () => WorkerHealth
  private readonly buckets = new Map<PhaseName, Bucket>()
  private readonly spare: Latencies[] = []
  private lastPhase: PhaseName | undefined
  private lastBucket: Bucket | undefined
  private lastName: HistogramName | undefined
  private lastLatencies: Latencies | undefined
  private interval: number
  /** Called before an interval is closed, for what is counted elsewhere and belongs to it. */
  onClosing: () => void = () => undefined

  /** A worker that begins later has no seconds before `fromUs`. */
  constructor(t0Us: number, health: () => WorkerHealth, emit: (reports: IntervalReport[]) => void, fromUs = t0Us) {
    this.t0Us = t0Us
    this.interval = Math.floor((fromUs - t0Us) / INTERVAL_US)
    this.health = health
    this.emit = emit
  }

  count(phase: PhaseName, name: string, by = 1): void {
    const { counters } = this.bucket(phase)
    counters[name] = (counters[name] ?? 0) + by
  }

  latency(phase: PhaseName, name: HistogramName, us: number, count = 1): void {
    const known = name === this.lastName && phase === this.lastPhase ? this.lastLatencies : undefined
    const own = known ?? this.latenciesOf(phase, name)
    if (!own.stage.add(us, count)) own.histogram.record(us, count)
  }

  /** Closes every interval that has ended; a late call closes one long interval, which says so by its times. */
  tick(nowUs: number): void {
    if (nowUs >= this.t0Us + (this.interval + 1) * INTERVAL_US)
      this.close(this.t0Us + Math.floor((nowUs - this.t0Us) / INTERVAL_US) * INTERVAL_US)
  }

  /** Closes the last, shorter interval. */
  end(nowUs: number): void {
    this.close(nowUs)
  }

  /** Records of one batch ask for the same ones again and again. */
  private latenciesOf(phase: PhaseName, name: HistogramName): Latencies {
    const { latencies } = this.bucket(phase)
    let own = latencies.get(name)
    if (!own) {
      own = this.spare.pop() ?? { histogram: new LatencyHistogram(), stage: new LatencyStage() }
      latencies.set(name, own)
    }
    this.lastName = name
    this.lastLatencies = own
    return own
  }

  private bucket(phase: PhaseName): Bucket {
    if (phase === this.lastPhase && this.lastBucket) return this.lastBucket
    let bucket = this.buckets.get(phase)
    if (!bucket) {
      bucket = { counters: {}, latencies: new Map() }
      this.buckets.set(phase, bucket)
    }
    this.lastPhase = phase
    this.lastBucket = bucket
    this.lastLatencies = undefined
    return bucket
  }

  private close(endUs: number): void {
    this.onClosing()
    const startUs = this.t0Us + this.interval * INTERVAL_US
    const phases: PhaseName[] = this.buckets.size > 0 ? [...this.buckets.keys()] : ['measure']
    const reports = phases.map((phase, index): IntervalReport => {
      const bucket = this.bucket(phase)
      const histograms = [...bucket.latencies].map(([name, own]) => {
        const { histogram, stage } = own
        this.spare.push(own)
        if (histogram.count === 0) return { name, bytes: stage.encode(), negative: 0 }
        stage.drain((us, count) => histogram.record(us, count))
        if (histogram.above > 0) bucket.counters[`above.${name}`] = histogram.above
        const report = { name, bytes: histogram.encode(), negative: histogram.negative }
        histogram.reset()
        return report
      })
      return {
        seq: this.interval,
        t0Us: startUs,
        t1Us: endUs,
        phase,
        counters: bucket.counters,
        histograms,
        ...(index === 0 ? { health: this.health() } : {}),
      }
    })
    this.buckets.clear()
    this.lastBucket = undefined
    this.lastLatencies = undefined
    this.interval = Math.max(this.interval + 1, Math.floor((endUs - this.t0Us) / INTERVAL_US))
    this.emit(reports)
  }
}
