// A pool that repeats itself flatters every codec, so its bytes, its walk and the sizes drawn from it are held to numbers.
import { deflateSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type CodecName, compressWith } from '../../../src/protocol/codecs.ts'
import { fillPayload, makePool, maxSizeOf, sizeOf, strideOf } from '../../../src/record/payload.ts'
import type { SizeSpec } from '../../../src/scenario/schema/values.ts'

const CODECS: CodecName[] = ['gzip', 'snappy', 'lz4', 'zstd']

describe('makePool', () => {
  test.each([0, 0.25, 0.5, 0.9])('holds the share %f of filler exactly', share => {
    const pool = makePool(1, share, 1 << 20)
    // Filler is a space; random bytes are a space once in 256.
    const spaces = pool.reduce((n, byte) => n + (byte === 0x20 ? 1 : 0), 0) / pool.length
    expect(spaces).toBeCloseTo(share + (1 - share) / 256, 3)
  })

  test.each(CODECS)('%s removes the designed share of a batch, within a few percent of its bytes', codec => {
    for (const share of [0, 0.5, 0.9]) {
      for (const batchBytes of [16_384, 65_536]) {
        const pool = makePool(7, share, 4 * batchBytes)
        const batch = Buffer.alloc(batchBytes)
        fillPayload(pool, batch, 0, batchBytes, batchBytes, 12_345, 3)
        const removed = 1 - compressWith(codec, batch).length / batchBytes
        // Snappy spends 3 bytes on every 64 it removes.
        const reachable = codec === 'snappy' ? (share * 61) / 64 : share
        expect(Math.abs(removed - reachable), `${share} of ${batchBytes}`).toBeLessThan(share === 0 ? 0.01 : 0.06)
      }
    }
  })

  test('is the same for the same seed only, and at least as long as asked', () => {
    expect(makePool(5, 0.5, 10).equals(makePool(5, 0.5, 10))).toBe(true)
    expect(makePool(5, 0.5, 10).equals(makePool(6, 0.5, 10))).toBe(false)
    expect(makePool(5, 0.5, 10).length).toBe(1 << 20)
    expect(makePool(5, 0.5, 3_000_001).length).toBeGreaterThanOrEqual(3_000_001)
  })

  test('random bytes take all 256 values', () => {
    expect(new Set(makePool(3, 0, 1 << 20)).size).toBe(256)
  })
})

/** Start and length in the pool of records 0 … count − 1. */
function places(spec: SizeSpec, poolBytes: number, start: number, count: number): { from: number; length: number }[] {
  const stride = strideOf(spec, poolBytes)
  return Array.from({ length: count }, (_, seq) => ({
    from: (start + seq * stride) % poolBytes,
    length: sizeOf(spec, 1, 0, 0, seq),
  }))
}

/** Bytes of the pool that are used more than once. */
function overlap(list: readonly { from: number; length: number }[], poolBytes: number): number {
  const used = new Uint8Array(poolBytes)
  let twice = 0
  for (const { from, length } of list) {
    for (let i = 0; i < length; i++) {
      const at = (from + i) % poolBytes
      if (used[at]) twice++
      used[at] = 1
    }
  }
  return twice
}

