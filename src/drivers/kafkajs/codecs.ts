// Maintained codecs for kafkajs, which ships only gzip: synchronous, with levels, and counting bytes before and after.
import { constants, gunzipSync, gzipSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { compressFrameSync, decompressFrameSync } from 'lz4-napi'
import { compressSync, uncompressSync } from 'snappy'

type Encoder = { buffer: Buffer }
type Codec = { compress(encoder: Encoder): Promise<Buffer>; decompress(buffer: Buffer): Promise<Buffer> }
export type CodecName = 'gzip' | 'snappy' | 'lz4' | 'zstd'

export type CodecCounts = { compressedBytes: number; uncompressedBytes: number }

/** Kafka's number of each codec, as in the attributes of a batch. */
export const CODEC_NUMBERS: Record<CodecName, number> = { gzip: 1, snappy: 2, lz4: 3, zstd: 4 }

/** Java's snappy stream wraps blocks in a header of its own; other clients send one bare block. */
const XERIAL_MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0])
const XERIAL_HEADER_BYTES = 16

function unsnappy(bytes: Buffer): Buffer {
  if (!bytes.subarray(0, XERIAL_MAGIC.length).equals(XERIAL_MAGIC)) return uncompressSync(bytes) as Buffer
  const blocks: Buffer[] = []
  for (let at = XERIAL_HEADER_BYTES; at < bytes.length; ) {
    const length = bytes.readUInt32BE(at)
    blocks.push(uncompressSync(bytes.subarray(at + 4, at + 4 + length)) as Buffer)
    at += 4 + length
  }
  return Buffer.concat(blocks)
}

/** Compresses as this driver does; also used to measure the ratio of a payload before a run. */
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

/** Reads what any client wrote. */
export function decompressWith(name: CodecName, bytes: Buffer): Buffer {
  switch (name) {
    case 'gzip':
      return gunzipSync(bytes)
    case 'snappy':
      return unsnappy(bytes)
    case 'lz4':
      return decompressFrameSync(bytes)
    case 'zstd':
      return zstdDecompressSync(bytes)
  }
}

/** Codec objects in kafkajs' form, all counting into `counts`. */
export function countingCodecs(
  levels: { gzip?: number; zstd?: number },
  counts: CodecCounts,
): Record<CodecName, () => Codec> {
  const codec = (name: CodecName) => () => ({
    compress: async ({ buffer }: Encoder) => {
      const out = compressWith(name, buffer, levels)
      counts.uncompressedBytes += buffer.length
      counts.compressedBytes += out.length
      return out
    },
    decompress: async (buffer: Buffer) => decompressWith(name, buffer),
  })
  return { gzip: codec('gzip'), snappy: codec('snappy'), lz4: codec('lz4'), zstd: codec('zstd') }
}
