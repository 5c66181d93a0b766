// The ledger of one producer worker: what became of every record it sent, as runs, in a file of its own.
import { continues, encodeLedgerRun, FLAG_AMBIGUOUS, type LedgerRun, type LedgerState } from './ledger-run.ts'
import { RunWriter } from './run-writer.ts'

/** Longest span of acknowledgements that one run may hold, so that times in the ledger stay close to the truth. */
const MAX_RUN_SPAN_US = 250_000
const MAX_RUN_RECORDS = 0xffff_ffff
const NOT_KNOWN = -1

/** What the ledger looks at in a batch. */
export type SettledBatch = {
  topic: number
  partition: number
  firstSeq: number
  count: number
  rawBytes: number
  intended: { first: number; last: number }
  offered: { first: number }
  attempts: number
  ambiguous: boolean
  /** Whose records they are, where the ledger's worker writes under several numbers, and to one topic. */
  writer?: number
}

export type LedgerSpec = {
  path: string
  envelopeRun: number
  producer: number
  /** Number of each topic in envelopes, by its index in this producer. */
  topicNumbers: readonly number[]
}

export class Ledger {
  private readonly spec: LedgerSpec
  private readonly writer: RunWriter
  /** The last run of each partition, while the next batch may go on with it. */
  private readonly open = new Map<number, LedgerRun>()

  constructor(spec: LedgerSpec) {
    this.spec = spec
    const { envelopeRun, producer } = spec
    const head = { envelopeRun, number: producer, partition: 0, beginOffset: 0, endOffset: 0 }
    this.writer = new RunWriter(spec.path, 'ledger', head, () => this.settleOpen())
  }

  /** Takes the final outcome of a batch, once; `baseOffset` where a broker told it. */
  settled(batch: SettledBatch, outcome: LedgerState, baseOffset: number | undefined, atUs: number): void {
    const run: LedgerRun = {
      topic: this.spec.topicNumbers[batch.topic] ?? 0,
      producer: batch.writer ?? this.spec.producer,
      partition: batch.partition,
      seq0: batch.firstSeq,
      offset0: baseOffset ?? NOT_KNOWN,
      n: batch.count,
      state: outcome,
      flags: batch.ambiguous ? FLAG_AMBIGUOUS : 0,
      attempts: batch.attempts,
      leader: NOT_KNOWN,
      leaderEpoch: NOT_KNOWN,
      bytes: batch.rawBytes,
      firstIntendedUs: Math.round(batch.intended.first),
      lastIntendedUs: Math.round(batch.intended.last),
      offeredUs: Math.round(batch.offered.first),
      firstSettledUs: atUs,
      lastSettledUs: atUs,
    }
    const lane = (batch.writer ?? batch.topic) * 0x1_0000_0000 + batch.partition
    const last = this.open.get(lane)
    if (last && goesOn(last, run)) return extend(last, run)
    if (last) this.write(last)
    this.open.set(lane, run)
    this.writer.wake()
  }

  /** Resolves when no full frame waits in memory. */
  flush(): Promise<void> {
    return this.writer.flush()
  }

  /** Writes what is left and the end mark: from now on the ledger is whole. */
  close(): Promise<void> {
    return this.writer.close()
  }

  private settleOpen(): void {
    for (const run of this.open.values()) this.write(run)
    this.open.clear()
  }

  private write(run: LedgerRun): void {
    this.writer.place((into, at) => encodeLedgerRun(run, into, at))
  }
}

function goesOn(run: LedgerRun, next: LedgerRun): boolean {
  const isNear = next.lastSettledUs - run.firstSettledUs <= MAX_RUN_SPAN_US && next.firstSettledUs >= run.firstSettledUs
  return isNear && run.n + next.n <= MAX_RUN_RECORDS && continues(run, next)
}

function extend(run: LedgerRun, next: LedgerRun): void {
  run.n += next.n
  run.bytes += next.bytes
  run.lastIntendedUs = next.lastIntendedUs
  run.lastSettledUs = next.lastSettledUs
}
