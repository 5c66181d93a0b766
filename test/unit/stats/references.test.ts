// Our statistics against SciPy, statsmodels, arch and pymser on the same numbers; test/fixtures/statistics/make.py made the references.
import { describe, expect, test } from 'vitest'
import { seededRandom } from '../../../src/core/random.ts'
import { autocorrelation } from '../../../src/stats/bootstrap.ts'
import { decideMetrics } from '../../../src/stats/decision.ts'
import { estimatePairs, holm, pAbove, signFlipP, smallestVisible } from '../../../src/stats/pairs.ts'
import { mser5, theilSen } from '../../../src/stats/steady.ts'
import { studentCdf, studentQuantile } from '../../../src/stats/student.ts'
import { estimateUnpaired, pAboveUnpaired } from '../../../src/stats/unpaired.ts'
import { expectEndsLike, type MovingBlock, near, readFixture } from './fixtures.ts'

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
  tost: { values: number[]; margin: number; p: number }[]
  power: { n: number; t: number; power: number }[]
  mser5: { values: number[]; cut: number }[]
  autocorrelation: { values: number[]; lag1: number }[]
  moving_block: MovingBlock[]
}
const references = JSON.parse(readFixture('references.json')) as References

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

test.each(references.tost)('equivalent within $margin where both one-sided tests say so', ({ values, margin, p }) => {
  const [one] = decideMetrics(
    [{ name: 'ack.p99', logRatios: values, marginShare: margin, gating: true }],
    seededRandom(1),
  )
  expect(one?.decision === 'EQUIVALENT').toBe(p < 0.05)
  const estimate = estimatePairs(values)
  const [above, below] = [estimate.mean, -estimate.mean].map(mean => pAbove({ ...estimate, mean }, -Math.log1p(margin)))
  near(Math.max(above ?? 1, below ?? 1), p)
})

test.each(references.power)('what $n pairs are said to see is seen four times out of five', ({ n, t, power }) => {
  near(studentQuantile(0.95, n - 1) + studentQuantile(0.8, n - 1), t)
  near(Math.log1p(smallestVisible(0.05, n, 0)), (t * 0.05) / Math.sqrt(n))
  expect(Math.abs(power - 0.8)).toBeLessThan(0.01)
})

test.each(references.mser5)('MSER-5 cuts $cut', ({ values, cut }) => expect(mser5(values)).toBe(cut))

test.each(references.autocorrelation)('lag-1 autocorrelation $lag1', ({ values, lag1 }) =>
  near(autocorrelation(values), lag1),
)

test('the moving-block bootstrap has the ends of that of arch', () => expectEndsLike(references.moving_block))
