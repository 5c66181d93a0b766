// The records of a batch as they can be walked, whatever codec they came in.
import type { BatchCodec, BatchReader } from './batch.ts'
import { decompressWith } from './codecs.ts'

/** Where records lie: in the batch itself, or in bytes of their own where they were compressed. */
export type PlainRecords = { bytes: Buffer; at: number; end: number }

/** Throws where the bytes are damaged. */
export function plainRecords({ bytes, recordsAt, end }: BatchReader, codec: BatchCodec): PlainRecords {
  if (codec === 'none') return { bytes, at: recordsAt, end }
  const plain = decompressWith(codec, bytes.subarray(recordsAt, end))
  return { bytes: plain, at: 0, end: plain.length }
}
