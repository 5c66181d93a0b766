// The recovery of a trial with faults: events and samples of a recording → the times that reports show and objectives judge.
import type { EventBody, IntervalBody, SampleBody, TrialRecord } from '../recording/format.ts'
import type { RecordedTrial } from '../recording/read.ts'
import { courseOf } from '../stats/course.ts'
import { computeRecovery, type FaultMark, mainFaults, type PartitionView, type Recovery } from '../stats/recovery.ts'
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
  return {
    ...recovery,
    ...meanwhileOf(marks, trial.intervals),
    startUs: record.t0Us,
    course: courseOf(told, record.t0Us),
  }
}

/** What went on while a fault acted, from the read-back of its act to the order of its heal; of seconds that lie wholly in it. */
function meanwhileOf(marks: readonly FaultMark[], intervals: readonly IntervalBody[]): Pick<Recovery, 'meanwhile'> {
  const acting = mainFaults(marks).flatMap(({ actedUs, healingUs }) =>
    actedUs === undefined || healingUs === undefined ? [] : [{ fromUs: actedUs, toUs: healingUs }],
  )
  if (acting.length === 0) return {}
  const times = merged(acting)
  const under = intervals.filter(({ t0Us, t1Us }) => times.some(({ fromUs, toUs }) => fromUs <= t0Us && t1Us <= toUs))
  const sum = (name: string): number => total(under.map(({ counters }) => counters[name] ?? 0))
  return { meanwhile: { acked: sum('acked'), consumed: sum('received') } }
}

type Span = { fromUs: number; toUs: number }

/** Overlapping times as one, so that a second across the end of one fault is not left out under another. */
function merged(spans: readonly Span[]): Span[] {
  const found: Span[] = []
  for (const { fromUs, toUs } of spans.toSorted((a, b) => a.fromUs - b.fromUs)) {
    const last = found.at(-1)
    if (last && fromUs <= last.toUs) last.toUs = Math.max(last.toUs, toUs)
    else found.push({ fromUs, toUs })
  }
  return found
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
