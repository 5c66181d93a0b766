// A session of paired trials → decisions: which pairs count, how far each metric moved, and what the numbers cannot tell.
import type { Random } from '../core/random.ts'
import {
  type Decision,
  decideMetrics,
  decideSession,
  type MetricDecision,
  type PairedMetric,
} from '../stats/decision.ts'
import { meanOf } from '../stats/pairs.ts'
import type { Analysis, TrialAnalysis } from './analysis.ts'

/** A metric of the comparison; `worse` says in which direction it gets worse. */
export type AbMetric = { name: string; marginShare: number; gating: boolean }

type Reading = { worse: 'higher' | 'lower'; read(trial: TrialAnalysis): number | undefined }

const latency = (of: 'ack' | 'e2e', quantile: string): Reading => ({
  worse: 'higher',
  read: ({ measures }) => measures.latencies[of]?.quantiles[quantile],
})

/** What can be compared, under the names that rules use. */
export const AB_READINGS: Readonly<Record<string, Reading>> = {
  'ack.p50': latency('ack', 'p50'),
  'ack.p99': latency('ack', 'p99'),
  'ack.p999': latency('ack', 'p999'),
  'e2e.p50': latency('e2e', 'p50'),
  'e2e.p99': latency('e2e', 'p99'),
  throughput: { worse: 'lower', read: ({ measures }) => measures.throughputPerSecond },
  'cpu.seconds.per.million': { worse: 'higher', read: ({ measures }) => measures.cpuSecondsPerMillion },
}

/** How far a metric moves when nothing changed, from sessions of a scenario against itself on this machine. */
export type NoiseFloor = { floorShare: number; sessions: number }

export type AbResult = {
  decision: Decision
  pairs: { planned: number; used: number; dropped: { pair: number; why: string }[] }
  metrics: (MetricDecision & { noise?: NoiseFloor; basePer: number; candidatePer: number })[]
  /** How much worse the first trial of a pair was than the second, by metric: an effect of the slot, not of the arm. */
  slotRatio: Record<string, number>
  cutSeconds: number
  notes: string[]
}

type Pair = { pair: number; base: TrialAnalysis; candidate: TrialAnalysis }

/** States in which a trial cannot be compared. */
export const BROKEN: readonly string[] = ['GENERATOR_LIMITED', 'INVALID']
/** A floor above this is a machine on which nothing can be gated. */
export const MAX_FLOOR_SHARE = 0.25
const CALIBRATED_SESSIONS = 3

function pairsOf(analysis: Analysis): { kept: Pair[]; dropped: AbResult['pairs']['dropped'] } {
  const [base, candidate] = analysis.cells
  const kept: Pair[] = []
  const dropped: AbResult['pairs']['dropped'] = []
  for (let pair = 0; pair < analysis.repeat; pair++) {
    const arms = [base, candidate].map(cell => cell?.trials.find(trial => trial.repetition === pair))
    const [a, b] = arms
    const bad = arms.find(
      trial => trial === undefined || trial.state === 'partial' || BROKEN.includes(trial.validity.state),
    )
    if (a && b && !bad) kept.push({ pair, base: a, candidate: b })
    else
      dropped.push({
        pair: pair + 1,
        why: bad
          ? `trial ${bad.number}: ${bad.validity.state}: ${bad.validity.reasons[0] ?? ''}`
          : 'not both trials ran',
      })
  }
  return { kept, dropped }
}

/** ln(candidate ÷ base), turned so that more is worse; absent where a trial has no value. */
function logRatio(reading: Reading, a: TrialAnalysis, b: TrialAnalysis): number | undefined {
  const [x, y] = [reading.read(a), reading.read(b)]
  if (x === undefined || y === undefined || !(x > 0) || !(y > 0)) return undefined
  return (reading.worse === 'higher' ? 1 : -1) * Math.log(y / x)
}

/** The cut that serves both arms: the longest that any trial needs. */
export function commonCutSeconds(analysis: Analysis): number {
  return Math.max(0, ...analysis.cells.flatMap(cell => cell.trials.map(trial => trial.steady?.cutSeconds ?? 0)))
}

