// Recording → Analysis: the one way from what is on disk to the numbers that reports show and rules judge.

import type { IntervalBody, TrialRecord } from '../recording/format.ts'
import type { RecordedTrial, Recording } from '../recording/read.ts'
import { accountingOf, storedOf, total } from './accounting.ts'
import type { Analysis, CellAnalysis, TrialAnalysis } from './analysis.ts'
import { hostHealth } from './host.ts'
import { latencyIntervals, withIntervals } from './intervals.ts'
import {
  addMerged,
  type MeasureContext,
  type Merged,
  measuresOf,
  measureWindow,
  mergeIntervals,
  type Unpack,
} from './measures.ts'
import { faultsOf, recoveryOf } from './recovery.ts'
import { salvagedRecord } from './salvage.ts'
import { saturationOf } from './saturation.ts'
import { eventsOf, generatorHealth, nodeSeries, seriesOf } from './series.ts'
import { steadiness } from './steady.ts'
import { combineValidity, judgeValidity } from './validity.ts'
import type { Verification } from './verification.ts'

type Worked = { trial: TrialAnalysis; merged: Merged; context: MeasureContext }

/** Analyses a whole recording; `unpack` reads stored histograms, `verifications` are what ledgers and truth gave by trial; so many seconds of the beginning of each measure phase are left out. */
export function analyze(
  recording: Recording,
  unpack: Unpack,
  verifications: ReadonlyMap<number, Verification> = new Map(),
  cutSeconds = 0,
): Analysis {
  const { manifest } = recording
  const worked = recording.trials
    .filter(trial => trial.record !== undefined || trial.intervals.length > 0)
    .map(trial => analyzeTrial(trial, recording, unpack, cutSeconds))
  for (const { trial } of worked) {
    const verification = verifications.get(trial.number)
    if (verification) trial.verification = verification
  }
  const first = recording.trials.find(trial => trial.record)?.record
  const torn = recording.trials.filter(trial => trial.tornBytes > 0)
  return {
    runId: manifest.runId,
    scenario: manifest.scenario,
    tool: manifest.tool,
    startedAt: manifest.startedAt,
    state:
      worked.length === manifest.plan.trials.length && worked.every(({ trial }) => trial.state === 'complete')
        ? 'complete'
        : 'partial',
    cluster: {
      provider: first?.cluster.provider ?? 'unknown',
      kafkaVersion: first?.cluster.kafkaVersion ?? 'unknown',
      nodes: first?.cluster.nodes.length ?? 0,
      path: first?.cluster.path ?? 'unknown',
      ...(first?.cluster.image ? { image: first.cluster.image } : {}),
      ...(first?.cluster.startedInMs === undefined ? {} : { startedInMs: first.cluster.startedInMs }),
    },
    environment: manifest.environment,
    overrides: manifest.overrides,
    axes: manifest.plan.axes,
    seed: manifest.plan.seed,
    repeat: manifest.plan.repeat,
    cells: manifest.plan.cells.map(cell => analyzeCell(cell, worked)),
    plannedTrials: manifest.plan.trials.length,
    notes: [
      ...manifest.plan.notes,
      ...torn.map(
        trial => `trial ${trial.number}: the last ${trial.tornBytes} bytes were torn by a crash and are left out`,
      ),
    ],
    stamps: manifest.stamps,
  }
}

function analyzeCell(cell: Recording['manifest']['plan']['cells'][number], worked: readonly Worked[]): CellAnalysis {
  const own = worked.filter(({ trial }) => trial.cellIndex === cell.index)
  const complete = own.filter(({ trial }) => trial.state === 'complete')
  return {
    index: cell.index,
    label: cell.label,
    values: cell.values,
    ...(complete.length > 0
      ? { measures: complete.length === 1 && complete[0] ? complete[0].trial.measures : pool(complete) }
      : {}),
    spread: spreadOf(complete.map(({ trial }) => trial)),
    validity: combineValidity(own.map(({ trial }) => trial.validity)),
    trials: own.map(({ trial }) => trial),
  }
}

/** Repetitions as one: counters and histograms added, time added, so that rates stay per second. */
function pool(worked: readonly Worked[]): ReturnType<typeof measuresOf> {
  const merged: Merged = { counters: {}, histograms: new Map() }
  const context: MeasureContext = {
    durationMs: 0,
    completed: 0,
    completedBytes: 0,
    stored: 0,
    consumed: 0,
    lagMax: 0,
    producerCpuUs: 0,
    producerRecords: 0,
  }
  for (const one of worked) {
    addMerged(merged, one.merged)
    for (const key of [
      'durationMs',
      'completed',
      'completedBytes',
      'stored',
      'consumed',
      'producerCpuUs',
      'producerRecords',
    ] as const)
      context[key] += one.context[key]
    context.lagMax = Math.max(context.lagMax, one.context.lagMax)
  }
  return measuresOf(merged, context)
}

const HEADLINES: Record<string, (trial: TrialAnalysis) => number | undefined> = {
  throughput: trial => trial.measures.throughputPerSecond,
  'ack.p50': trial => trial.measures.latencies.ack?.quantiles['p50'],
  'ack.p99': trial => trial.measures.latencies.ack?.quantiles['p99'],
  'ack.p999': trial => trial.measures.latencies.ack?.quantiles['p999'],
  'e2e.p50': trial => trial.measures.latencies.e2e?.quantiles['p50'],
  'e2e.p99': trial => trial.measures.latencies.e2e?.quantiles['p99'],
  'batch.size.avg': trial => trial.measures.batchSizeAvgBytes,
  'compression.ratio': trial => trial.measures.compressionRatio,
  'cpu.seconds.per.million': trial => trial.measures.cpuSecondsPerMillion,
}

