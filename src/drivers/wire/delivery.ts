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
    for (const one of fetched) for (const _ of this.handlings(one));
    return undefined
  }

  close(): void {
    this.isClosed = true
  }

  private async takeSlowly(fetched: readonly Fetched[]): Promise<void> {
    for (const one of fetched) {
      for (const _ of this.handlings(one)) {
        await processing(this.options.delayMs)
      }
    }
  }

  /** Hands over one handling after the other; what nobody shall see is gone past. */
  private *handlings({ partition, answer, fromOffset, source }: Fetched): Generator<void> {
    const { batch } = this
    const aborted = new AbortedTransactions(answer.aborted)
    batch.over(answer.records)
    while (batch.next()) {
      const isHidden = this.isCommitted ? aborted.hides(batch) : batch.isControl
      const nextOffset = batch.lastOffset + 1
      if (nextOffset <= fromOffset) continue
      const opened = isHidden || batch.count === 0 ? undefined : this.open()
      const { topic, partition: number } = partition
      if (opened) yield* this.slices(partition, opened, fromOffset, source)
      else
        this.options.onPassed({
          topic,
          partition: number,
          nextOffset,
          corrupt: isHidden ? 0 : batch.count,
        })
    }
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

  private *slices(
    { topic, partition }: ReadPartition,
    { bytes, at, end }: PlainRecords,
    fromOffset: number,
    source: Source,
  ): Generator<void> {
    const { options, records } = this
    const { baseOffset, count } = this.batch
    const nextOffset = this.batch.lastOffset + 1
    const skipped = baseOffset < fromOffset ? this.countBelow(bytes, at, end, fromOffset) : 0
    records.over(bytes, at, end, count)
    for (let i = 0; i < skipped; i++) records.next()
    for (let done = skipped; done < count && !this.isClosed; ) {
      const taken = Math.min(this.maxRecords, count - done)
      done += taken
      // Only behind the last slice is everything behind it too.
      const behind = done === count ? nextOffset : baseOffset
      const view = { topic, partition, baseOffset, records, count: taken, nextOffset: behind, source }
      options.onView(view, options.nowUs())
      yield
    }
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
