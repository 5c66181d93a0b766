// kafkajs hands its batches to our codecs, and the bytes before and after are counted as they are.
import { describe, expect, test } from 'vitest'
import { CODEC_NUMBERS, countingCodecs } from '../../../../src/drivers/kafkajs/codecs.ts'
import { type CodecName, compressWith } from '../../../../src/protocol/codecs.ts'
import { fillPayload, makePool } from '../../../../src/record/payload.ts'

const CODECS = Object.keys(CODEC_NUMBERS) as CodecName[]

function batchOf(sizeBytes: number): Buffer {
  const bytes = Buffer.alloc(sizeBytes)
  fillPayload(makePool(3, 0.5, sizeBytes), bytes, 0, sizeBytes, sizeBytes, 0, 0)
  return bytes
}

test('the numbers are those in the attributes of a batch', () => {
  expect(CODEC_NUMBERS).toEqual({ gzip: 1, snappy: 2, lz4: 3, zstd: 4 })
})

describe.each(CODECS)('%s', codec => {
  test('counts bytes before and after as kafkajs hands them over', async () => {
    const counts = { compressedBytes: 0, uncompressedBytes: 0 }
    const made = countingCodecs({}, counts)[codec]()
    const [first, second] = [batchOf(16_384), batchOf(4096)]
    const out = [await made.compress({ buffer: first }), await made.compress({ buffer: second })]
    expect(counts.uncompressedBytes).toBe(16_384 + 4096)
    expect(counts.compressedBytes).toBe(out.reduce((sum, part) => sum + part.length, 0))
    // The ratio a report shows is the ratio of the same batches compressed offline.
    const offline = [first, second].reduce((sum, batch) => sum + compressWith(codec, batch).length, 0)
    expect(counts.uncompressedBytes / counts.compressedBytes).toBe((16_384 + 4096) / offline)
    expect((await made.decompress(out[0] as Buffer)).equals(first)).toBe(true)
  })
})
