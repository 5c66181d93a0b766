// Counts what is handed over in plain numbers, and tells the recorder when a second or a phase ends.
import type { PhaseName } from '../recording/format.ts'
import type { Recorder } from './recorder.ts'

export class SentCount {
  private phase: PhaseName = 'warmup'
  private records = 0
  private bytes = 0
  private onTime = 0

  add(recorder: Recorder, phase: PhaseName, count: number, bytes: number, isOnTime: boolean): void {
    if (phase !== this.phase) {
      this.flush(recorder)
      this.phase = phase
    }
    this.records += count
    this.bytes += bytes
    if (isOnTime) this.onTime += count
  }

  /** Nothing may be held back when an interval ends. */
  flush(recorder: Recorder): void {
    if (this.records === 0) return
    recorder.count(this.phase, 'sent', this.records)
    recorder.count(this.phase, 'bytes', this.bytes)
    if (this.onTime > 0) recorder.count(this.phase, 'sentOnTime', this.onTime)
    this.records = 0
    this.bytes = 0
    this.onTime = 0
  }
}
