// Walks the record batches (format 2) of a record set by their headers alone: no record is decoded, nothing is allocated.
//
//   base_offset INT64, batch_length INT32, partition_leader_epoch INT32, magic INT8, crc UINT32 (CRC-32C of all that follows),
//   attributes INT16 (0–2 codec, 3 log append time, 4 transactional, 5 control, 6 delete horizon), last_offset_delta INT32,
//   base_timestamp INT64, max_timestamp INT64, producer_id INT64, producer_epoch INT16, base_sequence INT32, count INT32, records
import { readInt64, readInt64Nearest } from './bytes.ts'
import { crc32c } from './crc32c.ts'
import { ProtocolError } from './errors.ts'

/** Where the fields of a batch lie, for those who patch one in place. */
export const BATCH = {
  baseOffset: 0,
  length: 8,
  leaderEpoch: 12,
  magic: 16,
  crc: 17,
  /** The CRC covers the batch from here to its end. */
  crcFrom: 21,
  attributes: 21,
  lastOffsetDelta: 23,
  baseTimestamp: 27,
  maxTimestamp: 35,
  producerId: 43,
  producerEpoch: 51,
  baseSequence: 53,
  count: 57,
  records: 61,
} as const

/** Codecs by their number in the attributes. */
export const BATCH_CODECS = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const
export type BatchCodec = (typeof BATCH_CODECS)[number]

/** Bytes of a batch before what its length field counts. */
const LENGTH_OVERHEAD_BYTES = 12
const MAGIC = 2
const CODEC_MASK = 0x07
const LOG_APPEND_TIME = 0x08
const TRANSACTIONAL = 0x10
const CONTROL = 0x20
const NO_BYTES: Buffer = Buffer.alloc(0)

/** A cursor: after each `next() === true` its fields are those of one whole batch. */
export class BatchReader {
  bytes: Buffer = NO_BYTES
  /** Where the batch begins and ends in `bytes`. */
  at = 0
  end = 0
  baseOffset = 0
  leaderEpoch = 0
  attributes = 0
  lastOffsetDelta = 0
  baseTimestampMs = 0
  maxTimestampMs = 0
  producerId = 0
  producerEpoch = 0
  baseSequence = 0
  count = 0
  private limit = 0

  /** Begins anew over a record set. */
  over(records: Buffer): this {
    this.bytes = records
    this.at = 0
    this.end = 0
    this.limit = records.length
    return this
  }

  /** Goes to the next batch; false at the end, and where the last one is cut off, as brokers may do. */
  next(): boolean {
    const { bytes, limit } = this
    const at = this.end
    if (limit - at < BATCH.records) return this.refuseOldFormat(at)
    const end = at + LENGTH_OVERHEAD_BYTES + bytes.readInt32BE(at + BATCH.length)
    if (bytes[at + BATCH.magic] !== MAGIC) return this.refuseOldFormat(at)
    if (end < at + BATCH.records) throw new ProtocolError(`record batch of ${end - at} bytes at ${at}`)
    if (end > limit) return false
    this.at = at
    this.end = end
    this.baseOffset = readInt64(bytes, at)
    this.leaderEpoch = bytes.readInt32BE(at + BATCH.leaderEpoch)
    this.attributes = bytes.readInt16BE(at + BATCH.attributes)
    this.lastOffsetDelta = bytes.readInt32BE(at + BATCH.lastOffsetDelta)
    this.baseTimestampMs = readInt64Nearest(bytes, at + BATCH.baseTimestamp)
    this.maxTimestampMs = readInt64Nearest(bytes, at + BATCH.maxTimestamp)
    this.producerId = readInt64(bytes, at + BATCH.producerId)
    this.producerEpoch = bytes.readInt16BE(at + BATCH.producerEpoch)
    this.baseSequence = bytes.readInt32BE(at + BATCH.baseSequence)
    this.count = bytes.readInt32BE(at + BATCH.count)
    if (this.baseOffset < 0 || this.count < 0 || this.lastOffsetDelta < this.count - 1) {
      throw new ProtocolError(`record batch of ${this.count} records over ${this.lastOffsetDelta + 1} offsets at ${at}`)
    }
    return true
  }

  get sizeBytes(): number {
    return this.end - this.at
  }

  get lastOffset(): number {
    return this.baseOffset + this.lastOffsetDelta
  }

  /** Where the records begin, compressed or not; they end where the batch ends. */
  get recordsAt(): number {
    return this.at + BATCH.records
  }

  get codec(): BatchCodec {
    const codec = BATCH_CODECS[this.attributes & CODEC_MASK]
    if (codec === undefined) throw new ProtocolError(`record batch at ${this.at} has no known codec`)
    return codec
  }

  /** The broker has put the time of arrival in the place of the records' own. */
  get isLogAppendTime(): boolean {
    return (this.attributes & LOG_APPEND_TIME) !== 0
  }

  get isTransactional(): boolean {
    return (this.attributes & TRANSACTIONAL) !== 0
  }

  /** Holds a transaction's end instead of records. */
  get isControl(): boolean {
    return (this.attributes & CONTROL) !== 0
  }

  /** Bytes of a last batch that was cut off; meaningful once `next` has returned false. */
  get restBytes(): number {
    return this.limit - this.end
  }

  /** Whether the batch is as its producer made it. */
  crcMatches(): boolean {
    const { bytes, at } = this
    return crc32c(bytes.subarray(at + BATCH.crcFrom, this.end)) === bytes.readUInt32BE(at + BATCH.crc)
  }

  /** False where nothing or a torn batch stands; formats 0 and 1 are refused, since their headers cannot be walked. */
  private refuseOldFormat(at: number): false {
    const magic = at + BATCH.magic < this.limit ? this.bytes[at + BATCH.magic] : MAGIC
    if (magic !== MAGIC) throw new ProtocolError(`records in format ${magic} at ${at}, only ${MAGIC} is read`)
    return false
  }
}
