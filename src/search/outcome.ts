// A recorded trial seen by the search: what share missed the deadline, what grew, and whether anything broke.
import type { TrialAnalysis } from '../analysis/analysis.ts'
import { mergeIntervals, type Unpack } from '../analysis/measures.ts'
import type { ClusterSampleBody, IntervalBody } from '../recording/format.ts'
import type { RecordedTrial } from '../recording/read.ts'
import { theilSen } from '../stats/steady.ts'
import type { Goal, TrialOutcome } from './goal.ts'

/** The event of a trial that was ended because it was lost. */
export const LOST = 'trial.lost'
/** Fewer points have no slope worth the name. */
const LEAST_POINTS = 5

/** Growth per second as a share of the rate: as much as is sure, since a few levels that lie anywhere have some slope too. */
function growthShare(levels: readonly number[], ratePerSecond: number): number {
  if (levels.length < LEAST_POINTS || ratePerSecond <= 0) return 0
  return Math.max(0, theilSen(levels).lo) / ratePerSecond
}

/** Records of the measure phase that came within the deadline: acked, and read by the group that read fewest. */
function countInTime(
  measured: readonly IntervalBody[],
  groups: readonly string[],
  deadlineUs: number,
  unpack: Unpack,
): number {
  const within = (intervals: readonly IntervalBody[], name: 'ack' | 'e2e'): number | undefined =>
    mergeIntervals(intervals, unpack, [name]).histograms.get(name)?.countWithin(deadlineUs)
  const producers = measured.filter(interval => interval.role === 'producer')
  const failed = producers.reduce(
    (sum, { counters }) => sum + (counters['failed'] ?? 0) + (counters['unknown'] ?? 0),
    0,
  )
  const isVerified = measured.some(interval => (interval.counters['verified'] ?? 0) > 0)
  const read = isVerified
    ? groups.map(
        group =>
          within(
            measured.filter(one => one.role === 'consumer' && one.group === group),
            'e2e',
          ) ?? 0,
      )
    : []
  const acked = within(producers, 'ack')
  const sent = producers.reduce((sum, { counters }) => sum + (counters['sentNoAck'] ?? 0), 0)
  return Math.min(acked === undefined ? sent : acked - failed, ...read)
}

/** Without a lost broker every replica must be in sync; with one, no more may fall behind than did from the beginning. */
function isChanged(samples: readonly ClusterSampleBody[], isBrokerLost: boolean): boolean {
  const leaders = new Set(
    samples.map(sample => JSON.stringify(Object.entries(sample.leaders).toSorted(([a], [b]) => Number(a) - Number(b)))),
  )
  const behind = new Set(samples.map(sample => sample.underReplicated))
  if (!isBrokerLost) behind.add(0)
  return leaders.size > 1 || behind.size > 1 || samples.some(sample => sample.offline > 0)
}

/** What a trial says about a goal, and what about others; `analysis` is of the same trial. */
export function outcomeOf(
  trial: RecordedTrial,
  analysis: TrialAnalysis,
  { goal, others = [], isBrokerLost = false }: { goal: Goal; others?: readonly Goal[]; isBrokerLost?: boolean },
  unpack: Unpack,
): TrialOutcome {
  const measured = trial.intervals.filter(interval => interval.phase === 'measure')
  const groups = (trial.record?.readers ?? []).map(reader => reader.group)
  const points = analysis.series.filter(point => point.phase === 'measure')
  const rate = Math.max(0, ...points.map(point => point.targetPerSecond))
  let behind = 0
  const backlog = points.map(point => (behind += point.sentPerSecond - point.ackedPerSecond))
  const phases = analysis.phases.filter(phase => phase.name === 'measure')
  const [t0Seconds, t1Seconds] = [phases[0]?.t0Seconds ?? 0, phases.at(-1)?.t1Seconds ?? 0]
  const t0Us = trial.record?.t0Us ?? 0
  const samples = trial.samples.filter(
    (sample): sample is ClusterSampleBody =>
      sample.kind === 'cluster' && sample.atUs >= t0Us + t0Seconds * 1e6 && sample.atUs < t0Us + t1Seconds * 1e6,
  )
  const done = analysis.events.find(event => event.name === 'readers.done')?.tSeconds
  const { measures, accounting, validity, generator } = analysis
  const missShareOf = ({ deadlineMs }: Goal): number =>
    measures.scheduled > 0 ? 1 - countInTime(measured, groups, deadlineMs * 1000, unpack) / measures.scheduled : 1
  const missing = accounting.groups.some(group => !group.reached)
  return {
    offeredShare: Number.isFinite(measures.achieved) ? measures.achieved : 0,
    missShare: missShareOf(goal),
    ...(others.length > 0
      ? { missShareWithin: Object.fromEntries([goal, ...others].map(one => [one.deadlineMs, missShareOf(one)])) }
      : {}),
    errors: accounting.errors,
    producerGrowthShare: points.some(point => point.ackedPerSecond > 0) ? growthShare(backlog, rate) : 0,
    lagGrowthShare: Object.fromEntries(
      groups.map(group => [
        group,
        growthShare(
          samples.map(sample => sample.lag[group] ?? 0),
          rate,
        ),
      ]),
    ),
    drainMs: done === undefined || missing ? Number.POSITIVE_INFINITY : Math.max(0, (done - t1Seconds) * 1000),
    isClusterChanged: isChanged(samples, isBrokerLost),
    isGeneratorLimited: validity.state === 'GENERATOR_LIMITED',
    ...(analysis.events.some(event => event.name === LOST) ? { loadedMs: (t1Seconds - t0Seconds) * 1000 } : {}),
    ...(generator.length > 0 ? { generatorCores: Math.max(...generator.map(worker => worker.cpuCoresAvg)) } : {}),
  }
}
