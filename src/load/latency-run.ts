// Latencies that follow each other in one bucket of the histogram are counted there at once.
import type { HistogramName, PhaseName } from '../recording/format.ts'
import { bucketOf } from '../stats/histogram.ts'
import type { Recorder } from './recorder.ts'

export class LatencyRun {
  private readonly name: HistogramName
  private phase: PhaseName = 'warmup'
  private fromUs = 0
  private toUs = 0
  private us = 0
  private count = 0

  constructor(name: HistogramName) {
    this.name = name
  }

  add(recorder: Recorder, phase: PhaseName, us: number): void {
    if (us < this.fromUs || us >= this.toUs || phase !== this.phase) {
      this.flush(recorder)
      const { fromUs, toUs } = bucketOf(us)
      this.fromUs = fromUs
      this.toUs = toUs
      this.phase = phase
      this.us = us
    }
    this.count++
  }

  /** Counts what has been held back; nothing may be held back when an interval ends. */
  flush(recorder: Recorder): void {
    if (this.count > 0) recorder.latency(this.phase, this.name, this.us, this.count)
    this.count = 0
  }
}
