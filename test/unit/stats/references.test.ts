// Our statistics against SciPy and statsmodels on the same numbers; test/fixtures/statistics/make.py made the references.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { seededRandom } from '../../../src/core/random.ts'
import { estimatePairs, holm, pAbove, signFlipP } from '../../../src/stats/pairs.ts'
import { theilSen } from '../../../src/stats/steady.ts'
import { studentCdf, studentQuantile } from '../../../src/stats/student.ts'
import { estimateUnpaired, pAboveUnpaired } from '../../../src/stats/unpaired.ts'

type References = {
  student_quantile: { p: number; freedom: number; value: number }[]
  student_cdf: { t: number; freedom: number; value: number }[]
  pairs: {
    values: number[]
    ratio: number
    lo: number
    hi: number
    p_above: { bound: number; p: number }[]
    sign_flip_p: number
    exact: boolean
  }[]
  holm: { p: number[]; rejected: boolean[] }[]
  welch: {
    base: number[]
    candidate: number[]
    ratio: number
    lo: number
    hi: number
    freedom: number
    p_above: { bound: number; p: number }[]
  }[]
  theil_sen: { values: number[]; slope: number; lo: number; hi: number }[]
}
const references = JSON.parse(
  readFileSync(join(import.meta.dirname, '..', '..', 'fixtures', 'statistics', 'references.json'), 'utf8'),
) as References

const near = (seen: number, wanted: number): void =>
  expect(Math.abs(seen - wanted)).toBeLessThanOrEqual(1e-9 * Math.max(1, Math.abs(wanted)))

describe('Student’s t', () => {
  test.each(references.student_quantile)('quantile $p with $freedom', ({ p, freedom, value }) =>
    near(studentQuantile(p, freedom), value),
  )
  test.each(references.student_cdf)('cdf of $t with $freedom', ({ t, freedom, value }) =>
    near(studentCdf(t, freedom), value),
  )
})

describe('pairs', () => {
  test.each(references.pairs)('ratio $ratio', ({ values, ratio, lo, hi, p_above, sign_flip_p, exact }) => {
    const estimate = estimatePairs(values)
    near(estimate.ratio, ratio)
    near(estimate.lo, lo)
    near(estimate.hi, hi)
    for (const { bound, p } of p_above) near(pAbove(estimate, bound), p)
    const flipped = signFlipP(values, seededRandom(1))
    // Drawn at random beyond 14 pairs: within four standard errors of ten thousand draws.
    if (exact) near(flipped, sign_flip_p)
    else expect(Math.abs(flipped - sign_flip_p)).toBeLessThan(4 * Math.sqrt((sign_flip_p * (1 - sign_flip_p)) / 10_000))
  })
})

test.each(references.welch)('Welch, ratio $ratio', ({ base, candidate, ratio, lo, hi, freedom, p_above }) => {
  const estimate = estimateUnpaired(base, candidate)
  near(estimate.ratio, ratio)
  near(estimate.lo, lo)
  near(estimate.hi, hi)
  near(estimate.freedom, freedom)
  for (const { bound, p } of p_above) near(pAboveUnpaired(estimate, bound), p)
})

test.each(references.holm)('Holm on $p', ({ p, rejected }) => expect(holm(p, 0.05)).toEqual(rejected))

test.each(references.theil_sen)('Theil–Sen with slope $slope', ({ values, slope, lo, hi }) => {
  const found = theilSen(values)
  near(found.slope, slope)
  near(found.lo, lo)
  near(found.hi, hi)
})
