// The recommendation as words and rows, for every output: which cell, why, what is equal to it, and what each step away costs.
import type { Analysis, CellAnalysis } from '../analysis/analysis.ts'
import type { Candidate, Criterion, Neighbour, Price, Recommendation } from '../analysis/recommend.ts'
import type { Verdict } from '../core/verdict.ts'
import { showBytes, showChange, showMetric, showShare } from './format.ts'
import { type Paste, pastesOf } from './paste.ts'
import { plural } from './text.ts'

const CELLS_SHOWN = 4

function names(cells: readonly { label: string }[]): string {
  const shown = cells.slice(0, CELLS_SHOWN).map(cell => cell.label)
  const more = cells.length - shown.length
  return more > 0 ? `${shown.join('; ')}; and ${more} more` : shown.join('; ')
}

/** A value of a criterion with its unit. */
export function showScore(candidate: Candidate, criterion: Criterion): string {
  const value = candidate.scores[criterion.name]?.value
  return criterion.kind === 'bytes' ? showBytes(value) : showMetric(value, criterion.kind)
}

/** The answer in one sentence. */
export function answerOf({ chosen, sound, front, criteria, promises }: Recommendation, cells: number): string {
  if (sound === 0)
    return `None of ${plural(cells, 'cell')} held every rule and check without doubt, so none is recommended.`
  if (!chosen) return 'The sound cells have no number in common, so none is recommended.'
  const numbers = criteria.map(criterion => `${criterion.label} ${showScore(chosen, criterion)}`).join(', ')
  return `${chosen.cell.label}: ${numbers}; one of ${front.length} on the front of ${plural(sound, 'sound cell')} of ${cells}.${promises.length > 0 ? ` ${promises.join(' and ')} decide what may be lost, which is no number here: choose by that first.` : ''}`
}

/** How it was chosen and what that leaves open. */
export function caveatsOf(recommendation: Recommendation, cells: number): string[] {
  const { chosen, equals, noise, criteria, isNoiseMeasured, sound } = recommendation
  if (!chosen) return []
  const limits = criteria.map(({ name, label }) => `${label} ${showShare(noise[name])}`).join(', ')
  return [
    ...(equals.length > 0 ? [`Equal to it within noise in every number: ${names(equals)}.`] : []),
    `Chosen among the cells that no other beats in one number without losing in another: the least product of its ratios to the best ${criteria.map(one => one.label).join(', ')}, none weighing more than another.`,
    isNoiseMeasured
      ? `Differences below ${limits} are noise: 95 % of what repetitions of all cells spread by.`
      : `No cell was repeated, so noise is not known; differences below ${limits} are taken for equal, which is an assumption.`,
    ...(sound < cells
      ? [`${plural(cells - sound, 'cell')} that failed or are in doubt were left out, whatever their numbers.`]
      : []),
  ]
}

const WORDS = { equal: 'equal', better: 'better', worse: 'worse' } as const

/** "+12.0 % worse", "equal (−0.4 %)". */
export function showPrice(neighbour: Neighbour, criterion: Criterion): string {
  const price = neighbour.prices.find(one => one.criterion === criterion.name)
  if (!price) return '–'
  const change = showChange(price.ratio)
  return price.change === 'equal' ? `equal (${change})` : `${change} ${WORDS[price.change]}`
}

/** "linger.ms 5 → 20". */
export function stepOf({ axis, from, to }: Neighbour): string {
  return `${axis} ${from} → ${to}`
}

/** One line per neighbour: what going there changes. */
export function stepLines({ neighbours, criteria }: Recommendation): string[] {
  return neighbours.map(neighbour => {
    const doubt = { pass: '', fail: '; it FAILED', inconclusive: '; it is in doubt' }[neighbour.verdict]
    const prices = criteria.map(criterion => `${criterion.label} ${showPrice(neighbour, criterion)}`)
    return `${stepOf(neighbour)}: ${prices.join(', ')}${doubt}`
  })
}

type Numbers = { cell: number; label: string; numbers: Record<string, number> }

/** What programs read of a recommendation: cells by their index, numbers in µs, records/s, CPU-seconds per million and bytes. */
export type RecommendationRecord = {
  /** Absent where no cell could be recommended. */
  chosen?: Numbers & { settings: Paste[] }
  sound: number
  front: Numbers[]
  equals: number[]
  /** The ratio from which on two cells differ, by number. */
  noise: Record<string, number>
  isNoiseMeasured: boolean
  neighbours: { axis: string; from: string; to: string; cell: number; verdict: Verdict; prices: Price[] }[]
  /** Swept settings that decide what may be lost. */
  promises: string[]
}

/** The recommendation without the analysis it came from, beside which it is stored. */
export function recordOf(found: Recommendation, analysis: Analysis): RecommendationRecord {
  const { chosen, sound, front, equals, noise, isNoiseMeasured, neighbours, promises } = found
  return {
    ...(chosen ? { chosen: { ...numbersOf(chosen), settings: pastesOf(analysis, chosen.cell) } } : {}),
    sound,
    front: front.map(numbersOf),
    equals: equals.map(indexOf),
    noise,
    isNoiseMeasured,
    neighbours: neighbours.map(neighbour => ({ ...neighbour, cell: indexOf(neighbour.cell) })),
    promises,
  }
}

const indexOf = (cell: CellAnalysis): number => cell.index

function numbersOf({ cell, scores }: Candidate): Numbers {
  const numbers = Object.fromEntries(Object.entries(scores).map(([name, score]) => [name, score.value]))
  return { cell: cell.index, label: cell.label, numbers }
}
