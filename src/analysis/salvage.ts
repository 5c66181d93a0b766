// What can still be said of a trial that the end of a run cut off.
import type { TrialRecord } from '../recording/format.ts'
import type { RecordedTrial, Recording } from '../recording/read.ts'

/** What can be said of a trial that was never sealed: its intervals, and that it is partial. */
export function salvagedRecord(trial: RecordedTrial, recording: Recording): TrialRecord {
  const planned = recording.manifest.plan.trials.find(candidate => candidate.number === trial.number)
  const t0Us = Math.min(...trial.intervals.map(interval => interval.t0Us))
  const t1Us = Math.max(...trial.intervals.map(interval => interval.t1Us))
  return {
    number: trial.number,
    cellIndex: planned?.cellIndex ?? 0,
    repetition: planned?.repetition ?? 0,
    cell: recording.manifest.plan.cells[planned?.cellIndex ?? 0]?.values ?? {},
    state: 'partial',
    reason: 'the run was cut off before this trial was sealed',
    t0Us,
    phases: [{ name: 'measure', kind: 'unknown', t0Us, t1Us, fromPerSecond: 0, toPerSecond: 0, max: true }],
    envelopeRun: 0,
    topics: [],
    clients: [],
    readers: [],
    cluster: { provider: 'unknown', clusterId: '', kafkaVersion: 'unknown', path: 'unknown', nodes: [] },
    brokerSettings: {},
    lines: { intervals: trial.intervals.length, events: trial.events.length, samples: trial.samples.length },
    notes: [],
  }
}
