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

type Estimated = { metric: PairedMetric; estimate: PairEstimate }

function decideOne({ metric, estimate }: Estimated, isWorse: boolean, isBetter: boolean): Decision {
  const margin = 1 + metric.marginShare
  if (isWorse) return 'REGRESSION'
  if (estimate.lo > 1 / margin && estimate.hi < margin) return 'EQUIVALENT'
  if (isBetter) return 'IMPROVED'
  // Worse for sure, and perhaps by more than the margin: that is doubt, not a small thing.
  return estimate.lo > 1 && estimate.ratio < margin ? 'WARN' : 'INCONCLUSIVE'
}

/** Decides metrics that gate together by Holm, and each of the others by itself. */
export function decideMetrics(metrics: readonly PairedMetric[], random: Random): MetricDecision[] {
  const known = metrics.flatMap((metric): Estimated[] =>
    metric.logRatios.length < LEAST_PAIRS ? [] : [{ metric, estimate: estimatePairs(metric.logRatios) }],
  )
  const gating = known.filter(({ metric }) => metric.gating)
  const reject = (side: 1 | -1): Set<string> => {
    const pOf = ({ metric, estimate }: Estimated): number =>
      pAbove({ ...estimate, mean: side * estimate.mean }, Math.log1p(metric.marginShare))
    const together = holm(gating.map(pOf), ALPHA)
    const alone = known.filter(one => !one.metric.gating && pOf(one) <= ALPHA)
    return new Set([...gating.filter((_, index) => together[index]), ...alone].map(one => one.metric.name))
  }
  const [worse, better] = [reject(1), reject(-1)]
  return metrics.map((metric): MetricDecision => {
    const one = known.find(candidate => candidate.metric === metric)
    const head = { name: metric.name, gating: metric.gating, marginShare: metric.marginShare }
    if (!one)
      return {
        ...head,
        decision: 'INCONCLUSIVE',
        reason: `${metric.logRatios.length} pairs with data, ${LEAST_PAIRS} are needed`,
      }
    const { estimate } = one
    const decision = decideOne(one, worse.has(metric.name), better.has(metric.name))
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
export function decideSession(metrics: readonly MetricDecision[]): Decision {
  const gating = metrics.filter(metric => metric.gating).map(metric => metric.decision)
  return WEIGHT.find(decision => gating.includes(decision)) ?? 'INCONCLUSIVE'
}
