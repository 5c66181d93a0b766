// Cutting a warm-up and finding drift: planted ones are found, and noise alone is not taken for one.
import { describe, expect, test } from 'vitest'
import { seededRandom } from '../../../src/core/random.ts'
import { mser5, theilSen } from '../../../src/stats/steady.ts'

const noise = (seed: number, n: number): number[] => {
  const random = seededRandom(seed)
  return Array.from({ length: n }, () => random() - 0.5)
}

describe('mser5', () => {
  test('cuts a planted warm-up, whole batches of it and little more', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const values = noise(seed, 60).map((value, i) => value + (i < 10 ? 8 : 0))
      expect(mser5(values)).toBeGreaterThanOrEqual(10)
      expect(mser5(values)).toBeLessThanOrEqual(30)
    }
    expect(mser5(Array.from({ length: 60 }, (_, i) => (i < 10 ? 8 : 1)))).toBe(10)
  })

  test('cuts nothing of what does not change, nor of what is too short', () => {
    expect(mser5(new Array<number>(60).fill(3))).toBe(0)
    expect(mser5([9, 9, 9, 9, 9, 1, 1, 1, 1, 1, 1, 1])).toBe(0)
  })
})

test('theilSen finds a slope through outliers', () => {
  const values = Array.from({ length: 40 }, (_, i) => 5 + 0.25 * i + (i % 9 === 4 ? 100 : 0))
  expect(theilSen(values).slope).toBeCloseTo(0.25, 10)
})

test('the interval of a slope covers none where there is none, at least nine times in ten', () => {
  let covered = 0
  for (let seed = 1; seed <= 300; seed++) {
    const { lo, hi } = theilSen(noise(seed, 30))
    if (lo <= 0 && hi >= 0) covered++
  }
  expect(covered / 300).toBeGreaterThan(0.9)
})
