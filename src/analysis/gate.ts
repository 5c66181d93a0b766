// A recording against a stored baseline: what of each is compared, whether they are alike enough, and what is decided.
import type { Environment } from '../recording/format.ts'
import { type Difference, differencesOf } from '../stats/comparison.ts'
import { type Decision, decideSession } from '../stats/decision.ts'
import { meanOf } from '../stats/pairs.ts'
import { decideUnpaired, type UnpairedDecision } from '../stats/unpaired.ts'
import { AB_READINGS, type AbMetric, BROKEN, floorOf, MAX_FLOOR_SHARE, type NoiseFloor } from './ab.ts'
import type { Analysis, TrialAnalysis } from './analysis.ts'
import { settingsOf, settingsThatDiffer } from './gate-settings.ts'

export type GateTrial = {
  run: string
  number: number
  validity: string
  /** Why its numbers do not count; its errors do. */
  leftOut?: string
  scheduledPerSecond: number
  errorShare: number
  /** Values under the names that rules use; absent where the trial has none. */
  readings: Record<string, number>
}

/** All that a gate needs of the runs of one side, and what a baseline file holds. */
export type GateSide = {
  scenario: string
  runs: { runId: string; startedAt: string; tool: string; kafkaVersion: string }[]
  environment: Environment
  cluster: { provider: string; nodes: number; path: string }
  closedLoop: boolean
  /** What the beginning of its trials was or, of a recording under a stored baseline, would have to be cut by. */
  cutSeconds: number
  /** `settings` are said where they differ; older baselines have none. */
  cells: { label: string; settings?: Record<string, string>; trials: GateTrial[] }[]
}

export type GateMetric = UnpairedDecision & { cell: string; noise?: NoiseFloor; basePer: number; candidatePer: number }

export type GateResult = {
  decision: Decision
  base: GateSide['runs']
  candidate: GateSide['runs']
  metrics: GateMetric[]
  /** Cells in which more records failed than in the baseline, in words: they gate before any statistics. */
  errors: string[]
  leftOut: string[]
  cutSeconds: number
  notes: string[]
}

/** Pacing and random arrivals leave less than this between two runs of one load. */
const LOAD_TOLERANCE = 0.05

function gateTrial(trial: TrialAnalysis, run: string): GateTrial {
  const { measures, accounting, validity } = trial
  const why =
    trial.state === 'partial'
      ? `partial: ${trial.reason ?? 'it did not come to its end'}`
      : BROKEN.includes(validity.state)
        ? `${validity.state}: ${validity.reasons[0] ?? ''}`
        : undefined
  const readings = Object.entries(AB_READINGS).flatMap(([name, reading]) => {
    const value = reading.read(trial)
    return value !== undefined && value > 0 && Number.isFinite(value) ? [[name, value] as const] : []
  })
  return {
    run,
    number: trial.number,
    validity: validity.state,
    ...(why === undefined ? {} : { leftOut: why }),
    scheduledPerSecond: measures.durationMs > 0 ? (measures.scheduled * 1000) / measures.durationMs : 0,
    errorShare: accounting.errors / Math.max(1, accounting.scheduled),
    readings: Object.fromEntries(readings),
  }
}

/** Puts the runs of a side together, cell by cell; they are of one scenario on one machine. */
export function gateSideOf(
  analyses: readonly [Analysis, ...Analysis[]],
  { closedLoop, cutSeconds }: Pick<GateSide, 'closedLoop' | 'cutSeconds'>,
): GateSide {
  const [first] = analyses
  const labels = [...new Set(analyses.flatMap(analysis => analysis.cells.map(cell => cell.label)))]
  const { provider, nodes, path } = first.cluster
  return {
    scenario: first.scenario.name,
    runs: analyses.map(({ runId, startedAt, tool, cluster }) => ({
      runId,
      startedAt,
      tool,
      kafkaVersion: cluster.kafkaVersion,
    })),
    environment: first.environment,
    cluster: { provider, nodes, path },
    closedLoop,
    cutSeconds,
    cells: labels.map(label => ({
      label,
      settings: settingsOf(analyses.flatMap(({ cells }) => cells.filter(cell => cell.label === label))),
      trials: analyses.flatMap(({ cells, runId }) =>
        cells.filter(cell => cell.label === label).flatMap(cell => cell.trials.map(trial => gateTrial(trial, runId))),
      ),
    })),
  }
}

const usable = (side: GateSide, label: string): GateTrial[] =>
  side.cells.find(cell => cell.label === label)?.trials.filter(trial => trial.leftOut === undefined) ?? []

/** What forbids a comparison: another machine, scenario, kind of cluster or load. */
export function unlikenessOf(base: GateSide, candidate: GateSide): Difference[] {
  const machine =
    base.environment.fingerprint === candidate.environment.fingerprint
      ? []
      : differencesOf(base.environment, candidate.environment)
  const isKnown = [base, candidate].every(side => side.cluster.nodes > 0)
  const head = ({ scenario, closedLoop }: GateSide): object => ({ scenario, load: closedLoop ? 'closed loop' : 'rate' })
  const rates = candidate.cells.flatMap(({ label }): Difference[] => {
    const [a, b] = [base, candidate].map(side => usable(side, label).map(trial => trial.scheduledPerSecond))
    if (base.closedLoop || !a?.length || !b?.length) return []
    const [x, y] = [meanOf(a), meanOf(b)]
    const isAlike = Math.abs(x - y) <= LOAD_TOLERANCE * Math.max(x, y)
    return isAlike ? [] : [{ what: `rate of ${label}`, a: `${x.toFixed(0)}/s`, b: `${y.toFixed(0)}/s` }]
  })
  return [
    ...machine,
    ...differencesOf(head(base), head(candidate)),
    ...(isKnown ? differencesOf(base.cluster, candidate.cluster) : []),
    ...rates,
  ]
}

