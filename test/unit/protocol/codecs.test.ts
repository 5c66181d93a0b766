// What we compress every reader must read, what Java compresses we must read, and damage is never taken for records.
import fc from 'fast-check'
import { compressSync } from 'snappy'
import { describe, expect, test } from 'vitest'
import { type CodecName, compressWith, decompressWith } from '../../../src/protocol/codecs.ts'
import { fillPayload, makePool } from '../../../src/record/payload.ts'

const CODECS: CodecName[] = ['gzip', 'snappy', 'lz4', 'zstd']

function batchOf(sizeBytes: number): Buffer {
  const bytes = Buffer.alloc(sizeBytes)
  fillPayload(makePool(3, 0.5, sizeBytes), bytes, 0, sizeBytes, sizeBytes, 0, 0)
  return bytes
}

/** Blocks in the frame of snappy-java's stream: magic, two versions, then length and block, again and again. */
function xerial(blocks: readonly Buffer[]): Buffer {
  const header = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0, 0, 0, 0, 1, 0, 0, 0, 1])
  const parts = blocks.flatMap(block => {
    const compressed = Buffer.from(compressSync(block))
    const length = Buffer.alloc(4)
    length.writeInt32BE(compressed.length)
    return [length, compressed]
  })
  return Buffer.concat([header, ...parts])
}

describe.each(CODECS)('%s', codec => {
  test('gives back every byte', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 5000 }), data => {
        const bytes = Buffer.from(data)
        expect(decompressWith(codec, compressWith(codec, bytes)).equals(bytes)).toBe(true)
      }),
      { numRuns: 30 },
    )
    const large = batchOf(1_000_000)
    expect(decompressWith(codec, compressWith(codec, large)).equals(large)).toBe(true)
  })

  test('does not take damaged bytes for good ones', () => {
    const bytes = compressWith(codec, batchOf(4096))
    expect(() => decompressWith(codec, bytes.subarray(0, bytes.length >> 1))).toThrow()
  })
})

describe('levels', () => {
  test.each(['gzip', 'zstd'] as const)('a higher level of %s is another, smaller result', codec => {
    const text = Buffer.from(Array.from({ length: 3000 }, (_, i) => `user-${i % 97} did ${i % 13} things; `).join(''))
    const sizes = [1, 9].map(level => compressWith(codec, text, { [codec]: level }).length)
    expect(sizes[1]).toBeLessThan(sizes[0] as number)
  })
})

describe('snappy frames of Java', () => {
  test('are read, with one block and with several', () => {
    const data = batchOf(100_000)
    expect(decompressWith('snappy', xerial([data])).equals(data)).toBe(true)
    const blocks = [data.subarray(0, 32_768), data.subarray(32_768, 65_536), data.subarray(65_536)]
    expect(decompressWith('snappy', xerial(blocks)).equals(data)).toBe(true)
  })

  test('an empty one is empty', () => {
    expect(decompressWith('snappy', xerial([])).length).toBe(0)
  })

  test('one that is cut off anywhere behind its header is refused', () => {
    const whole = xerial([batchOf(1000)])
    for (const sizeBytes of [17, 19, 20, 100, whole.length - 1])
      expect(() => decompressWith('snappy', whole.subarray(0, sizeBytes)), `${sizeBytes} bytes`).toThrow()
  })
})

test('lz4 is a frame of independent blocks without a content size, which is all that Java’s reader takes', () => {
  const bytes = compressWith('lz4', batchOf(200_000))
  expect(bytes.readUInt32LE(0)).toBe(0x184d2204)
  const flags = bytes[4] as number
  expect(flags >> 6, 'version').toBe(1)
  expect((flags >> 5) & 1, 'independent blocks').toBe(1)
  expect(flags & 1, 'dictionary').toBe(0)
})
