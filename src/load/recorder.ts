// One worker's histograms and counters, cut into one-second intervals by completion time and into phases by intended time.

import type { Counters, HistogramName, PhaseName, WorkerHealth } from '../recording/format.ts'
import { LatencyHistogram } from '../stats/histogram.ts'

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

type Bucket = { counters: Counters; histograms: Map<HistogramName, LatencyHistogram> }

export const INTERVAL_US = 1_000_000

export class Recorder {
  private readonly t0Us: number
  private readonly emit: (reports: IntervalReport[]) => void
  private readonly health: () => WorkerHealth
  private readonly buckets = new Map<PhaseName, Bucket>()
  private readonly spare: LatencyHistogram[] = []
  private interval = 0

  constructor(t0Us: number, health: () => WorkerHealth, emit: (reports: IntervalReport[]) => void) {
    this.t0Us = t0Us
    this.health = health
    this.emit = emit
  }

  count(phase: PhaseName, name: string, by = 1): void {
    const { counters } = this.bucket(phase)
    counters[name] = (counters[name] ?? 0) + by
  }

  latency(phase: PhaseName, name: HistogramName, us: number, count = 1): void {
    const { histograms } = this.bucket(phase)
    let histogram = histograms.get(name)
    if (!histogram) {
      histogram = this.spare.pop() ?? new LatencyHistogram()
      histograms.set(name, histogram)
    }
    histogram.record(us, count)
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

  private bucket(phase: PhaseName): Bucket {
    let bucket = this.buckets.get(phase)
    if (!bucket) {
      bucket = { counters: {}, histograms: new Map() }
      this.buckets.set(phase, bucket)
    }
    return bucket
  }

  private close(endUs: number): void {
    const startUs = this.t0Us + this.interval * INTERVAL_US
    const phases: PhaseName[] = this.buckets.size > 0 ? [...this.buckets.keys()] : ['measure']
    const reports = phases.map((phase, index): IntervalReport => {
      const bucket = this.bucket(phase)
      const histograms = [...bucket.histograms].map(([name, histogram]) => {
        if (histogram.above > 0) bucket.counters[`above.${name}`] = histogram.above
        const report = { name, bytes: histogram.encode(), negative: histogram.negative }
        histogram.reset()
        this.spare.push(histogram)
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
    this.interval = Math.max(this.interval + 1, Math.floor((endUs - this.t0Us) / INTERVAL_US))
    this.emit(reports)
  }
}
