// Which cell of a matrix to take: the Pareto front of its sound cells, the one nearest to the best of everything, and the price of each step away from it.
import type { Verdict } from '../core/verdict.ts'
import { deviationOf, meanOf } from '../stats/pairs.ts'
import { studentQuantile } from '../stats/student.ts'
import type { Analysis, CellAnalysis, TrialAnalysis } from './analysis.ts'

/** A number that cells are weighed by; `assumed` is how far two cells may lie apart and be called equal where none was repeated. */
export type Criterion = {
  name: string
  label: string
  kind: 'us' | 'perSecond' | 'cpuSeconds' | 'bytes'
  better: 'higher' | 'lower'
  assumed: number
  read: (trial: TrialAnalysis) => number | undefined
}

/** One number of one cell: the geometric mean over its trials, and its logarithm. */
export type Score = { value: number; log: number; trials: number }

/** How another cell compares in one number: its ratio, and whether that is more than noise. */
export type Price = { criterion: string; ratio: number; change: 'equal' | 'better' | 'worse' }

export type Candidate = { cell: CellAnalysis; scores: Record<string, Score> }

export type Neighbour = {
  axis: string
  from: string
  to: string
  cell: CellAnalysis
  verdict: Verdict
  /** Empty where the neighbour has no numbers. */
  prices: Price[]
}

export type Recommendation = {
  criteria: Criterion[]
  /** Ratio from which on two cells of as many trials as the recommended one are told apart, by criterion. */
  noise: Record<string, number>
  isNoiseMeasured: boolean
  sound: number
  front: Candidate[]
  /** Absent where no cell is sound. */
  chosen?: Candidate
  /** On the front, and in no number told apart from the chosen one. */
  equals: CellAnalysis[]
  neighbours: Neighbour[]
  /** Swept settings that decide what may be lost: no number weighs that. */
  promises: string[]
}

const p99 = (of: 'ack' | 'e2e') => (trial: TrialAnalysis) => trial.measures.latencies[of]?.quantiles['p99']
const CRITERIA: readonly Criterion[] = [
  { name: 'ack.p99', label: 'ack p99', kind: 'us', better: 'lower', assumed: 0.15, read: p99('ack') },
  { name: 'e2e.p99', label: 'end-to-end p99', kind: 'us', better: 'lower', assumed: 0.15, read: p99('e2e') },
  {
    name: 'throughput',
    label: 'throughput',
    kind: 'perSecond',
    better: 'higher',
    assumed: 0.05,
    read: trial => trial.measures.throughputPerSecond,
  },
  {
    name: 'cpu',
    label: 'producer CPU per million',
    kind: 'cpuSeconds',
    better: 'lower',
    assumed: 0.05,
    read: trial => trial.measures.cpuSecondsPerMillion,
  },
  {
    name: 'bytes',
    label: 'bytes sent per record',
    kind: 'bytes',
    better: 'lower',
    assumed: 0.02,
    read: ({ measures }) => measures.wireBytes / (measures.acked + measures.sentNoAck),
  },
]
const PROMISES: readonly string[] = ['acks', 'enable.idempotence', 'min.insync.replicas', 'replication.factor']
/** Numbers nearer to one another than this are the same for every purpose, however steady they are. */
const LEAST_NOISE = 0.01
const CONFIDENCE = 0.95

/** Every pair of cells is compared, so that more would take longer than the rest of a report. */
const MOST_CELLS = 2000

/** Undefined for a run of one cell, where there is nothing to choose, and for matrices that are too large. */
export function recommend(analysis: Analysis, verdicts: ReadonlyMap<number, Verdict>): Recommendation | undefined {
  if (analysis.cells.length < 2 || analysis.cells.length > MOST_CELLS) return undefined
  const sound = analysis.cells.filter(
    cell =>
      cell.validity.state === 'VALID' &&
      verdicts.get(cell.index) === 'pass' &&
      cell.trials.length > 0 &&
      cell.trials.every(trial => trial.state === 'complete'),
  )
  const criteria = usableCriteria(sound)
  const ruler = makeRuler(criteria, analysis.cells)
  const candidates = sound.map(cell => ({ cell, scores: scoresOf(cell, criteria) }))
  const front = candidates.filter(one => !candidates.some(other => ruler.dominates(other, one)))
  const chosen = criteria.length === 0 ? undefined : nearestToBest(front, criteria)
  const promises = analysis.axes.filter(axis => PROMISES.includes(axis.setting)).map(axis => axis.name)
  const base = { promises, criteria, isNoiseMeasured: ruler.isMeasured, sound: sound.length, front }
  if (!chosen) return { ...base, noise: {}, equals: [], neighbours: [] }
  const isEqual = (other: Candidate): boolean => ruler.prices(chosen, other).every(price => price.change === 'equal')
  return {
    ...base,
    noise: Object.fromEntries(criteria.map(criterion => [criterion.name, ruler.noise(criterion, chosen, chosen)])),
    chosen,
    equals: front.filter(other => other !== chosen && isEqual(other)).map(one => one.cell),
    neighbours: neighboursOf(analysis, chosen, criteria, ruler, verdicts),
  }
}

const known = (value: number | undefined): value is number => value !== undefined && Number.isFinite(value) && value > 0

/** Numbers that every sound cell has; of the two latencies the one of acknowledgements, where there are any. */
function usableCriteria(cells: readonly CellAnalysis[]): Criterion[] {
  const usable = CRITERIA.filter(
    criterion => cells.length > 0 && cells.every(cell => cell.trials.every(trial => known(criterion.read(trial)))),
  )
  const hasAcks = usable.some(criterion => criterion.name === 'ack.p99')
  return usable.filter(criterion => !(hasAcks && criterion.name === 'e2e.p99'))
}

