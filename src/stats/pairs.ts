// What pairs of trials tell: the ratio of B to A with its interval, how surely it differs, and what so many pairs can see.
import type { Random } from '../core/random.ts'
import { studentCdf, studentQuantile } from './student.ts'

/** One-sided error of a decision; the interval shown is its two-sided twin of 90 %. */
export const ALPHA = 0.05
/** How often an effect that is called visible is found. */
export const POWER = 0.8
/** Up to so many pairs every pattern of signs is tried. */
const EXACT_PAIRS = 14
const DRAWS = 10_000
const MOST_PAIRS = 1000

export type PairEstimate = {
  n: number
  /** B ÷ A, the geometric mean over pairs, and its 90 % interval. */
  ratio: number
  lo: number
  hi: number
  /** Mean and standard deviation of ln(B ÷ A) over pairs. */
  mean: number
  sd: number
}

export function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

/** The sample standard deviation. */
export function deviationOf(values: readonly number[]): number {
  const mean = meanOf(values)
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1))
}

/** The t interval of log-ratios, at least two of them. */
export function estimatePairs(logRatios: readonly number[]): PairEstimate {
  const n = logRatios.length
  const [mean, sd] = [meanOf(logRatios), deviationOf(logRatios)]
  const half = (studentQuantile(1 - ALPHA, n - 1) * sd) / Math.sqrt(n)
  return { n, ratio: Math.exp(mean), lo: Math.exp(mean - half), hi: Math.exp(mean + half), mean, sd }
}

/** P-value of "the mean of ln(B ÷ A) is not above the bound", by t. */
export function pAbove(estimate: Pick<PairEstimate, 'n' | 'mean' | 'sd'>, bound: number): number {
  const { n, mean, sd } = estimate
  if (sd === 0) return mean > bound ? 0 : 1
  return 1 - studentCdf(((mean - bound) * Math.sqrt(n)) / sd, n - 1)
}

/** P-value of "A and B are alike" when signs of pairs may be flipped at will: no distribution is assumed. */
export function signFlipP(logRatios: readonly number[], random: Random): number {
  const n = logRatios.length
  const seen = Math.abs(logRatios.reduce((sum, value) => sum + value, 0)) * (1 - 1e-12)
  const isExact = n <= EXACT_PAIRS
  const rounds = isExact ? 2 ** n : DRAWS
  let asFar = isExact ? 0 : 1
  for (let pattern = 0; pattern < rounds; pattern++) {
    let sum = 0
    for (let i = 0; i < n; i++) {
      const isFlipped = isExact ? ((pattern >> i) & 1) === 1 : random() < 0.5
      sum += isFlipped ? -(logRatios[i] ?? 0) : (logRatios[i] ?? 0)
    }
    if (Math.abs(sum) >= seen) asFar++
  }
  return asFar / (isExact ? rounds : rounds + 1)
}

/** Which of several hypotheses are rejected together, at most a share alpha of the time wrongly (Holm). */
export function holm(pValues: readonly number[], alpha: number): boolean[] {
  const order = pValues.map((p, index) => ({ p, index })).toSorted((a, b) => a.p - b.p)
  const rejected = pValues.map(() => false)
  for (const [rank, { p, index }] of order.entries()) {
    if (p > alpha / (pValues.length - rank)) break
    rejected[index] = true
  }
  return rejected
}

/** The smallest true ratio − 1 that would be called a regression beyond the margin four times out of five. */
export function smallestVisible(sd: number, n: number, margin: number): number {
  if (n < 2) return Number.POSITIVE_INFINITY
  const t = studentQuantile(1 - ALPHA, n - 1) + studentQuantile(POWER, n - 1)
  return (1 + margin) * Math.exp((t * sd) / Math.sqrt(n)) - 1
}

/** Pairs, those already there included, after which the interval would clear the margin on the side where its middle is. */
export function pairsNeeded(estimate: Pick<PairEstimate, 'mean' | 'sd' | 'n'>, margin: number): number {
  const distance = Math.abs(Math.log1p(margin) - Math.abs(estimate.mean))
  const clears = (n: number): boolean => (studentQuantile(1 - ALPHA, n - 1) * estimate.sd) / Math.sqrt(n) < distance
  let [low, high] = [Math.max(3, estimate.n), MOST_PAIRS]
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    if (clears(middle)) high = middle
    else low = middle + 1
  }
  return low
}
