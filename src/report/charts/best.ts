// Which sound cell is best by a metric, and whether there is a best one at all.
import type { CellAnalysis } from '../../analysis/analysis.ts'
import type { Verdict } from '../../core/verdict.ts'
import type { HeadlineMetric } from '../../stats/comparison.ts'

export type Ranked = { cell: CellAnalysis; value: number }

/** Values nearer to one another than this are the same for every purpose, as under one fixed rate. */
const SAME_SHARE = 0.01

/** Cells that are valid and broke no rule or check, the best by this metric first. */
export function rankSound(
  cells: readonly CellAnalysis[],
  metric: HeadlineMetric,
  verdicts: ReadonlyMap<number, Verdict>,
): Ranked[] {
  const sign = metric.better === 'higher' ? -1 : 1
  return cells
    .filter(cell => cell.validity.state === 'VALID' && verdicts.get(cell.index) !== 'fail')
    .flatMap(cell => {
      const value = cell.measures && metric.read(cell.measures)
      return value === undefined ? [] : [{ cell, value }]
    })
    .sort((a, b) => sign * (a.value - b.value))
}

/** How many cells of a ranking are as good as its first, that one included. */
export function tiedFirst(ranked: readonly Ranked[]): number {
  const [best] = ranked
  if (!best) return 0
  return ranked.filter(one => Math.abs(one.value - best.value) <= Math.abs(best.value) * SAME_SHARE).length
}