function logsOf(cell: CellAnalysis, criterion: Criterion): number[] {
  return cell.trials
    .map(trial => criterion.read(trial))
    .filter(known)
    .map(Math.log)
}

function scoresOf(cell: CellAnalysis, criteria: readonly Criterion[]): Record<string, Score> {
  return Object.fromEntries(
    criteria.flatMap(criterion => {
      const logs = logsOf(cell, criterion)
      return logs.length === 0
        ? []
        : [[criterion.name, { value: Math.exp(meanOf(logs)), log: meanOf(logs), trials: logs.length }]]
    }),
  )
}

type Ruler = {
  isMeasured: boolean
  /** Share by which two cells must differ to be told apart. */
  noise: (criterion: Criterion, a: Candidate, b: Candidate) => number
  /** What going from one cell to another changes. */
  prices: (from: Candidate, to: Candidate) => Price[]
  dominates: (a: Candidate, b: Candidate) => boolean
}

/** The least difference that counts: t over the spread of repetitions, pooled over all cells, since each alone has too few. */
function makeRuler(criteria: readonly Criterion[], cells: readonly CellAnalysis[]): Ruler {
  const pooled = new Map(criteria.map(criterion => [criterion.name, poolSpread(cells, criterion)]))
  const isMeasured = [...pooled.values()].some(spread => spread.t !== undefined)
  const leastLog = (criterion: Criterion, n: number, m: number): number => {
    const { sd, t } = pooled.get(criterion.name) ?? { sd: 0, t: undefined }
    return t === undefined
      ? Math.log1p(criterion.assumed)
      : Math.max(Math.log1p(LEAST_NOISE), t * sd * Math.sqrt(1 / n + 1 / m))
  }
  const noise: Ruler['noise'] = (criterion, a, b) => {
    const [n, m] = [a.scores[criterion.name]?.trials ?? 1, b.scores[criterion.name]?.trials ?? 1]
    return Math.expm1(leastLog(criterion, n, m))
  }
  const prices: Ruler['prices'] = (from, to) =>
    criteria.flatMap((criterion): Price[] => {
      const [a, b] = [from.scores[criterion.name], to.scores[criterion.name]]
      if (!a || !b) return []
      const ratio = b.value / a.value
      const isEqual = Math.abs(Math.log(ratio)) <= Math.log(1 + noise(criterion, from, to))
      const isBetter = ratio > 1 === (criterion.better === 'higher')
      return [{ criterion: criterion.name, ratio, change: isEqual ? 'equal' : isBetter ? 'better' : 'worse' }]
    })
  // Asked for every pair of a matrix of thousands, so it stops at the first number that is worse.
  const dominates: Ruler['dominates'] = (a, b) => {
    let isBetter = false
    for (const criterion of criteria) {
      const [own, other] = [a.scores[criterion.name], b.scores[criterion.name]]
      if (!own || !other) continue
      const gain = (own.log - other.log) * (criterion.better === 'higher' ? 1 : -1)
      const least = leastLog(criterion, own.trials, other.trials)
      if (gain < -least) return false
      isBetter ||= gain > least
    }
    return isBetter
  }
  return { isMeasured, noise, prices, dominates }
}

function poolSpread(cells: readonly CellAnalysis[], criterion: Criterion): { sd: number; t: number | undefined } {
  const groups = cells.map(cell => logsOf(cell, criterion)).filter(logs => logs.length > 1)
  const freedom = groups.reduce((sum, logs) => sum + logs.length - 1, 0)
  const squares = groups.reduce((sum, logs) => sum + deviationOf(logs) ** 2 * (logs.length - 1), 0)
  return freedom > 0
    ? { sd: Math.sqrt(squares / freedom), t: studentQuantile((1 + CONFIDENCE) / 2, freedom) }
    : { sd: 0, t: undefined }
}

/** The least product of ratios to the best value of each number: no number counts more than another. */
function nearestToBest(front: readonly Candidate[], criteria: readonly Criterion[]): Candidate | undefined {
  const loss = ({ scores }: Candidate): number =>
    criteria.reduce((sum, { name, better }) => {
      const values = front.flatMap(one => one.scores[name]?.value ?? [])
      const best = better === 'higher' ? Math.max(...values) : Math.min(...values)
      return sum + Math.abs(Math.log((scores[name]?.value ?? best) / best))
    }, 0)
  return front.toSorted((a, b) => loss(a) - loss(b) || a.cell.index - b.cell.index)[0]
}

/** One step up and one down where the values of an axis are numbers, every other value where they have no order. */
function neighboursOf(
  analysis: Analysis,
  chosen: Candidate,
  criteria: readonly Criterion[],
  ruler: Ruler,
  verdicts: ReadonlyMap<number, Verdict>,
): Neighbour[] {
  const { values } = chosen.cell
  return analysis.axes.flatMap(axis => {
    const own = values[axis.name]
    const isOrdered = axis.values.every(value => typeof value === 'number')
    const sorted = isOrdered ? axis.values.toSorted((a, b) => Number(a) - Number(b)) : axis.values
    const at = sorted.findIndex(value => String(value) === String(own))
    return sorted.flatMap((value, index): Neighbour[] => {
      if (at < 0 || index === at || (isOrdered && Math.abs(index - at) !== 1)) return []
      const cell = analysis.cells.find(other =>
        Object.keys({ ...values, ...other.values }).every(
          name => String(other.values[name]) === String(name === axis.name ? value : values[name]),
        ),
      )
      if (!cell) return []
      const verdict = verdicts.get(cell.index) ?? 'inconclusive'
      const prices = ruler.prices(chosen, { cell, scores: scoresOf(cell, criteria) })
      return [{ axis: axis.name, from: String(own), to: String(value), cell, verdict, prices }]
    })
  })
}
