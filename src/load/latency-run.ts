// Latencies that follow each other in one bucket of the histogram are counted there at once: those of records written together, and of all that were read late.
import type { HistogramName, PhaseName } from '../recording/format.ts'
import { bucketBits, hasBucket } from './latency-stage.ts'
import type { Recorder } from './recorder.ts'

/** From here on buckets are wide enough to hold neighbours; below, only what is equal is worth looking for. */
const WIDE_US = 2 ** 17

export class LatencyRun {
  private readonly name: HistogramName
  private phase: PhaseName = 'warmup'
  private us = Number.NaN
  private fromUs = Number.NaN
  private belowUs = Number.NaN
  private count = 0

  constructor(name: HistogramName) {
    this.name = name
  }

  add(recorder: Pick<Recorder, 'latency'>, phase: PhaseName, us: number): void {
    const isAlike = us === this.us || (us >= this.fromUs && us < this.belowUs)
    if (!isAlike || phase !== this.phase) {
      this.flush(recorder)
      this.aim(us)
      this.phase = phase
    }
    this.count++
  }

  /** Latencies are rounded before they are counted: a bucket takes them from half below its first. */
  private aim(us: number): void {
    this.us = us
    this.fromUs = Number.NaN
    const whole = Math.round(us)
    if (us < WIDE_US || !hasBucket(whole)) return
    const bits = bucketBits(whole)
    this.fromUs = ((whole >>> bits) << bits) - 0.5
    this.belowUs = this.fromUs + 2 ** bits
  }

  /** Counts what has been held back; nothing may be held back when an interval ends. */
  flush(recorder: Pick<Recorder, 'latency'>): void {
    if (this.count > 0) recorder.latency(this.phase, this.name, this.us, this.count)
    this.count = 0
  }
}
