// What the tests against other people's statistics share: the committed numbers, and how near is near enough.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { seededRandom } from '../../../src/core/random.ts'
import { quantileIntervals, type Slice } from '../../../src/stats/bootstrap.ts'

export function readFixture(name: string): string {
  return readFileSync(join(import.meta.dirname, '..', '..', 'fixtures', 'statistics', name), 'utf8')
}

export function near(seen: number, wanted: number): void {
  expect(Math.abs(seen - wanted)).toBeLessThanOrEqual(1e-9 * Math.max(1, Math.abs(wanted)))
}

/** Ends of an interval as another program has them on average, and what they may be off by after 200 of ours. */
export type MovingBlock = { q: number; lo: number; loError: number; hi: number; hiError: number }

/** Ends of 200 of our intervals against theirs; values stand in buckets of 2 %. */
export function expectEndsLike(references: readonly MovingBlock[]): void {
  const [heads = [], ...rows] = readFixture('seconds.csv')
    .trim()
    .split('\n')
    .map(line => line.split(',').map(Number))
  const slices = rows.map(
    (row): Slice => heads.map((us, index) => ({ us, count: row[index] ?? 0 })).filter(({ count }) => count > 0),
  )
  const intervals = Array.from({ length: 200 }, (_, seed) =>
    quantileIntervals(
      slices,
      references.map(({ q }) => q),
      seededRandom(seed + 1),
    ),
  )
  for (const [index, { q, lo, loError, hi, hiError }] of references.entries()) {
    const mean = (end: 'lo' | 'hi'): number => intervals.reduce((sum, one) => sum + (one[index]?.[end] ?? 0) / 200, 0)
    expect(Math.abs(mean('lo') - lo), `lower end of ${q}`).toBeLessThanOrEqual(loError + 0.001 * lo)
    expect(Math.abs(mean('hi') - hi), `upper end of ${q}`).toBeLessThanOrEqual(hiError + 0.001 * hi)
  }
}
