// Trials of two runs that are no pairs: the ratio of their means with Welch's t interval, decisions on it, and how many trials would decide.
import { type Decision, decideTogether } from './decision.ts'
import { ALPHA, deviationOf, meanOf, POWER } from './pairs.ts'
import { studentCdf, studentQuantile } from './student.ts'

/** A metric over the trials of two runs; values are logarithms, signed so that more is worse. */
export type UnpairedMetric = {
  name: string
  base: readonly number[]
  candidate: readonly number[]
  marginShare: number
  gating: boolean
}

export type UnpairedEstimate = {
  nBase: number
  nCandidate: number
  /** Candidate ÷ base of the geometric means, and its 90 % interval. */
  ratio: number
  lo: number
  hi: number
  /** Difference of the means of logarithms, its standard error, and Welch's degrees of freedom. */
  mean: number
  se: number
  freedom: number
}

export type UnpairedDecision = {
  name: string
  decision: Decision
  gating: boolean
  marginShare: number
  estimate?: UnpairedEstimate
  /** The smallest worsening that so many trials would have found. */
  visibleShare?: number
  /** Trials of each side, in all, that would probably decide. */
  trialsNeeded?: number
  reason?: string
}

/** Fewer trials of a side are not decided on. */
export const LEAST_TRIALS = 3
const MOST_TRIALS = 1000

/** Standard error and degrees of freedom for samples of these sizes and spreads (Welch and Satterthwaite). */
function welch(sides: readonly { n: number; sd: number }[]): { se: number; freedom: number } {
  const parts = sides.map(({ n, sd }) => ({ n, variance: sd ** 2 / n }))
  const variance = parts.reduce((sum, part) => sum + part.variance, 0)
  // Without any spread the interval is a point whatever the freedom.
  if (variance === 0) return { se: 0, freedom: parts.reduce((sum, part) => sum + part.n - 1, 0) }
  const freedom = variance ** 2 / parts.reduce((sum, part) => sum + part.variance ** 2 / (part.n - 1), 0)
  return { se: Math.sqrt(variance), freedom }
}

/** Welch's interval of the difference of two samples of logarithms, at least two of each. */
export function estimateUnpaired(base: readonly number[], candidate: readonly number[]): UnpairedEstimate {
  const { se, freedom } = welch([base, candidate].map(values => ({ n: values.length, sd: deviationOf(values) })))
  const mean = meanOf(candidate) - meanOf(base)
  const half = studentQuantile(1 - ALPHA, freedom) * se
  return {
    nBase: base.length,
    nCandidate: candidate.length,
    ratio: Math.exp(mean),
    lo: Math.exp(mean - half),
    hi: Math.exp(mean + half),
    mean,
    se,
    freedom,
  }
}

/** P-value of "the difference is not above the bound" (Welch). */
export function pAboveUnpaired(estimate: Pick<UnpairedEstimate, 'mean' | 'se' | 'freedom'>, bound: number): number {
  const { mean, se, freedom } = estimate
  if (se === 0) return mean > bound ? 0 : 1
  return 1 - studentCdf((mean - bound) / se, freedom)
}

/** Trials of each side after which the interval would clear the margin on the side where its middle is. */
export function trialsNeeded(sds: readonly [base: number, candidate: number], mean: number, margin: number): number {
  const distance = Math.abs(Math.log1p(margin) - Math.abs(mean))
  const clears = (n: number): boolean => {
    const { se, freedom } = welch(sds.map(sd => ({ n, sd })))
    return studentQuantile(1 - ALPHA, freedom) * se < distance
  }
  let [low, high] = [LEAST_TRIALS, MOST_TRIALS]
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    if (clears(middle)) high = middle
    else low = middle + 1
  }
  return low
}

function tooFew({ base, candidate }: UnpairedMetric): string {
  const more = (there: number): string => (there < LEAST_TRIALS ? `${LEAST_TRIALS - there} more` : 'no more')
  return `${base.length} against ${candidate.length} trials with data: ${more(base.length)} of the baseline and ${more(candidate.length)} of the recording needed`
}

/** Decides metrics that gate together by Holm, and each of the others by itself; one decision each, in the order given. */
export function decideUnpaired(metrics: readonly UnpairedMetric[]): UnpairedDecision[] {
  const known = metrics
    .filter(({ base, candidate }) => Math.min(base.length, candidate.length) >= LEAST_TRIALS)
    .map(metric => {
      const estimate = estimateUnpaired(metric.base, metric.candidate)
      const pBeyond = (side: 1 | -1): number =>
        pAboveUnpaired({ ...estimate, mean: side * estimate.mean }, Math.log1p(metric.marginShare))
      return { ...metric, metric, estimate, pBeyond }
    })
  const decisions = decideTogether(known)
  return metrics.map((metric): UnpairedDecision => {
    const { name, gating, marginShare } = metric
    const index = known.findIndex(one => one.metric === metric)
    const [one, decision] = [known[index], decisions[index]]
    if (!one || !decision) return { name, gating, marginShare, decision: 'INCONCLUSIVE', reason: tooFew(metric) }
    const { mean, se, freedom } = one.estimate
    const t = studentQuantile(1 - ALPHA, freedom) + studentQuantile(POWER, freedom)
    const sds: [number, number] = [deviationOf(metric.base), deviationOf(metric.candidate)]
    return {
      name,
      gating,
      marginShare,
      decision,
      estimate: one.estimate,
      visibleShare: (1 + marginShare) * Math.exp(t * se) - 1,
      ...(decision === 'INCONCLUSIVE' ? { trialsNeeded: trialsNeeded(sds, mean, marginShare) } : {}),
    }
  })
}
