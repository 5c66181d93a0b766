// Every percentile of every report comes through this file, so it is held against exact sorted values and foreign decoders.
import { deflateSync } from 'node:zlib'
import fc from 'fast-check'
import { decodeFromCompressedBase64 } from 'hdr-histogram-js'
import { describe, expect, test } from 'vitest'
import { seededRandom } from '../../../src/core/random.ts'
import { LatencyHistogram } from '../../../src/stats/histogram.ts'

const DAY_US = 86_400_000_000
const QUANTILES = [0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 0.9999]

function of(values: readonly number[], wide = false): LatencyHistogram {
  const histogram = new LatencyHistogram({ wide })
  for (const value of values) histogram.record(value)
  return histogram
}

/** The smallest value at or below which a share q of all values lie. */
function exactQuantile(sorted: readonly number[], q: number): number {
  return sorted[Math.max(0, Math.ceil(Number((q * sorted.length).toFixed(9))) - 1)] as number
}

const latencyUs = fc.oneof(
  fc.integer({ min: 0, max: 3000 }),
  fc.integer({ min: 0, max: 60_000_000 }),
  fc.integer({ min: 0, max: DAY_US }),
)

/** Lognormal latencies, as real ones are. */
function lognormal(count: number, seed: number): number[] {
  const random = seededRandom(seed)
  return Array.from({ length: count }, () => {
    const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
    return Math.round(3000 * Math.exp(1.2 * normal))
  })
}

describe('quantiles', () => {
  test('are within 0.1 % above the exact sorted value', () => {
    fc.assert(
      fc.property(fc.array(latencyUs, { minLength: 1, maxLength: 300 }), values => {
        const sorted = values.toSorted((a, b) => a - b)
        const histogram = of(values)
        for (const q of QUANTILES) {
          const exact = exactQuantile(sorted, q)
          const seen = histogram.quantileUs(q)
          expect(seen).toBeGreaterThanOrEqual(exact)
          expect(seen - exact).toBeLessThanOrEqual(exact * 0.001)
        }
      }),
    )
  })

  test('of 200,000 lognormal values, and of none of them one place off', () => {
    const values = lognormal(200_000, 5)
    const sorted = values.toSorted((a, b) => a - b)
    const histogram = of(values)
    for (const q of QUANTILES) {
      const exact = exactQuantile(sorted, q)
      expect(Math.abs(histogram.quantileUs(q) / exact - 1), `q ${q}`).toBeLessThanOrEqual(0.001)
    }
    expect(histogram.meanUs / (values.reduce((a, b) => a + b) / values.length)).toBeCloseTo(1, 3)
    expect(histogram.count).toBe(values.length)
  })

  test('p999 of 1,000 is the 999th value, not the largest', () => {
    const values = [...new Array<number>(999).fill(100), 90_000]
    expect(of(values).quantileUs(0.999)).toBe(100)
    expect(of(values).quantileUs(0.9999)).toBeGreaterThanOrEqual(90_000)
  })

  test('k of n is the k-th value for every k and n, whatever the rounding of k ÷ n', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000_000 }), fc.double({ min: 0, max: 1, noNaN: true }), (n, share) => {
        const k = Math.max(1, Math.round(share * n))
        const histogram = new LatencyHistogram()
        histogram.record(100, k)
        if (n > k) histogram.record(900, n - k)
        expect(histogram.quantileUs(k / n)).toBe(100)
        if (n > k) expect(histogram.quantileUs((k + 1) / n)).toBe(900)
      }),
      { numRuns: 500 },
    )
  })

  test('0.55 of 100 is the 55th value, although the product of the two is a little more than 55', () => {
    expect(0.55 * 100).toBeGreaterThan(55)
    const histogram = new LatencyHistogram()
    for (let us = 1; us <= 100; us++) histogram.record(us)
    expect(histogram.quantileUs(0.55)).toBe(55)
  })

  test('the ends are the least and the largest value', () => {
    const histogram = of([17, 900, 2000])
    expect(histogram.minUs).toBe(17)
    expect(histogram.maxUs / 2000).toBeCloseTo(1, 3)
  })

  test('none lies above the largest value, on either side of the disk', () => {
    fc.assert(
      fc.property(fc.array(latencyUs, { minLength: 1, maxLength: 50 }), values => {
        const histogram = of(values)
        const back = LatencyHistogram.decode(histogram.encode())
        expect(histogram.maxUs).toBe(histogram.quantileUs(1))
        expect([back.minUs, back.maxUs]).toEqual([histogram.minUs, histogram.maxUs])
      }),
    )
  })

  test('an empty histogram has no numbers, rather than zeros', () => {
    const histogram = new LatencyHistogram()
    for (const value of [histogram.quantileUs(0.5), histogram.meanUs, histogram.maxUs, histogram.minUs]) {
      expect(value).toBeNaN()
    }
    expect(histogram.curve()).toEqual([])
    expect(histogram.count).toBe(0)
  })
})

