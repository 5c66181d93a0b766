// Hands the batches of fetched record sets over: checked, decompressed and cut into handlings, with the time each reached its handler.
import { messageOf } from '../../core/errors.ts'
import { BatchReader } from '../../protocol/batch.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import { type PlainRecords, plainRecords } from '../../protocol/plain-records.ts'
import { RecordReader } from '../../protocol/records.ts'
import type { FetchedPartition } from '../../protocol/requests/fetch.ts'
import { AbortedTransactions } from '../../protocol/transactions.ts'
import type { ConsumerOptions, Source } from '../driver.ts'
import { processing } from '../processing.ts'
import type { ReadPartition } from './assignment.ts'

/** What one fetch brought for a partition, read from `fromOffset` on. */
export type Fetched = { partition: ReadPartition; answer: FetchedPartition; fromOffset: number; source: Source }

const headers = new BatchReader()
const NONE_ABORTED = new AbortedTransactions([])

/** Where reading goes on behind the whole batches of a record set; `fromOffset` where it holds none. */
export function offsetBehind(records: Buffer, fromOffset: number): number {
  headers.over(records)
  let next = fromOffset
  while (headers.next()) next = Math.max(next, headers.lastOffset + 1)
  return next
}

export class Delivery {
  private readonly options: ConsumerOptions
  private readonly isCommitted: boolean
  private readonly maxRecords: number
  private readonly batch = new BatchReader()
  private readonly records = new RecordReader()
  private queue: Promise<void> = Promise.resolve()
  private isClosed = false
  /** Of what is handed over at present; and how many records of its opened batch there are, and are done. */
  private aborted = NONE_ABORTED
  private opened = 0
  private done = 0

  constructor(options: ConsumerOptions) {
    this.options = options
    this.isCommitted = options.settings['isolation.level'] === 'read_committed'
    this.maxRecords = options.handling === 'message' ? 1 : Number(options.settings['max.poll.records'])
  }

  /** Hands over at once where handling takes no time; else one answer after the other, as a single thread would, and says when. */
  take(fetched: readonly Fetched[]): Promise<void> | undefined {
    if (this.options.delayMs > 0) {
      this.queue = this.queue.then(() => this.takeSlowly(fetched))
      return this.queue
    }
    for (const one of fetched) {
      this.begin(one)
      while (this.handOver(one));
    }
    return undefined
  }

  close(): void {
    this.isClosed = true
  }

  private async takeSlowly(fetched: readonly Fetched[]): Promise<void> {
    for (const one of fetched) {
      this.begin(one)
      while (this.handOver(one)) await processing(this.options.delayMs)
    }
  }

  private begin({ answer: { aborted, records } }: Fetched): void {
    this.aborted = aborted.length > 0 ? new AbortedTransactions(aborted) : NONE_ABORTED
    this.opened = 0
    this.done = 0
    this.batch.over(records)
  }

  /** Hands over one handling; false where there is none left. Plain steps: a generator would be made for each batch. */
  private handOver(fetched: Fetched): boolean {
    if (this.isClosed) return false
    while (this.done === this.opened) if (!this.openNext(fetched)) return false
    const { options, records } = this
    const { baseOffset, count, lastOffset } = this.batch
    const taken = Math.min(this.maxRecords, count - this.done)
    this.done += taken
    const { topic, partition } = fetched.partition
    // Only behind the last slice is everything behind it too.
    const nextOffset = this.done === count ? lastOffset + 1 : baseOffset
    const view = { topic, partition, baseOffset, records, count: taken, nextOffset, source: fetched.source }
    options.onView(view, options.nowUs())
    return true
  }

  /** Goes to the next batch, opening it where its records shall be seen; false behind the last. */
  private openNext({ partition, fromOffset }: Fetched): boolean {
    const { batch } = this
    if (!batch.next()) return false
    this.opened = 0
    this.done = 0
    const isHidden = this.isCommitted ? this.aborted.hides(batch) : batch.isControl
    const nextOffset = batch.lastOffset + 1
    if (nextOffset <= fromOffset) return true
    const plain = isHidden || batch.count === 0 ? undefined : this.open()
    if (plain) this.enter(plain, fromOffset)
    else {
      const { topic, partition: number } = partition
      this.options.onPassed({ topic, partition: number, nextOffset, corrupt: isHidden ? 0 : batch.count })
    }
    return true
  }

  /** The records of the batch as they can be walked; undefined where they are not what the producer wrote. */
  private open(): PlainRecords | undefined {
    const { batch } = this
    if (!batch.crcMatches()) {
      this.options.onError('CORRUPT_MESSAGE', `wrong CRC-32C of the batch at offset ${batch.baseOffset}`, false)
      return undefined
    }
    try {
      return plainRecords(batch, batch.codec)
    } catch (error) {
      this.options.onError('CORRUPT_MESSAGE', `batch at offset ${batch.baseOffset}: ${messageOf(error)}`, false)
      return undefined
    }
  }

  /** Goes to the first record that was asked for. */
  private enter({ bytes, at, end }: PlainRecords, fromOffset: number): void {
    const { records } = this
    const { baseOffset, count } = this.batch
    const skipped = baseOffset < fromOffset ? this.countBelow(bytes, at, end, fromOffset) : 0
    records.over(bytes, at, end, count)
    for (let i = 0; i < skipped; i++) records.next()
    this.opened = count
    this.done = skipped
  }

  /** Records of a batch that begins before the offset that was asked for. */
  private countBelow(bytes: Buffer, at: number, end: number, offset: number): number {
    const { records, batch } = this
    records.over(bytes, at, end, batch.count)
    let count = 0
    try {
      while (records.next() && batch.baseOffset + records.offsetDelta < offset) count++
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
    }
    return count
  }
}
