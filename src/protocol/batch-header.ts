// Writes the header of a record batch (format 2) in front of records that stand already; its grammar is in batch.ts.
import { BATCH } from './batch.ts'
import { writeInt64 } from './bytes.ts'
import { crc32c } from './crc32c.ts'

export type BatchHeader = {
  count: number
  /** Number of the codec, with any further attribute bits. */
  attributes: number
  /** Bytes of the records, compressed or not. */
  recordsBytes: number
  baseTimestampMs: number
  maxTimestampMs: number
  /** -1 each without idempotence. */
  producerId: number
  producerEpoch: number
  baseSequence: number
}

/** Bytes of a batch before what its length field counts. */
const LENGTH_OVERHEAD_BYTES = 12
const MAGIC = 2
/** Producers leave it to the broker. */
const NO_LEADER_EPOCH = -1

/** Everything but the CRC, which `sealBatch` puts in last. */
export function writeBatchHeader(into: Buffer, header: BatchHeader): void {
  writeInt64(into, 0, BATCH.baseOffset)
  into.writeInt32BE(BATCH.records - LENGTH_OVERHEAD_BYTES + header.recordsBytes, BATCH.length)
  into.writeInt32BE(NO_LEADER_EPOCH, BATCH.leaderEpoch)
  into.writeInt8(MAGIC, BATCH.magic)
  into.writeInt16BE(header.attributes, BATCH.attributes)
  into.writeInt32BE(header.count - 1, BATCH.lastOffsetDelta)
  writeInt64(into, header.baseTimestampMs, BATCH.baseTimestamp)
  writeInt64(into, header.maxTimestampMs, BATCH.maxTimestamp)
  writeInt64(into, header.producerId, BATCH.producerId)
  into.writeInt16BE(header.producerEpoch, BATCH.producerEpoch)
  into.writeInt32BE(header.baseSequence, BATCH.baseSequence)
  into.writeInt32BE(header.count, BATCH.count)
}

/** The CRC of a batch whose header stands at the head of the first part; the rest may follow in further parts. */
export function batchCrc(head: Buffer, ...rest: Buffer[]): number {
  return rest.reduce((before, part) => crc32c(part, before), crc32c(head.subarray(BATCH.crcFrom)))
}

/** Puts a CRC into the header of its batch. */
export function sealBatch(head: Buffer, crc: number): void {
  head.writeUInt32BE(crc, BATCH.crc)
}