describe('counts', () => {
  test('a count of n is n records', () => {
    const once = new LatencyHistogram()
    once.record(500, 7)
    expect(once.count).toBe(7)
    expect(once.encode()).toEqual(of(new Array<number>(7).fill(500)).encode())
  })

  test('values below zero count as zero and are told apart', () => {
    const histogram = of([-5, -1, 0, 10])
    histogram.record(-3, 4)
    expect([histogram.count, histogram.negative, histogram.above]).toEqual([8, 6, 0])
    expect(histogram.quantileUs(0.5)).toBe(0)
  })

  test('values above a day count as a day and are told apart', () => {
    const histogram = of([DAY_US, DAY_US + 1, DAY_US * 3, Number.POSITIVE_INFINITY])
    expect([histogram.count, histogram.above, histogram.negative]).toEqual([4, 3, 0])
    expect(histogram.maxUs / DAY_US).toBeCloseTo(1, 3)
  })

  test('what is not a number is refused, not counted somewhere', () => {
    const histogram = new LatencyHistogram()
    expect(() => histogram.record(Number.NaN)).toThrow(RangeError)
    expect(histogram.count).toBe(0)
  })

  test('a wide histogram counts past 32 bits', () => {
    const histogram = new LatencyHistogram({ wide: true })
    histogram.record(10, 2 ** 32)
    histogram.record(10, 5)
    histogram.record(99)
    expect(histogram.count).toBe(2 ** 32 + 6)
    expect(histogram.quantileUs(0.5)).toBe(10)
    expect(LatencyHistogram.decode(histogram.encode()).count).toBe(2 ** 32 + 6)
  })

  test('reset forgets everything', () => {
    const histogram = of([-1, 5, DAY_US * 2])
    histogram.reset()
    expect([histogram.count, histogram.negative, histogram.above]).toEqual([0, 0, 0])
    histogram.record(3)
    expect([histogram.minUs, histogram.maxUs, histogram.count]).toEqual([3, 3, 1])
    expect(histogram.encode().subarray(40)).toEqual(of([3]).encode().subarray(40))
  })
})

describe('merging', () => {
  test('is the same as recording everything in one', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.integer({ min: -10, max: DAY_US + 10 }), { maxLength: 60 }), { maxLength: 6 }),
        parts => {
          const merged = new LatencyHistogram({ wide: true })
          for (const part of parts) merged.add(of(part))
          const whole = of(parts.flat(), true)
          expect(merged.count).toBe(whole.count)
          expect([merged.negative, merged.above]).toEqual([whole.negative, whole.above])
          for (const q of QUANTILES) expect(merged.quantileUs(q)).toEqual(whole.quantileUs(q))
          expect(merged.minUs).toEqual(whole.minUs)
          expect(merged.maxUs).toEqual(whole.maxUs)
        },
      ),
      { numRuns: 60 },
    )
  })
})

