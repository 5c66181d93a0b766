// Batches whose records have one shape: encoded once per topic, then only patched; their buffers come from a pool and go back to it.
import { BATCH } from '../../protocol/batch.ts'
import { batchCrc } from '../../protocol/batch-header.ts'
import { Writer } from '../../protocol/bytes.ts'
import type { PendingBatch, UniformRecords } from '../driver.ts'
import { PatchedCrc } from './patched-crc.ts'
import { encodeHeaders, writeRecordHead } from './records.ts'

/** Smaller values are sooner read whole than put together from what was stamped. */
const WORTH_PATCHING_BYTES = 256

/** A whole batch for up to `records` records; the first n of them are a batch of n. */
export type Slab = { bytes: Buffer; view: DataView; records: number }

export class BatchTemplate {
  private readonly topic: number
  private readonly shape: UniformRecords
  private readonly mostRecords: number
  private readonly free = new Map<number, Slab[]>()
  private bytes: Buffer = Buffer.alloc(0)
  private valueAt = new Int32Array(0)
  /** Where the batch of the first n + 1 records ends. */
  private ends = new Int32Array(0)
  private crc: PatchedCrc | undefined

  /** Buffers are kept for batches of up to `mostRecords`; a larger one is made and dropped. */
  constructor(topic: number, shape: UniformRecords, mostRecords: number) {
    this.topic = topic
    this.shape = shape
    this.mostRecords = mostRecords
  }

  /** A buffer that holds the batch but for its header, which lies before the records; it must be given back. */
  take(batch: PendingBatch): Slab {
    const records = this.capacityFor(batch.count)
    const slab = this.free.get(records)?.pop() ?? this.make(records)
    this.shape.stamp(slab.view, this.valueAt, batch)
    return slab
  }

  /** The CRC of the batch of the first `count` records in a buffer, once its header stands. */
  crcOf({ bytes, view }: Slab, count: number): number {
    return this.crc?.of(view, bytes, count) ?? batchCrc(bytes.subarray(0, this.sizeBytes(count)))
  }

  give(slab: Slab): void {
    if (slab.records > this.mostRecords) return
    const list = this.free.get(slab.records)
    if (list) list.push(slab)
    else this.free.set(slab.records, [slab])
  }

  /** Where the values of a batch of so many records begin, once one was taken. */
  valuesAt(count: number): Int32Array {
    return this.valueAt.subarray(0, count)
  }

  /** Bytes of a batch of so many records, header included. */
  sizeBytes(count: number): number {
    return this.ends[count - 1] ?? 0
  }

  /** The next power of two, or the most there can be. */
  private capacityFor(count: number): number {
    if (count > this.mostRecords) return count
    return Math.min(this.mostRecords, 1 << (32 - Math.clz32(count - 1)))
  }

  private make(records: number): Slab {
    if (this.ends.length < records) this.encode(Math.max(records, this.mostRecords))
    const bytes = Buffer.allocUnsafeSlow(this.sizeBytes(records))
    this.bytes.copy(bytes)
    return { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length), records }
  }

  private encode(records: number): void {
    const { valueBytes } = this.shape
    const headers = encodeHeaders(this.shape.headers)
    const writer = new Writer(BATCH.records + records * (valueBytes + headers.length + 32))
    const blank = Buffer.alloc(valueBytes)
    writer.raw(Buffer.alloc(BATCH.records))
    this.valueAt = new Int32Array(records)
    this.ends = new Int32Array(records)
    for (let place = 0; place < records; place++) {
      writeRecordHead(writer, { offsetDelta: place, key: null, valueBytes, headersBytes: headers.length })
      this.valueAt[place] = writer.sizeBytes
      writer.raw(blank)
      writer.raw(headers)
      this.ends[place] = writer.sizeBytes
    }
    this.bytes = writer.toBuffer()
    for (let place = 0; place < records; place++)
      this.shape.fill(this.topic, this.bytes, this.valueAt[place] as number, place)
    const { stamped } = this.shape
    if (stamped && valueBytes >= WORTH_PATCHING_BYTES)
      this.crc = new PatchedCrc(this.bytes, this.valueAt, this.ends, stamped)
  }
}