/** What a noise floor raises a margin to, at most. */
export function floorOf(noise: NoiseFloor | undefined): number {
  return noise ? Math.min(MAX_FLOOR_SHARE, noise.floorShare) : 0
}

function notesOf(
  metrics: readonly AbMetric[],
  noise: Readonly<Record<string, NoiseFloor>>,
  kept: readonly Pair[],
): string[] {
  const gating = metrics.filter(metric => metric.gating)
  const fewest = Math.min(...gating.map(metric => noise[metric.name]?.sessions ?? 0))
  const loud = gating.filter(metric => (noise[metric.name]?.floorShare ?? 0) > MAX_FLOOR_SHARE)
  const raised = gating.filter(metric => floorOf(noise[metric.name]) > metric.marginShare)
  const noisy = kept.flatMap(pair => [pair.base, pair.candidate]).filter(trial => trial.validity.state !== 'VALID')
  return [
    ...(fewest < CALIBRATED_SESSIONS
      ? [
          `uncalibrated: ${fewest} of ${CALIBRATED_SESSIONS} sessions of this scenario against itself are known on this machine (gauntlet ab X X)`,
        ]
      : []),
    ...raised.map(metric => `${metric.name}: the margin is raised to the noise floor of this machine`),
    ...loud.map(metric => `${metric.name}: this machine moves it by more than ${MAX_FLOOR_SHARE * 100}% by itself`),
    ...(noisy.length > 0
      ? [
          `${noisy.length} trials were ${[...new Set(noisy.map(trial => trial.validity.state))].join(' or ')}: the intervals carry it`,
        ]
      : []),
  ]
}

/** Decides a session; `analysis` holds the base as its first cell and the candidate as its second. */
export function compareArms(
  analysis: Analysis,
  metrics: readonly AbMetric[],
  noise: Readonly<Record<string, NoiseFloor>>,
  context: { cutSeconds: number; random: Random },
): AbResult {
  const { kept, dropped } = pairsOf(analysis)
  const ratiosOf = (name: string, of: (pair: Pair) => [TrialAnalysis, TrialAnalysis]): number[] => {
    const reading = AB_READINGS[name]
    return reading ? kept.flatMap(pair => logRatio(reading, ...of(pair)) ?? []) : []
  }
  const paired = metrics.map(
    (metric): PairedMetric => ({
      ...metric,
      marginShare: Math.max(metric.marginShare, floorOf(noise[metric.name])),
      logRatios: ratiosOf(metric.name, pair => [pair.base, pair.candidate]),
    }),
  )
  const decided = decideMetrics(paired, context.random)
  const average = (name: string, arm: 'base' | 'candidate'): number => {
    const values = kept.flatMap(pair => AB_READINGS[name]?.read(pair[arm]) ?? [])
    return values.length > 0 ? Math.exp(meanOf(values.map(Math.log))) : Number.NaN
  }
  const slot = metrics.flatMap(({ name }) => {
    const ratios = ratiosOf(name, ({ base, candidate }) =>
      base.number < candidate.number ? [base, candidate] : [candidate, base],
    )
    return ratios.length > 0 ? [[name, Math.exp(meanOf(ratios))] as const] : []
  })
  const isLoud = metrics.some(metric => metric.gating && (noise[metric.name]?.floorShare ?? 0) > MAX_FLOOR_SHARE)
  const decision = decideSession(decided)
  return {
    // On a machine whose floor lies above the cap nothing better than doubt can be said.
    decision: isLoud && decision !== 'REGRESSION' ? 'INCONCLUSIVE' : decision,
    pairs: { planned: analysis.repeat, used: kept.length, dropped },
    metrics: decided
      .filter(metric => metric.gating || metric.estimate)
      .map(metric => ({
        ...metric,
        ...(noise[metric.name] ? { noise: noise[metric.name] as NoiseFloor } : {}),
        basePer: average(metric.name, 'base'),
        candidatePer: average(metric.name, 'candidate'),
      })),
    slotRatio: Object.fromEntries(slot),
    cutSeconds: context.cutSeconds,
    notes: notesOf(metrics, noise, kept),
  }
}
