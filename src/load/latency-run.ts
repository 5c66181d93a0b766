// Equal latencies that follow each other, as those of records written together do, are counted at once.
import type { HistogramName, PhaseName } from '../recording/format.ts'
import type { Recorder } from './recorder.ts'

export class LatencyRun {
  private readonly name: HistogramName
  private phase: PhaseName = 'warmup'
  private us = Number.NaN
  private count = 0

  constructor(name: HistogramName) {
    this.name = name
  }

  add(recorder: Recorder, phase: PhaseName, us: number): void {
    if (us !== this.us || phase !== this.phase) {
      this.flush(recorder)
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
