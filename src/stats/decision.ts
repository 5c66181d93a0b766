// Margins, intervals and noise → REGRESSION, WARN, EQUIVALENT, IMPROVED or INCONCLUSIVE, for metrics that are decided together.
import type { Random } from '../core/random.ts'
import {
  ALPHA,
  estimatePairs,
  holm,
  type PairEstimate,
  pAbove,
  pairsNeeded,
  signFlipP,
  smallestVisible,
} from './pairs.ts'

export type Decision = 'REGRESSION' | 'WARN' | 'EQUIVALENT' | 'IMPROVED' | 'INCONCLUSIVE'

/** A metric over the pairs of a session; `logRatios` are ln(B ÷ A), signed so that more is worse. */
export type PairedMetric = { name: string; logRatios: readonly number[]; marginShare: number; gating: boolean }

export type MetricDecision = {
  name: string
  decision: Decision
  gating: boolean
  marginShare: number
  /** Candidate ÷ base, in the direction in which more is worse. */
  estimate?: PairEstimate
  signFlipP?: number
  /** The smallest worsening that so many pairs would have found. */
  visibleShare?: number
  /** Pairs in all that would probably decide. */
  pairsNeeded?: number
  reason?: string
}

/** Fewer pairs are not decided on. */
export const LEAST_PAIRS = 3

/** The order in which one decision hides another. */
const WEIGHT: readonly Decision[] = ['REGRESSION', 'INCONCLUSIVE', 'WARN', 'IMPROVED', 'EQUIVALENT']

/** What is known of a metric when it is decided; `pBeyond` is the p-value of "not moved beyond the margin", to the worse (1) or the better (−1). */
export type Known = {
  gating: boolean
  marginShare: number
  estimate: { ratio: number; lo: number; hi: number }
  pBeyond(side: 1 | -1): number
}

function decideOne({ marginShare, estimate }: Known, isWorse: boolean, isBetter: boolean): Decision {
  const margin = 1 + marginShare
  if (isWorse) return 'REGRESSION'
  if (estimate.lo > 1 / margin && estimate.hi < margin) return 'EQUIVALENT'
  if (isBetter) return 'IMPROVED'
  // Worse for sure, and perhaps by more than the margin: that is doubt, not a small thing.
  return estimate.lo > 1 && estimate.ratio < margin ? 'WARN' : 'INCONCLUSIVE'
}

/** One decision each, in the order given: by Holm among those that gate, and each of the others by itself. */
export function decideTogether(known: readonly Known[]): Decision[] {
  const gating = known.filter(one => one.gating)
  const reject = (side: 1 | -1): Set<Known> => {
    const together = holm(
      gating.map(one => one.pBeyond(side)),
      ALPHA,
    )
    const alone = known.filter(one => !one.gating && one.pBeyond(side) <= ALPHA)
    return new Set([...gating.filter((_, index) => together[index]), ...alone])
  }
  const [worse, better] = [reject(1), reject(-1)]
  return known.map(one => decideOne(one, worse.has(one), better.has(one)))
}

/** Decides metrics that gate together by Holm, and each of the others by itself. */
export function decideMetrics(metrics: readonly PairedMetric[], random: Random): MetricDecision[] {
  const known = metrics
    .filter(metric => metric.logRatios.length >= LEAST_PAIRS)
    .map(metric => {
      const estimate = estimatePairs(metric.logRatios)
      const pBeyond = (side: 1 | -1): number =>
        pAbove({ ...estimate, mean: side * estimate.mean }, Math.log1p(metric.marginShare))
      return { ...metric, metric, estimate, pBeyond }
    })
  const decisions = decideTogether(known)
  return metrics.map((metric): MetricDecision => {
    const index = known.findIndex(candidate => candidate.metric === metric)
    const [one, decision] = [known[index], decisions[index]]
    const head = { name: metric.name, gating: metric.gating, marginShare: metric.marginShare }
    if (!one || !decision)
      return {
        ...head,
        decision: 'INCONCLUSIVE',
        reason: `${metric.logRatios.length} pairs with data, ${LEAST_PAIRS} are needed`,
      }
    const { estimate } = one
    return {
      ...head,
      decision,
      estimate,
      signFlipP: signFlipP(metric.logRatios, random),
      visibleShare: smallestVisible(estimate.sd, estimate.n, metric.marginShare),
      ...(decision === 'INCONCLUSIVE' ? { pairsNeeded: pairsNeeded(estimate, metric.marginShare) } : {}),
    }
  })
}

/** The decision of a session: the heaviest of its gating metrics. */
export function decideSession(metrics: readonly Pick<MetricDecision, 'gating' | 'decision'>[]): Decision {
  const gating = metrics.filter(metric => metric.gating).map(metric => metric.decision)
  return WEIGHT.find(decision => gating.includes(decision)) ?? 'INCONCLUSIVE'
}
