// The recovery of a trial with faults: events and samples of a recording → the times that reports show and objectives judge.
import type { EventBody, SampleBody, TrialRecord } from '../recording/format.ts'
import type { RecordedTrial } from '../recording/read.ts'
import { courseOf } from '../stats/course.ts'
import { computeRecovery, type FaultMark, type PartitionView, type Recovery } from '../stats/recovery.ts'
import type { Accounting } from './analysis.ts'

/** Shorter waits are noise; longer ones must still be three times what the schedule leaves between two records. */
const LEAST_WINDOW_US = 250_000

/** Undefined where the trial had no faults. */
export function recoveryOf(trial: RecordedTrial, record: TrialRecord): Recovery | undefined {
  const marks = marksOf(trial.events)
  if (marks.length === 0) return undefined
  const views = trial.samples.filter(sample => sample.kind === 'view')
  const told = views.flatMap(viewsOf)
  const recovery = computeRecovery({
    marks,
    views: told,
    answering: views.flatMap(({ atUs, node, answers }) => (answers === undefined ? [] : [{ atUs, node, answers }])),
    gaps: trial.acks?.gaps ?? [],
    topicNames: record.topics.map(topic => topic.name),
    lag: [
      ...trial.samples.flatMap(sample =>
        sample.kind === 'cluster' ? [{ atUs: sample.atUs, lag: total(Object.values(sample.lag)) }] : [],
      ),
      ...readersDone(trial.events),
    ],
    thresholdUs: thresholdOf(record, trial.acks?.lanes ?? 1),
    endUs: Math.max(record.t0Us, ...record.phases.map(phase => phase.t1Us)),
  })
  return { ...recovery, startUs: record.t0Us, course: courseOf(told, record.t0Us) }
}

/** What became of each fault, for the checks. */
export function faultsOf(recovery: Recovery): NonNullable<Accounting['faults']> {
  return recovery.faults.map(({ id, kind, actedUs, healedUs, voidReason, unhealedReason }) => {
    const reason = voidReason ?? unhealedReason
    return {
      id,
      kind,
      proven: actedUs !== undefined,
      healed: healedUs !== undefined,
      ...(reason === undefined ? {} : { reason }),
    }
  })
}

/** A trial ends with its readers, which may be between two looks; then nothing waits any more. */
function readersDone(events: readonly EventBody[]): { atUs: number; lag: number }[] {
  return events.flatMap(({ name, atUs, detail }) =>
    name === 'readers.done' && detail?.['reachedEnd'] === true ? [{ atUs, lag: 0 }] : [],
  )
}

const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0)

function thresholdOf(record: TrialRecord, lanes: number): number {
  const rates = record.phases.flatMap(({ fromPerSecond, toPerSecond, max }) =>
    max ? [] : [Math.min(fromPerSecond, toPerSecond)],
  )
  const slowest = Math.min(...rates.filter(rate => rate > 0))
  const spacingUs = Number.isFinite(slowest) ? (lanes / slowest) * 1e6 : 0
  return Math.max(LEAST_WINDOW_US, 3 * spacingUs)
}

function viewsOf(sample: Extract<SampleBody, { kind: 'view' }>): PartitionView[] {
  const { atUs, askedBeforeUs, node } = sample
  return sample.changes.map(row => ({
    atUs,
    askedBeforeUs,
    node,
    topic: row.topic,
    partition: row.partition,
    leader: row.leader,
    epoch: row.epoch,
    isr: row.isr.length,
    replicas: row.replicas.length,
  }))
}

/** One mark per fault, in order; a fault that never found its target has nothing but its reason. */
function marksOf(events: readonly EventBody[]): FaultMark[] {
  const marks = new Map<string, FaultMark>()
  for (const { name, atUs, detail = {} } of events) {
    if (!name.startsWith('fault.')) continue
    const id = String(detail['fault'])
    const mark = marks.get(id) ?? newMark(id, atUs, detail)
    marks.set(id, mark)
    if (name === 'fault.ordered')
      Object.assign(mark, { orderedUs: atUs, takesLeaders: detail['takesLeaders'] === true })
    if (name === 'fault.proven')
      Object.assign(mark, { actedUs: Number(detail['actedUs']), evidence: String(detail['evidence']) })
    if (name === 'fault.void') mark.voidReason = String(detail['reason'])
    if (name === 'fault.healing') mark.healingUs = atUs
    if (name === 'fault.healed') mark.healedUs = atUs
    if (name === 'fault.unhealed') mark.unhealedReason = String(detail['reason'])
  }
  return [...marks.values()]
}

function newMark(id: string, atUs: number, detail: Record<string, unknown>): FaultMark {
  return {
    id,
    kind: String(detail['kind']),
    target: String(detail['target']),
    nodes: Array.isArray(detail['nodes']) ? detail['nodes'].map(Number) : [],
    takesLeaders: false,
    orderedUs: atUs,
    ...(typeof detail['controller'] === 'number' ? { controller: detail['controller'] } : {}),
  }
}