function spreadOf(trials: readonly TrialAnalysis[]): CellAnalysis['spread'] {
  const out: CellAnalysis['spread'] = {}
  for (const [name, read] of Object.entries(HEADLINES)) {
    const values = trials
      .map(read)
      .filter((value): value is number => value !== undefined && Number.isFinite(value))
      .sort((a, b) => a - b)
    if (values.length === 0) continue
    const middle = (values.length - 1) / 2
    const median = ((values[Math.floor(middle)] ?? 0) + (values[Math.ceil(middle)] ?? 0)) / 2
    out[name] = { min: values[0] as number, median, max: values.at(-1) as number, n: values.length }
  }
  return out
}

function spansOf(record: TrialRecord): TrialAnalysis['phases'] {
  const secondsOf = (us: number): number => (us - record.t0Us) / 1e6
  return record.phases.map(({ name, kind, t0Us, t1Us }) => ({
    name,
    kind,
    t0Seconds: secondsOf(t0Us),
    t1Seconds: secondsOf(t1Us),
  }))
}

function analyzeTrial(trial: RecordedTrial, recording: Recording, unpack: Unpack, cutSeconds: number): Worked {
  const record = trial.record ?? salvagedRecord(trial, recording)
  const whole = measureWindow(record)
  const window = { ...whole, t0Us: Math.min(whole.t1Us, whole.t0Us + cutSeconds * 1e6) }
  const measured = trial.intervals.filter(
    interval => interval.phase === 'measure' && (cutSeconds === 0 || interval.t0Us >= window.t0Us),
  )
  const merged = mergeIntervals(measured, unpack)
  const inWindow = trial.intervals.filter(interval => interval.t0Us >= window.t0Us && interval.t0Us < window.t1Us)
  const context = contextOf(trial, record, inWindow, window)
  const found = latencyIntervals(measured, unpack, recording.manifest.plan.seed + record.number)
  const measures = withIntervals(measuresOf(merged, context), found)
  const openLoop = record.phases.some(phase => phase.name === 'measure' && !phase.max)
  const generator = generatorHealth(trial.intervals, window, unpack)
  const host = hostHealth(trial.samples, trial.intervals, window)
  const phases = spansOf(record)
  const series = seriesOf(record, trial.intervals, trial.samples, unpack)
  const events = eventsOf(record, trial.events)
  const steady = steadiness({ series, phases, events })
  const backpressured = merged.counters['late.backpressure'] ?? 0
  const validity = judgeValidity({
    steady,
    measures,
    generator,
    host,
    openLoop,
    backpressured,
    complete: record.state === 'complete',
  })
  const recovery = recoveryOf(trial, record)
  const pressed = !openLoop || backpressured > 0
  const saturation = saturationOf(trial, record, window, {
    generator,
    validity,
    pressed,
    hasFaults: recovery !== undefined,
  })
  return {
    merged,
    context,
    trial: {
      number: record.number,
      cellIndex: record.cellIndex,
      repetition: record.repetition,
      state: record.state,
      ...(record.reason ? { reason: record.reason } : {}),
      phases,
      validity,
      measures,
      accounting: { ...accountingOf(trial, record), ...(recovery ? { faults: faultsOf(recovery) } : {}) },
      series,
      nodes: nodeSeries(record, trial.samples),
      ...saturation,
      generator,
      ...(host ? { host } : {}),
      ...(steady ? { steady } : {}),
      events,
      ...(recovery ? { recovery } : {}),
      ...(record.truth ? { truthRead: record.truth } : {}),
      ...(record.features ? { features: record.features } : {}),
      topics: record.topics,
      clients: record.clients,
      brokerSettings: record.brokerSettings,
      notes: record.notes,
    },
  }
}

function contextOf(
  trial: RecordedTrial,
  record: TrialRecord,
  inWindow: readonly IntervalBody[],
  window: { t0Us: number; t1Us: number },
): MeasureContext {
  const producers = inWindow.filter(interval => interval.role === 'producer')
  const completed = total(producers, 'acked') + total(producers, 'sentNoAck')
  const sent = total(producers, 'sent')
  const bytesPerRecord = sent > 0 ? total(producers, 'bytes') / sent : 0
  const lags = trial.samples.flatMap(sample =>
    sample.kind === 'cluster' && sample.atUs >= window.t0Us && sample.atUs < window.t1Us
      ? Object.values(sample.lag)
      : [],
  )
  return {
    durationMs: (window.t1Us - window.t0Us) / 1000,
    completed,
    completedBytes: completed * bytesPerRecord,
    stored: storedOf(record),
    consumed: Math.min(...(record.readers.length > 0 ? record.readers.map(reader => reader.consumed) : [0])),
    lagMax: Math.max(0, ...lags),
    producerCpuUs: producers.reduce((sum, interval) => sum + (interval.health?.cpuUs ?? 0), 0),
    producerRecords: completed,
  }
}
