// Sessions that never ran, made of stored trials of one scenario: how often equal arms would be told apart.
import { type AbMetric, type AbResult, compareArms } from '../../src/analysis/ab.ts'
import type { Analysis, TrialAnalysis } from '../../src/analysis/analysis.ts'
import type { Random } from '../../src/core/random.ts'

export type TrialPair = readonly [first: TrialAnalysis, second: TrialAnalysis]

/** Trials that followed each other in one session, whatever arm they were of: noise that drifts is alike in both. */
export function neighboursOf(analysis: Analysis): TrialPair[] {
  const trials = analysis.cells.flatMap(cell => cell.trials).toSorted((a, b) => a.number - b.number)
  return trials.slice(1).flatMap((second, index) => {
    const first = trials[index]
    return first && second.number === first.number + 1 ? [[first, second] as const] : []
  })
}

/** One session of `pairs` pairs drawn with replacement, half of them the other way round, decided as `gauntlet ab` decides. */
export function resampledSession(
  like: Analysis,
  stored: readonly TrialPair[],
  { pairs, metrics, random }: { pairs: number; metrics: readonly AbMetric[]; random: Random },
): AbResult {
  const [base, candidate] = like.cells
  if (!base || !candidate || stored.length === 0) throw new TypeError('a session is resampled from pairs of two arms')
  const swapped = random() < 0.5 ? 1 : 0
  const arms = Array.from({ length: pairs }, (_, repetition) => {
    const drawn = stored[Math.floor(random() * stored.length)] as TrialPair
    const isSwapped = (repetition + swapped) % 2 === 1
    const placed = drawn.map((trial, slot) => ({ ...trial, repetition, number: 2 * repetition + slot + 1 }))
    return isSwapped ? placed.toReversed() : placed
  })
  const armOf = (index: number): TrialAnalysis[] => arms.flatMap(pair => pair[index] ?? [])
  const cells = [
    { ...base, trials: armOf(0) },
    { ...candidate, trials: armOf(1) },
  ]
  return compareArms({ ...like, cells, repeat: pairs }, metrics, {}, { cutSeconds: 0, random })
}