function errorsOf(base: GateSide, candidate: GateSide): string[] {
  return candidate.cells.flatMap(({ label, trials }) => {
    const before = base.cells.find(cell => cell.label === label)?.trials.map(trial => trial.errorShare) ?? []
    const [worst, now] = [Math.max(0, ...before), meanOf(trials.map(trial => trial.errorShare))]
    if (before.length === 0 || !(now > worst)) return []
    const percent = (share: number): string => `${Number((share * 100).toPrecision(2))}%`
    return [
      `cell ${label}: ${percent(now)} of the records failed or stayed unknown; the baseline's worst trial had ${percent(worst)}`,
    ]
  })
}

type Noise = Readonly<Record<string, NoiseFloor>>

function notesOf(base: GateSide, candidate: GateSide, metrics: readonly AbMetric[], noise: Noise): string[] {
  const sides = [
    ['baseline', base],
    ['recording', candidate],
  ] as const
  const gating = metrics.filter(metric => metric.gating)
  const software = [base, candidate].map(side => ({
    kafka: [...new Set(side.runs.map(run => run.kafkaVersion))].join(', '),
    tool: [...new Set(side.runs.map(run => run.tool))].join(', '),
    ...side.environment,
  }))
  const doubtful = [base, candidate].flatMap(side =>
    side.cells.flatMap(cell => cell.trials.filter(trial => !trial.leftOut && trial.validity !== 'VALID')),
  )
  const shared = candidate.runs.filter(run => base.runs.some(other => other.runId === run.runId))
  return [
    ...shared.map(run => `run ${run.runId} stands on both sides: it is compared with itself`),
    ...sides
      .filter(([, side]) => side.runs.length === 1)
      .map(([name]) => `the trials of the ${name} are of one run: what moves from run to run is not in the interval`),
    ...[...differencesOf(software[0] ?? {}, software[1] ?? {}), ...settingsThatDiffer(base.cells, candidate.cells)].map(
      ({ what, a, b }) => `${what}: ${a} against ${b}`,
    ),
    ...(base.cutSeconds < candidate.cutSeconds
      ? [`the recording would need a cut of ${candidate.cutSeconds} s, the baseline was made with ${base.cutSeconds} s`]
      : []),
    ...gating
      .filter(metric => floorOf(noise[metric.name]) > metric.marginShare)
      .map(metric => `${metric.name}: the margin is raised to the noise floor of this machine`),
    ...(doubtful.length > 0
      ? [
          `${doubtful.length} trials were ${[...new Set(doubtful.map(trial => trial.validity))].join(' or ')}: the intervals carry it`,
        ]
      : []),
  ]
}

function metricsOf(base: GateSide, candidate: GateSide, metrics: readonly AbMetric[], noise: Noise): GateMetric[] {
  const labels = [...new Set([base, candidate].flatMap(side => side.cells.map(cell => cell.label)))]
  const rows = labels.flatMap(cell =>
    metrics.map(metric => {
      const [a = [], b = []] = [base, candidate].map(side =>
        usable(side, cell).flatMap(trial => trial.readings[metric.name] ?? []),
      )
      return { cell, metric, a: a.map(Math.log), b: b.map(Math.log) }
    }),
  )
  const decided = decideUnpaired(
    rows.map(({ metric, a, b }) => {
      // Turned so that more is worse.
      const turned = (logs: number[]) => (AB_READINGS[metric.name]?.worse === 'lower' ? logs.map(log => -log) : logs)
      const marginShare = Math.max(metric.marginShare, floorOf(noise[metric.name]))
      return { ...metric, marginShare, base: turned(a), candidate: turned(b) }
    }),
  )
  const average = (logs: readonly number[]): number => (logs.length > 0 ? Math.exp(meanOf(logs)) : Number.NaN)
  return decided
    .map((one, index): GateMetric => {
      const { cell = '', a = [], b = [] } = rows[index] ?? {}
      const floor = noise[one.name]
      return { ...one, cell, ...(floor ? { noise: floor } : {}), basePer: average(a), candidatePer: average(b) }
    })
    .filter(one => one.gating || one.estimate)
}

/** Decides the candidate against the baseline, cell by cell; all gating metrics of all cells are decided together. */
export function gateSides(base: GateSide, candidate: GateSide, metrics: readonly AbMetric[], noise: Noise): GateResult {
  const decided = metricsOf(base, candidate, metrics, noise)
  const loud = metrics.filter(metric => metric.gating && (noise[metric.name]?.floorShare ?? 0) > MAX_FLOOR_SHARE)
  const errors = errorsOf(base, candidate)
  const decision = errors.length > 0 ? 'REGRESSION' : decideSession(decided)
  return {
    // On a machine whose floor lies above the cap nothing better than doubt can be said.
    decision: loud.length > 0 && decision !== 'REGRESSION' ? 'INCONCLUSIVE' : decision,
    base: base.runs,
    candidate: candidate.runs,
    metrics: decided,
    errors,
    leftOut: [base, candidate].flatMap(side =>
      side.cells.flatMap(cell =>
        cell.trials.flatMap(trial =>
          trial.leftOut === undefined ? [] : [`${trial.run}, trial ${trial.number}: ${trial.leftOut}`],
        ),
      ),
    ),
    cutSeconds: base.cutSeconds,
    notes: [
      ...notesOf(base, candidate, metrics, noise),
      ...loud.map(metric => `${metric.name}: this machine moves it by more than ${MAX_FLOOR_SHARE * 100}% by itself`),
    ],
  }
}