describe('the walk through the pool', () => {
  test('copies exactly the bytes of its place, around the end too', () => {
    const pool = Buffer.from(Array.from({ length: 256 }, (_, i) => i))
    fc.assert(
      fc.property(fc.nat(999), fc.nat(50), fc.integer({ min: 0, max: 600 }), fc.nat(20), (start, seq, length, at) => {
        const into = Buffer.alloc(at + length + 3, 0xee)
        fillPayload(pool, into, at, length, 10, start, seq)
        for (let i = 0; i < length; i++) expect(into[at + i]).toBe((start + seq * 10 + i) % 256)
        expect(into.subarray(0, at).every(byte => byte === 0xee)).toBe(true)
        expect(into.subarray(at + length).every(byte => byte === 0xee)).toBe(true)
      }),
    )
  })

  test('records of one size never overlap within four batches', () => {
    fc.assert(
      fc.property(fc.integer({ min: 40, max: 20_000 }), fc.nat(1 << 30), (size, start) => {
        const pool = makePool(1, 0, 4 * 65_536)
        const count = Math.floor(pool.length / size)
        expect(overlap(places(size, pool.length, start, count), pool.length)).toBe(0)
      }),
      { numRuns: 20 },
    )
  })

  const lognormal = { distribution: 'lognormal', min: 40, max: 1_048_576, median: 200, sigma: 1 } as const
  const uniform = { distribution: 'uniform', min: 100, max: 4000, sigma: 0.5 } as const

  test.each<[string, SizeSpec]>([
    ['lognormal', lognormal],
    ['uniform', uniform],
  ])('records of %s sizes do not repeat one another inside a batch', (_, spec) => {
    const batchBytes = 65_536
    const poolBytes = makePool(1, 0, 4 * Math.max(batchBytes, maxSizeOf(spec))).length
    for (const first of [0, 1000, 123_456]) {
      const start = 77 + first * strideOf(spec, poolBytes)
      const batch = places(spec, poolBytes, start, 200)
      let bytes = 0
      const fitting = batch.filter(({ length }) => (bytes += length) <= batchBytes)
      expect(overlap(fitting, poolBytes)).toBeLessThan(batchBytes * 0.01)
    }
  })

  test('incompressible records of unlike sizes stay incompressible together', () => {
    const poolBytes = 4 * 1_048_576
    const pool = makePool(2, 0, poolBytes)
    const parts = places(lognormal, pool.length, 9, 150).map(({ length }, seq) => {
      const part = Buffer.alloc(length)
      fillPayload(pool, part, 0, length, strideOf(lognormal, pool.length), 9, seq)
      return part
    })
    const batch = Buffer.concat(parts)
    expect(deflateSync(batch).length / batch.length).toBeGreaterThan(0.99)
    expect(compressWith('zstd', batch, { zstd: 19 }).length / batch.length).toBeGreaterThan(0.99)
  })
})

describe('sizeOf', () => {
  test('is pure in (seed, producer, partition, seq), and each of them counts', () => {
    const spec = { distribution: 'uniform', min: 0, max: 1_000_000, sigma: 1 } as const
    fc.assert(
      fc.property(fc.nat(), fc.nat(99), fc.nat(99), fc.nat(), (seed, producer, partition, seq) => {
        expect(sizeOf(spec, seed, producer, partition, seq)).toBe(sizeOf(spec, seed, producer, partition, seq))
      }),
    )
    const base = sizeOf(spec, 1, 2, 3, 4)
    expect([
      sizeOf(spec, 9, 2, 3, 4),
      sizeOf(spec, 1, 9, 3, 4),
      sizeOf(spec, 1, 2, 9, 4),
      sizeOf(spec, 1, 2, 3, 9),
    ]).not.toContain(base)
  })

  test('a number is that number', () => {
    expect([sizeOf(100, 1, 1, 1, 1), maxSizeOf(100)]).toEqual([100, 100])
  })

  test('uniform reaches both bounds and is even', () => {
    const counts = new Map<number, number>()
    for (let seq = 0; seq < 11_000; seq++) {
      const size = sizeOf({ distribution: 'uniform', min: 50, max: 60, sigma: 1 }, 1, 0, 0, seq)
      counts.set(size, (counts.get(size) ?? 0) + 1)
    }
    expect([...counts.keys()].toSorted((a, b) => a - b)).toEqual(Array.from({ length: 11 }, (_, i) => 50 + i))
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(150)
  })

  test('lognormal has its median and its spread, and is cut to its bounds', () => {
    const spec = { distribution: 'lognormal', min: 10, max: 100_000, median: 1000, sigma: 0.5 } as const
    const sizes = Array.from({ length: 20_000 }, (_, seq) => sizeOf(spec, 4, 0, 1, seq)).toSorted((a, b) => a - b)
    const at = (q: number): number => sizes[Math.floor(q * sizes.length)] as number
    expect(at(0.5) / 1000).toBeCloseTo(1, 1)
    // One standard deviation above the median on the log scale.
    expect(Math.log(at(0.8413) / at(0.5))).toBeCloseTo(0.5, 1)
    const narrow = { ...spec, min: 900, max: 1100 }
    const cut = Array.from({ length: 2000 }, (_, seq) => sizeOf(narrow, 4, 0, 1, seq))
    expect([Math.min(...cut), Math.max(...cut)]).toEqual([900, 1100])
    expect(maxSizeOf(spec)).toBe(100_000)
  })
})
