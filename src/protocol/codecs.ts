// The codecs of record batches, by maintained libraries: what every client of ours compresses with, and reads of any other client.
import { constants, gunzipSync, gzipSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { compressFrameSync, decompressFrameSync } from 'lz4-napi'
import { compressSync, uncompressSync } from 'snappy'
import { ProtocolError } from './errors.ts'

export type CodecName = 'gzip' | 'snappy' | 'lz4' | 'zstd'

/** Java's snappy stream wraps blocks in a header of its own; other clients send one bare block. */
const XERIAL_MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0])
const XERIAL_HEADER_BYTES = 16
const BLOCK_SIZE_BYTES = 4
/** More than this out of one batch is an attack on memory, or damage. */
const MAX_BATCH_BYTES = 512 * 1024 * 1024

function unsnappy(bytes: Buffer): Buffer {
  if (!bytes.subarray(0, XERIAL_MAGIC.length).equals(XERIAL_MAGIC)) return uncompressSync(bytes) as Buffer
  const blocks: Buffer[] = []
  for (let at = XERIAL_HEADER_BYTES; at < bytes.length; ) {
    const from = at + BLOCK_SIZE_BYTES
    const sizeBytes = from <= bytes.length ? bytes.readUInt32BE(at) : Number.POSITIVE_INFINITY
    if (sizeBytes > bytes.length - from) throw new ProtocolError(`snappy block at ${at} is cut off`)
    blocks.push(uncompressSync(bytes.subarray(from, from + sizeBytes)) as Buffer)
    at = from + sizeBytes
  }
  return Buffer.concat(blocks)
}

/** Compresses as our drivers do; also used to measure the ratio of a payload before a run. */
export function compressWith(name: CodecName, bytes: Buffer, levels: { gzip?: number; zstd?: number } = {}): Buffer {
  switch (name) {
    case 'gzip':
      return gzipSync(bytes, levels.gzip === undefined ? {} : { level: levels.gzip })
    case 'snappy':
      return compressSync(bytes)
    case 'lz4':
      return compressFrameSync(bytes)
    case 'zstd':
      return zstdCompressSync(
        bytes,
        levels.zstd === undefined ? {} : { params: { [constants.ZSTD_c_compressionLevel]: levels.zstd } },
      )
  }
}

/** Reads what any client wrote; throws where the bytes are damaged. */
export function decompressWith(name: CodecName, bytes: Buffer): Buffer {
  switch (name) {
    case 'gzip':
      return gunzipSync(bytes, { maxOutputLength: MAX_BATCH_BYTES })
    case 'snappy':
      return unsnappy(bytes)
    case 'lz4':
      return decompressFrameSync(bytes)
    case 'zstd':
      return zstdDecompressSync(bytes, { maxOutputLength: MAX_BATCH_BYTES })
  }
}
