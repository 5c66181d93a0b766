// What comparisons say about a change, the same in every output: values with their ranges, and no claim beyond them.
import type { CellComparison, Comparison, MetricComparison, Side } from '../../stats/comparison.ts'
import { NONE, showMetric, showRange } from '../format.ts'

/** Differences of settings and machines that texts list. */
export const DIFFERENCES_SHOWN = 30

/** How the ranges of both sides lie to one another, in words that claim no more. */
export function rangeWord(metric: MetricComparison): string {
  if (!metric.a || !metric.b) return 'only on one side'
  if (metric.overlap === undefined) return 'too few repetitions'
  return metric.overlap ? 'ranges overlap' : 'ranges apart'
}

/** Whether B is better or worse, said only where the ranges are apart. */
export function direction(metric: MetricComparison): 'better' | 'worse' | 'open' {
  if (metric.ratio === undefined || metric.overlap !== false || metric.better === 'neither' || metric.ratio === 1)
    return 'open'
  return metric.ratio > 1 === (metric.better === 'higher') ? 'better' : 'worse'
}

/** A value with its range where there is one. */
export function sideText(side: Side | undefined, metric: MetricComparison): string {
  if (!side) return NONE
  const value = showMetric(side.value, metric.kind)
  return side.repetitions > 1 ? `${value} (${showRange(side.min, side.max, metric.kind)})` : value
}

/** Metrics that at least one side has. */
export function presentMetrics(cell: CellComparison): MetricComparison[] {
  return cell.metrics.filter(metric => metric.a || metric.b)
}

/** The first sentence of every comparison. */
export function alikeSentence(comparison: Comparison): string {
  if (comparison.alike) return 'Both runs were made on machines with the same fingerprint.'
  return 'The machines are NOT alike: what differs here may come from them and not from what was changed.'
}
