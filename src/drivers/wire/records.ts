// Encodes records one by one into bytes that grow; for batches whose records are not all of one shape.
import { BATCH } from '../../protocol/batch.ts'
import { Writer } from '../../protocol/bytes.ts'
import type { PendingBatch, RecordFactory } from '../driver.ts'

const MAX_FRAMING_BYTES = 16
const NO_HEADERS = Buffer.from([0])

/** Bytes a signed number takes as a varint. */
export function varintBytes(value: number): number {
  let rest = ((value << 1) ^ (value >> 31)) >>> 0
  let sizeBytes = 1
  for (; rest > 0x7f; rest >>>= 7) sizeBytes++
  return sizeBytes
}

/** All headers of a record as they stand behind its value, their count included. */
export function encodeHeaders(headers: Record<string, Buffer> | undefined): Buffer {
  if (!headers) return NO_HEADERS
  const entries = Object.entries(headers)
  const writer = new Writer(64)
  writer.varint(entries.length)
  for (const [key, value] of entries) {
    writer.varint(Buffer.byteLength(key))
    writer.raw(Buffer.from(key))
    writer.varint(value.length)
    writer.raw(value)
  }
  return writer.toBuffer()
}

/** What stands before a record's value: everything but key and headers is known beforehand. */
export function writeRecordHead(
  writer: Writer,
  record: { offsetDelta: number; key: Buffer | null; valueBytes: number; headersBytes: number },
): void {
  const { offsetDelta, key, valueBytes, headersBytes } = record
  const keyBytes = key === null ? varintBytes(-1) : varintBytes(key.length) + key.length
  writer.varint(2 + varintBytes(offsetDelta) + keyBytes + varintBytes(valueBytes) + valueBytes + headersBytes)
  writer.int8(0)
  writer.int8(0)
  writer.varint(offsetDelta)
  if (key === null) writer.varint(-1)
  else {
    writer.varint(key.length)
    writer.raw(key)
  }
  writer.varint(valueBytes)
}

/** A batch's bytes with room for its header; timestamps are all those of the batch. */
export function encodeRecords(batch: PendingBatch, factory: RecordFactory): Buffer {
  const writer = new Writer(BATCH.records + batch.rawBytes + batch.count * MAX_FRAMING_BYTES)
  writer.raw(Buffer.alloc(BATCH.records))
  for (let at = 0; at < batch.count; at++) {
    const key = factory.key(batch, at)
    const value = factory.value(batch, at)
    const headers = encodeHeaders(factory.headers(batch, at))
    writeRecordHead(writer, { offsetDelta: at, key, valueBytes: value.length, headersBytes: headers.length })
    writer.raw(value)
    writer.raw(headers)
  }
  return writer.toBuffer()
}