describe('encoding', () => {
  test('comes back as it was', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(latencyUs, fc.integer({ min: 1, max: 1_000_000 })), { maxLength: 80 }), pairs => {
        const histogram = new LatencyHistogram()
        for (const [value, count] of pairs) histogram.record(value, count)
        const back = LatencyHistogram.decode(histogram.encode())
        expect(back.count).toBe(histogram.count)
        expect(back.encode().subarray(40)).toEqual(histogram.encode().subarray(40))
        for (const q of QUANTILES) expect(back.quantileUs(q)).toEqual(histogram.quantileUs(q))
      }),
      { numRuns: 60 },
    )
  })

  test('reads bytes that stand inside a larger buffer', () => {
    const bytes = of([1, 50, 7000]).encode()
    const around = new Uint8Array(bytes.length + 10)
    around.set(bytes, 7)
    expect(LatencyHistogram.decode(around.subarray(7, 7 + bytes.length)).count).toBe(3)
  })

  test('has the header other readers ask for', () => {
    const bytes = of([1, 2, 100]).encode()
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    expect(view.getInt32(0)).toBe(0x1c849313)
    expect(view.getInt32(4)).toBe(bytes.length - 40)
    expect(view.getInt32(8), 'normalising index offset').toBe(0)
    expect(view.getInt32(12), 'significant digits').toBe(3)
    expect(view.getBigInt64(16), 'lowest discernible value').toBe(1n)
    expect(view.getBigInt64(24), 'highest trackable value').toBeGreaterThanOrEqual(60_000_000n)
    expect(view.getFloat64(32), 'conversion ratio').toBe(1)
  })

  test('writes runs of zeros as one negative number', () => {
    // Indices 0 to 3 hold 0, 1, 0 and 2 counts, then come 96 empty ones (2·96 − 1 = 191 in two bytes), then one count.
    const bytes = of([1, 3, 3, 100]).encode()
    expect([...bytes.subarray(40)]).toEqual([0, 2, 0, 4, 191, 1, 2])
  })

  test('is read by the decoder of hdr-histogram-js itself', () => {
    const values = lognormal(5000, 9)
    const histogram = of(values)
    const payload = deflateSync(histogram.encode())
    const wrapped = Buffer.alloc(8 + payload.length)
    wrapped.writeInt32BE(0x1c849314, 0)
    wrapped.writeInt32BE(payload.length, 4)
    payload.copy(wrapped, 8)
    const foreign = decodeFromCompressedBase64(wrapped.toString('base64'))
    expect(foreign.totalCount).toBe(5000)
    for (const q of QUANTILES) expect(foreign.getValueAtPercentile(q * 100)).toBe(histogram.quantileUs(q))
    expect(foreign.maxValue / histogram.maxUs).toBeCloseTo(1, 3)
  })

  test('refuses bytes of another kind, another precision or cut short', () => {
    const bytes = of([5, 70, 900]).encode()
    for (let length = 0; length < bytes.length; length++) {
      expect(() => LatencyHistogram.decode(bytes.slice(0, length)), `${length} bytes`).toThrow(RangeError)
    }
    const other = bytes.slice()
    other[3] = 0x03
    expect(() => LatencyHistogram.decode(other)).toThrow(/not an HDR/)
    const precision = bytes.slice()
    precision[15] = 2
    expect(() => LatencyHistogram.decode(precision)).toThrow(/precision/)
  })
})

describe('the curve', () => {
  test('rises to the largest value and ends where the count supports no further point', () => {
    for (const count of [1, 10, 1000, 100_000]) {
      const histogram = of(lognormal(count, count))
      const curve = histogram.curve()
      const last = curve.at(-1)
      const before = curve.at(-2)
      expect(curve[0]?.q).toBe(0)
      expect(last?.us).toBe(histogram.maxUs)
      expect((1 - (last?.q ?? 0)) * count).toBeLessThan(1)
      expect((1 - (before?.q ?? 0)) * count).toBeGreaterThanOrEqual(1)
      for (const [i, point] of curve.entries()) {
        expect(point.us).toBeGreaterThanOrEqual(curve[i - 1]?.us ?? 0)
        expect(point.us).toBe(histogram.quantileUs(point.q))
      }
    }
  })

  test('has five points per halving', () => {
    const curve = of(lognormal(1000, 1)).curve()
    expect(curve[5]?.q).toBeCloseTo(0.5, 12)
    expect(curve[10]?.q).toBeCloseTo(0.75, 12)
  })
})
