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
    batch.intended.forEachRun((intendedUs, count) => {
      const phase = this.phaseOf(intendedUs)
      this.recorder.count(phase, outcome, count)
      if (outcome === 'sentNoAck') return
      this.recorder.latency(phase, 'ack', atUs - intendedUs, count)
      if (outcome === 'acked') return
      this.recorder.count(phase, `error.${errorClass}`, count)
      this.recorder.count(phase, 'censored', count)
    })
    if (outcome === 'acked') this.served(batch, atUs)
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
