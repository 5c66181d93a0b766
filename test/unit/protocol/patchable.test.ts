// A frame compressed around holes must decompress, by the maintained libraries, to what was put in afterwards, wherever blocks are cut.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decompressWith } from '../../../src/protocol/codecs.ts'
import { compressPatchable, PATCHABLE_CODECS } from '../../../src/protocol/patchable/compress.ts'
import { makePool } from '../../../src/record/payload.ts'

const HOLE_BYTES = 24

/** Writes over every hole, in the frame as in what the frame must give. */
function patched(codec: (typeof PATCHABLE_CODECS)[number], plain: Buffer, at: Int32Array, fill: (i: number) => number) {
  const { bytes, holesAt } = compressPatchable(codec, plain, { at, sizeBytes: HOLE_BYTES })
  const expected = Buffer.from(plain)
  at.forEach((hole, index) => {
    const fresh = Buffer.from(Array.from({ length: HOLE_BYTES }, (_, i) => fill(index * HOLE_BYTES + i) & 0xff))
    fresh.copy(bytes, holesAt[index])
    fresh.copy(expected, hole)
  })
  return { bytes, expected, given: decompressWith(codec, bytes) }
}

const every = (stepBytes: number, sizeBytes: number, from = 0): Int32Array =>
  Int32Array.from({ length: Math.floor((sizeBytes - from) / stepBytes) }, (_, i) => from + i * stepBytes)

describe.each(PATCHABLE_CODECS)('%s', codec => {
  test('gives back anything, with holes anywhere', () => {
    const words = fc.array(fc.constantFrom('aaaa', 'abcdefgh', '\0\0\0\0\0\0', 'x', 'the same words '), {
      maxLength: 400,
    })
    const noise = fc.uint8Array({ maxLength: 300 })
    const content = fc.array(
      fc.oneof(
        words.map(list => Buffer.from(list.join(''))),
        noise.map(Buffer.from),
      ),
      {
        minLength: 1,
        maxLength: 6,
      },
    )
    fc.assert(
      fc.property(content, fc.integer({ min: HOLE_BYTES, max: 400 }), fc.nat(60), (parts, step, from) => {
        const plain = Buffer.concat(parts)
        const { expected, given } = patched(codec, plain, every(step, plain.length, from), i => i * 31)
        expect(given.equals(expected)).toBe(true)
      }),
      { numRuns: 300 },
    )
  })

  test.each([
    ['nothing', 0],
    ['one byte', 1],
    ['as much as a token or a count holds', 15 + 255],
    ['one block to the byte', 64 * 1024],
    ['a byte more', 64 * 1024 + 1],
    ['several blocks', 700_001],
  ])('%s, of filler, of noise and of both', (_, sizeBytes) => {
    for (const compressible of [0, 0.5, 0.97]) {
      const plain = makePool(11, compressible, Math.max(1, sizeBytes)).subarray(0, sizeBytes)
      const { expected, given } = patched(codec, plain, every(1024, sizeBytes, 17), i => i * i)
      expect(given.equals(expected)).toBe(true)
    }
    // Long copies and long runs of literals have codes of their own.
    const { expected, given } = patched(codec, Buffer.alloc(sizeBytes, 7), every(70_000, sizeBytes, 3), i => i)
    expect(given.equals(expected)).toBe(true)
  })

  test('a block boundary never falls into a hole, and what compresses does get smaller', () => {
    const sizeBytes = 300_000
    const plain = makePool(3, 0.8, sizeBytes).subarray(0, sizeBytes)
    for (let shift = 0; shift < 2 * HOLE_BYTES; shift++) {
      const { bytes, expected, given } = patched(codec, plain, every(4096, sizeBytes, shift), i => i * 7)
      expect(given.equals(expected)).toBe(true)
      expect(bytes.length).toBeLessThan(sizeBytes / 2)
    }
  })

  test('what stands in the holes beforehand does not matter', () => {
    const plain = Buffer.from('some words that come again and again, '.repeat(200))
    const at = every(100, plain.length, 5)
    const other = Buffer.from(plain)
    for (const hole of at) other.fill(0xee, hole, hole + HOLE_BYTES)
    const [one, two] = [plain, other].map(bytes => patched(codec, bytes, at, i => i).bytes)
    expect(one).toEqual(two)
  })
})
