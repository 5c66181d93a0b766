// Counts what became of batches, each record in the phase of its intended time, with one update per distinct time.
import type { PendingBatch } from '../drivers/driver.ts'
import type { PhaseName } from '../recording/format.ts'
import type { FinalOutcome } from './accumulator.ts'
import type { Recorder } from './recorder.ts'
import { Tally } from './tally.ts'

const SENT_COUNTERS = ['requests', 'batches', 'batchRecords', 'batchBytes']
const [REQUESTS, BATCHES, RECORDS, BYTES] = [0, 1, 2, 3]
const ACKED_COUNTERS = ['acked']
const ACKED = 0

export class Outcomes {
  private readonly recorder: Recorder
  private readonly phaseOf: (unixUs: number) => PhaseName
  private readonly sent = new Tally(SENT_COUNTERS)
  private readonly acked = new Tally(ACKED_COUNTERS)

  constructor(recorder: Recorder, phaseOf: (unixUs: number) => PhaseName) {
    this.recorder = recorder
    this.phaseOf = phaseOf
  }

  dispatched(batches: readonly PendingBatch[]): void {
    const [first] = batches
    if (!first) return
    const { sent } = this
    sent.enter(this.recorder, this.phaseOf(first.intended.first))
    sent.add(REQUESTS, 1)
    for (const batch of batches) {
      if (batch.attempts > 1) continue
      sent.add(BATCHES, 1)
      sent.add(RECORDS, batch.count)
      sent.add(BYTES, batch.rawBytes)
    }
  }

  /** Tells the recorder what has been held back; when an interval ends, nothing may be. */
  flush(): void {
    this.sent.flush(this.recorder)
    this.acked.flush(this.recorder)
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
    if (outcome === 'acked') {
      this.acked.enter(this.recorder, phase)
      this.acked.add(ACKED, count)
      return
    }
    this.recorder.count(phase, outcome, count)
    if (outcome === 'sentNoAck') return
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
