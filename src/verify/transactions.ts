// What the log alone tells of transactions: which have two ends, and which writes came behind a newer epoch of their producer.
import type { Verification } from '../analysis/verification.ts'
import type { TruthRun } from '../recording/truth-run.ts'
import type { TornFact } from './check.ts'

/** Transactions that one verification follows; beyond, only their epochs are looked at. */
const MAX_TRANSACTIONS = 1_000_000
const RECORDS: readonly TruthRun['state'][] = ['stored', 'aborted', 'pending']

export class Transactions {
  private readonly epochs = new Map<string, number>()
  private readonly ends = new Map<string, TornFact>()

  /** Takes a run of the log, in order; returns the newer epoch that stands before it, if one does. */
  add(run: TruthRun, topic: number, partition: number): number | undefined {
    if (run.producerId < 0 || !RECORDS.includes(run.state)) return undefined
    if (run.transaction > 0) this.count(run, topic, partition)
    const key = `${topic}:${partition}:${run.producerId}`
    const known = this.epochs.get(key) ?? -1
    if (run.producerEpoch < known) return known
    this.epochs.set(key, run.producerEpoch)
    return undefined
  }

  /** Transactions by their ends in the log; nothing where there are none, or too many to follow. */
  counts(): Pick<Verification, 'transactions'> {
    if (this.ends.size === 0 || this.ends.size >= MAX_TRANSACTIONS) return {}
    const counts = { committed: 0, aborted: 0, open: 0 }
    for (const { stored, aborted } of this.ends.values()) {
      if (stored > 0) counts.committed++
      if (aborted > 0) counts.aborted++
      if (stored + aborted === 0) counts.open++
    }
    return { transactions: counts }
  }

  forEachTorn(visit: (fact: TornFact) => void): void {
    for (const fact of this.ends.values()) if (fact.stored > 0 && fact.aborted > 0) visit(fact)
  }

  private count({ producer, transaction, state, n }: TruthRun, topic: number, partition: number): void {
    const key = `${producer}:${transaction}`
    const ends = this.ends.get(key) ?? { topic, partition, producer, transaction, stored: 0, aborted: 0 }
    if (state === 'stored') ends.stored += n
    if (state === 'aborted') ends.aborted += n
    if (this.ends.size < MAX_TRANSACTIONS) this.ends.set(key, ends)
  }
}
