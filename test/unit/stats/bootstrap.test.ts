// Intervals inside a run: they cover what they claim where they are given, and grow where neighbouring seconds are alike.
import { describe, expect, test } from 'vitest'
import { latencyIntervals } from '../../../src/analysis/intervals.ts'
import { type Random, seededRandom } from '../../../src/core/random.ts'
import { unpackHistogram } from '../../../src/recording/read.ts'
import { autocorrelation, quantileIntervals, type Slice } from '../../../src/stats/bootstrap.ts'
import { madeInterval, packed } from '../recording/made.ts'

/** Values in buckets of 2 %, so that few occur. */
const bucket = (us: number): number => Math.exp(Math.round(Math.log(us) * 50) / 50)
/** A second of ten records, whose values are a level times 1 to 10. */
const slice = (level: number): Slice =>
  Array.from({ length: 10 }, (_, i) => ({ us: bucket(level * (i + 1)), count: 1 }))
const levels = (seconds: number, blockSeconds: number, random: Random): number[] => {
  let level = 1
  return Array.from({ length: seconds }, (_, i) => {
    if (i % blockSeconds === 0) level = 1 + random()
    return level
  })
}

describe('quantileIntervals', () => {
  test('equal seconds leave no doubt', () => {
    const [p50, p99] = quantileIntervals(
      Array.from({ length: 60 }, () => slice(1)),
      [0.5, 0.99],
      seededRandom(1),
    )
    expect(p50).toEqual({ lo: bucket(5), hi: bucket(5) })
    expect(p99).toEqual({ lo: bucket(10), hi: bucket(10) })
  })

  test('seconds that are alike in stretches leave more doubt than the same seconds one by one', () => {
    const random = seededRandom(3)
    const width = (blockSeconds: number): number => {
      const widths = Array.from({ length: 8 }, () => {
        const [one] = quantileIntervals(levels(120, blockSeconds, random).map(slice), [0.5], random)
        return (one?.hi ?? 0) - (one?.lo ?? 0)
      })
      return widths.reduce((sum, value) => sum + value, 0)
    }
    expect(width(5)).toBeGreaterThan(1.5 * width(1))
  })

  test('the interval of 120 independent seconds covers the median nine times in ten or more', () => {
    let covered = 0
    for (let seed = 1; seed <= 30; seed++) {
      const random = seededRandom(seed)
      // A lognormal level and a lognormal record: the median of their product is 1.
      const normal = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
      const slices = Array.from({ length: 120 }, () => {
        const level = 0.2 * normal()
        return Array.from({ length: 40 }, () => ({ us: bucket(Math.exp(level + 0.5 * normal())), count: 1 }))
      })
      const [one] = quantileIntervals(slices, [0.5], random)
      if (one && one.lo <= 1 && 1 <= one.hi) covered++
    }
    expect(covered / 30).toBeGreaterThanOrEqual(0.9)
  })
})

test('autocorrelation tells alike from unlike', () => {
  expect(autocorrelation([1, 2, 3, 4, 5, 6, 7, 8])).toBeGreaterThan(0.5)
  expect(autocorrelation([1, -1, 1, -1, 1, -1, 1, -1])).toBeLessThan(-0.5)
  expect(autocorrelation([2, 2, 2])).toBe(0)
})

describe('latencyIntervals', () => {
  const run = (seconds: number, valueOf: (second: number) => number) =>
    latencyIntervals(
      Array.from({ length: seconds }, (_, n) =>
        madeInterval(n, { histograms: { ack: packed([valueOf(n), valueOf(n) + 500]) } }),
      ),
      unpackHistogram,
      1,
    )
  const random = seededRandom(5)
  const drawn = Array.from({ length: 130 }, () => 1000 + 500 * random())

  test('are given from 120 seconds on', () => {
    expect(run(119, n => drawn[n] ?? 0)).toEqual({})
    const { ack } = run(120, n => drawn[n] ?? 0)
    expect(Object.keys(ack ?? {})).toEqual(['p50', 'p99'])
    expect(ack?.['p50']?.lo).toBeLessThan(ack?.['p50']?.hi ?? 0)
  })

  test('and not where neighbouring seconds are alike', () => {
    expect(run(130, n => 1000 + 10 * n)).toEqual({})
  })
})
