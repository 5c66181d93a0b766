// Our statistics against R and its package boot on the same numbers; test/fixtures/statistics/make.R made the references.
import { describe, expect, test } from 'vitest'
import { seededRandom } from '../../../src/core/random.ts'
import { autocorrelation } from '../../../src/stats/bootstrap.ts'
import { estimatePairs, holm, pAbove, signFlipP } from '../../../src/stats/pairs.ts'
import { theilSen } from '../../../src/stats/steady.ts'
import { studentQuantile } from '../../../src/stats/student.ts'
import { estimateUnpaired } from '../../../src/stats/unpaired.ts'
import { expectEndsLike, type MovingBlock, near, readFixture } from './fixtures.ts'

type Pairs = {
  name: string
  ratio: number
  lo: number
  hi: number
  pAbove5: number
  /** Where all patterns of signs were few enough to try. */
  signFlipP: number | null
  tost15: number
}
type References = {
  student_quantile: { p: number; freedom: number; value: number }[]
  pairs: Pairs[]
  welch: { name: string; lo: number; hi: number; freedom: number }[]
  holm: { p: number[]; rejected: boolean[] }[]
  autocorrelation: { name: string; lag1: number }[]
  theil_sen: { name: string; slope: number }[]
  moving_block: MovingBlock[]
}
const references = JSON.parse(readFixture('references-r.json')) as References
const vectors = new Map(
  readFixture('vectors.txt')
    .trim()
    .split('\n')
    .map(line => line.split(' '))
    .map(([name = '', ...values]) => [name, values.map(Number)]),
)
const vector = (name: string): number[] => {
  const values = vectors.get(name)
  if (!values) throw new Error(`vectors.txt has no ${name}`)
  return values
}

test.each(references.student_quantile)('quantile $p of t with $freedom', ({ p, freedom, value }) =>
  near(studentQuantile(p, freedom), value),
)

describe('pairs', () => {
  test.each(references.pairs)('$name', ({ name, ratio, lo, hi, pAbove5, signFlipP: wanted, tost15 }) => {
    const estimate = estimatePairs(vector(name))
    near(estimate.ratio, ratio)
    near(estimate.lo, lo)
    near(estimate.hi, hi)
    near(pAbove(estimate, 0.05), pAbove5)
    if (wanted !== null) near(signFlipP(vector(name), seededRandom(1)), wanted)
    const oneSided = [estimate.mean, -estimate.mean].map(mean => pAbove({ ...estimate, mean }, -Math.log1p(0.15)))
    near(Math.max(...oneSided), tost15)
    expect(estimate.lo > 1 / 1.15 && estimate.hi < 1.15).toBe(tost15 < 0.05)
  })
})

test.each(references.welch)('Welch $name', ({ name, lo, hi, freedom }) => {
  const estimate = estimateUnpaired(vector(`base.${name}`), vector(`candidate.${name}`))
  near(estimate.lo, lo)
  near(estimate.hi, hi)
  near(estimate.freedom, freedom)
})

test.each(references.holm)('Holm on $p', ({ p, rejected }) => expect(holm(p, 0.05)).toEqual(rejected))

test.each(references.autocorrelation)('$name', ({ name, lag1 }) => near(autocorrelation(vector(name)), lag1))

test.each(references.theil_sen)('$name', ({ name, slope }) => near(theilSen(vector(name)).slope, slope))

test('the moving-block bootstrap has the ends of tsboot', () => expectEndsLike(references.moving_block))
