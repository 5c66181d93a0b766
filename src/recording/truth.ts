// Writes what a full read of one partition found, as runs: as long as sequence, offset and origin go on, one run tells of all.
import { RunWriter } from './run-writer.ts'
import type { RunHead } from './runs.ts'
import { DETAIL_UNPLACED, encodeTruthRun, type TruthRun, type TruthState } from './truth-run.ts'

/** What the records of one batch have in common. */
export type BatchOrigin = { leaderEpoch: number; producerId: number; producerEpoch: number }

const MAX_RUN_RECORDS = 0xffff_ffff

export class TruthWriter {
  records = 0
  /** Offsets of ends of transactions, and of records that read_committed leaves out. */
  markers = 0
  hidden = 0
  private readonly writer: RunWriter
  private origin: BatchOrigin = { leaderEpoch: -1, producerId: -1, producerEpoch: -1 }
  private run: TruthRun | undefined
  private nextOffset = -1
  private nextSeq = -1

  constructor(path: string, head: RunHead) {
    this.writer = new RunWriter(path, 'truth', head)
  }

  /** Says whose the records that follow are. */
  begin(origin: BatchOrigin): void {
    const before = this.origin
    if (
      origin.leaderEpoch !== before.leaderEpoch ||
      origin.producerId !== before.producerId ||
      origin.producerEpoch !== before.producerEpoch
    )
      this.cut()
    this.origin = origin
  }

  /** Takes one record that carries this trial's envelope, which may name no partition. */
  identified(
    state: TruthState,
    offset: number,
    producer: number,
    seq: number,
    transaction: number,
    isUnplaced = false,
  ): void {
    const { run } = this
    const detail = isUnplaced ? DETAIL_UNPLACED : 0
    this.records++
    if (state !== 'stored') this.hidden++
    if (
      run !== undefined &&
      offset === this.nextOffset &&
      seq === this.nextSeq &&
      run.producer === producer &&
      run.state === state &&
      run.detail === detail &&
      run.transaction === transaction &&
      run.n < MAX_RUN_RECORDS
    ) {
      run.n++
    } else {
      this.cut()
      this.open({ state, offset0: offset, seq0: seq, n: 1, producer, transaction, detail })
    }
    this.nextOffset = offset + 1
    this.nextSeq = seq + 1
  }

  /** Takes `n` offsets in which no envelope of this trial stands. */
  other(state: TruthState, offset: number, n: number, detail: number): void {
    const { run } = this
    if (
      run &&
      run.state === state &&
      run.detail === detail &&
      offset === this.nextOffset &&
      run.n + n <= MAX_RUN_RECORDS
    )
      run.n += n
    else {
      this.cut()
      this.open({ state, offset0: offset, seq0: 0, n, producer: 0, transaction: 0, detail })
    }
    this.records += n
    if (state === 'marker') this.markers += n
    this.nextOffset = offset + n
    this.nextSeq = -1
  }

  /** Resolves when what was taken so far need not be kept in memory. */
  flush(): Promise<void> {
    return this.writer.flush()
  }

  /** Writes the rest and the end mark; without `isWhole` the file says that it was not read to its end. */
  async close(isWhole: boolean): Promise<void> {
    this.cut()
    await this.writer.close(isWhole)
  }

  private open(run: Omit<TruthRun, keyof BatchOrigin>): void {
    this.run = { ...run, ...this.origin }
  }

  private cut(): void {
    const { run } = this
    if (run) this.writer.place((into, at) => encodeTruthRun(run, into, at))
    this.run = undefined
  }
}
