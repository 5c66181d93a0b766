// Our codecs in the form that kafkajs asks for, which ships only gzip; they count bytes before and after.
import { type CodecName, compressWith, decompressWith } from '../../protocol/codecs.ts'

type Encoder = { buffer: Buffer }
type Codec = { compress(encoder: Encoder): Promise<Buffer>; decompress(buffer: Buffer): Promise<Buffer> }

export type CodecCounts = { compressedBytes: number; uncompressedBytes: number }

/** Kafka's number of each codec, as in the attributes of a batch. */
export const CODEC_NUMBERS: Record<CodecName, number> = { gzip: 1, snappy: 2, lz4: 3, zstd: 4 }

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

/** The codecs that kafkajs itself ships, counting as well; those that its users would have to add are left out. */
export function countShippedCodecs(registry: Record<number, unknown>, counts: CodecCounts): void {
  const shipped = registry[CODEC_NUMBERS.gzip] as () => Codec
  registry[CODEC_NUMBERS.gzip] = (): Codec => {
    const codec = shipped()
    const compress = async (encoder: Encoder): Promise<Buffer> => {
      const out = await codec.compress(encoder)
      counts.uncompressedBytes += encoder.buffer.length
      counts.compressedBytes += out.length
      return out
    }
    return { compress, decompress: bytes => codec.decompress(bytes) }
  }
}
