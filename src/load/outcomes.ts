// Counts what became of batches, each record in the phase of its intended time, with one update per distinct time.
import type { PendingBatch } from '../drivers/driver.ts'
import type { PhaseName } from '../recording/format.ts'
import type { FinalOutcome } from './accumulator.ts'
import type { Recorder } from './recorder.ts'

export class Outcomes {
  private readonly recorder: Recorder
  private readonly phaseOf: (unixUs: number) => PhaseName

  constructor(recorder: Recorder, phaseOf: (unixUs: number) => PhaseName) {
    this.recorder = recorder
    this.phaseOf = phaseOf
  }

  dispatched(batches: readonly PendingBatch[]): void {
    const [first] = batches
    if (!first) return
    const phase = this.phaseOf(first.intended.first)
    this.recorder.count(phase, 'requests')
    for (const batch of batches) {
      if (batch.attempts > 1) continue
      this.recorder.count(phase, 'batches')
      this.recorder.count(phase, 'batchRecords', batch.count)
      this.recorder.count(phase, 'batchBytes', batch.rawBytes)
    }
  }

  retried(batch: PendingBatch, errorClass: string, duplicatePossible: boolean): void {
    const phase = this.phaseOf(batch.intended.first)
    this.recorder.count(phase, 'retries')
    this.recorder.count(phase, `retry.${errorClass}`)
    if (duplicatePossible) this.recorder.count(phase, 'maybeDuplicated', batch.count)
  }

  ended(batch: PendingBatch, outcome: FinalOutcome, atUs: number, errorClass = 'error'): void {
    this.recorder.tick(atUs)
    let phase = this.phaseOf(batch.intended.first)
    let counted = 0
    batch.intended.forEachRun((intendedUs, count) => {
      const own = this.phaseOf(intendedUs)
      if (own !== phase) {
        this.countEnded(phase, outcome, counted, errorClass)
        phase = own
        counted = 0
      }
      counted += count
      if (outcome !== 'sentNoAck') this.recorder.latency(own, 'ack', atUs - intendedUs, count)
    })
    this.countEnded(phase, outcome, counted, errorClass)
    if (outcome === 'acked') this.served(batch, atUs)
  }

  private countEnded(phase: PhaseName, outcome: FinalOutcome, count: number, errorClass: string): void {
    this.recorder.count(phase, outcome, count)
    if (outcome === 'acked' || outcome === 'sentNoAck') return
    this.recorder.count(phase, `error.${errorClass}`, count)
    this.recorder.count(phase, 'censored', count)
  }

  private served({ intended, offered }: PendingBatch, atUs: number): void {
    let place = 0
    offered.forEachRun((offeredUs, count) => {
      for (let left = count; left > 0; ) {
        const phase = this.phaseOf(intended.at(place))
        // Times only grow within a batch, so that a run lies in one phase where its ends do.
        const step = this.phaseOf(intended.at(place + left - 1)) === phase ? left : 1
        this.recorder.latency(phase, 'ack.service', atUs - offeredUs, step)
        place += step
        left -= step
      }
    })
  }
}
