// One second after another: rates, percentiles, lag, resources and the generator's health of a trial.
import type { EventBody, IntervalBody, SampleBody, TrialRecord } from '../recording/format.ts'
import type { GeneratorHealth, NodeSeries, SeriesPoint, TrialAnalysis } from './analysis.ts'
import { mergeIntervals, type Unpack } from './measures.ts'

type ClusterSample = Extract<SampleBody, { kind: 'cluster' }>
type NodeSample = Extract<SampleBody, { kind: 'node' }>

function targetAt(record: TrialRecord, us: number): number {
  const phase = record.phases.find(candidate => us >= candidate.t0Us && us < candidate.t1Us)
  if (!phase || phase.max) return 0
  return (
    phase.fromPerSecond + ((phase.toPerSecond - phase.fromPerSecond) * (us - phase.t0Us)) / (phase.t1Us - phase.t0Us)
  )
}

function phaseAt(record: TrialRecord, us: number): SeriesPoint['phase'] {
  return record.phases.find(candidate => us >= candidate.t0Us && us < candidate.t1Us)?.name ?? 'drain'
}

/** Points by second since the start of load. */
export function seriesOf(
  record: TrialRecord,
  intervals: readonly IntervalBody[],
  samples: readonly SampleBody[],
  unpack: Unpack,
): SeriesPoint[] {
  const bySecond = new Map<number, IntervalBody[]>()
  for (const interval of intervals) {
    const list = bySecond.get(interval.seq) ?? []
    bySecond.set(interval.seq, list)
    list.push(interval)
  }
  const clusterSamples = samples.filter((sample): sample is ClusterSample => sample.kind === 'cluster')
  return [...bySecond]
    .sort(([a], [b]) => a - b)
    .map(([second, list]) => pointOf(record, second, list, clusterSamples, unpack))
}

function pointOf(
  record: TrialRecord,
  second: number,
  list: readonly IntervalBody[],
  samples: readonly ClusterSample[],
  unpack: Unpack,
): SeriesPoint {
  const { counters, histograms } = mergeIntervals(list, unpack, ['ack', 'e2e', 'slip'])
  const t0Us = record.t0Us + second * 1e6
  const lengthSeconds = Math.max(0.001, Math.max(...list.map(interval => interval.t1Us - interval.t0Us)) / 1e6)
  const per = (name: string): number => (counters[name] ?? 0) / lengthSeconds
  const count = (prefix: string): number =>
    Object.entries(counters).reduce((total, [name, value]) => (name.startsWith(prefix) ? total + value : total), 0)
  const sample = samples.find(candidate => candidate.atUs >= t0Us && candidate.atUs < t0Us + 1e6)
  const quantile = (name: 'ack' | 'e2e' | 'slip', q: number): number | undefined => histograms.get(name)?.quantileUs(q)
  const readers = Math.max(
    1,
    new Set(list.filter(interval => interval.role === 'consumer').map(interval => interval.group)).size,
  )
  const optional = {
    ackP50Us: quantile('ack', 0.5),
    ackP99Us: quantile('ack', 0.99),
    ackP999Us: quantile('ack', 0.999),
    e2eP99Us: quantile('e2e', 0.99),
    slipP99Us: quantile('slip', 0.99),
    lag: sample ? Math.max(0, ...Object.values(sample.lag)) : undefined,
    underReplicated: sample?.underReplicated,
  }
  return {
    tSeconds: second,
    phase: phaseAt(record, t0Us),
    targetPerSecond: targetAt(record, t0Us + 5e5),
    sentPerSecond: per('sent'),
    ackedPerSecond: per('acked'),
    consumedPerSecond: per('received') / readers,
    errors: count('error.') + count('readerError.') + count('corrupt.'),
    retries: counters['retries'] ?? 0,
    ...(Object.fromEntries(
      Object.entries(optional).filter(([, value]) => value !== undefined),
    ) as Partial<SeriesPoint>),
  }
}

/** Rates of a node from the differences of its cumulative counters. */
export function nodeSeries(record: TrialRecord, samples: readonly SampleBody[]): NodeSeries[] {
  const nodes = new Map<string, NodeSample[]>()
  for (const sample of samples) {
    if (sample.kind !== 'node') continue
    const list = nodes.get(sample.node) ?? []
    nodes.set(sample.node, list)
    list.push(sample)
  }
  return [...nodes].map(([node, list]) => {
    const points = list.slice(1).map((sample, index) => nodePoint(record, list[index] as NodeSample, sample))
    const cpu = points.reduce((total, point) => total + point.cpuCores, 0)
    return {
      node,
      points,
      cpuCoresAvg: points.length > 0 ? cpu / points.length : 0,
      memoryBytesMax: Math.max(0, ...list.map(sample => sample.memoryBytes)),
    }
  })
}

function nodePoint(record: TrialRecord, before: NodeSample, after: NodeSample): NodeSeries['points'][number] {
  const seconds = Math.max(0.001, (after.atUs - before.atUs) / 1e6)
  const rate = (name: 'netInBytes' | 'netOutBytes' | 'diskReadBytes' | 'diskWriteBytes'): number | undefined =>
    after[name] === undefined || before[name] === undefined ? undefined : (after[name] - before[name]) / seconds
  const rates = {
    netInBytesPerSecond: rate('netInBytes'),
    netOutBytesPerSecond: rate('netOutBytes'),
    diskReadBytesPerSecond: rate('diskReadBytes'),
    diskWriteBytesPerSecond: rate('diskWriteBytes'),
  }
  return {
    tSeconds: (after.atUs - record.t0Us) / 1e6,
    cpuCores: (after.cpuSeconds - before.cpuSeconds) / seconds,
    memoryBytes: after.memoryBytes,
    ...(Object.fromEntries(Object.entries(rates).filter(([, value]) => value !== undefined)) as object),
  }
}

/** A thread that is busy for more of a second than this cannot come back in time. */
export const SATURATED_CORES = 0.85

/** How each worker fared, over the intervals of the measure window. */
export function generatorHealth(
  intervals: readonly IntervalBody[],
  window: { t0Us: number; t1Us: number },
  unpack: Unpack,
): GeneratorHealth[] {
  const workers = new Map<string, IntervalBody[]>()
  for (const interval of intervals) {
    if (interval.t0Us < window.t0Us || interval.t0Us >= window.t1Us) continue
    const list = workers.get(interval.worker) ?? []
    workers.set(interval.worker, list)
    list.push(interval)
  }
  return [...workers].map(([worker, list]) => {
    const healthy = list.filter(interval => interval.health !== undefined)
    const cores = healthy.map(interval => (interval.health?.cpuUs ?? 0) / Math.max(1, interval.t1Us - interval.t0Us))
    const threads = healthy.filter(interval => interval.health?.threadCpuUs !== undefined)
    const busy = threads.filter(
      interval => (interval.health?.threadCpuUs ?? 0) > SATURATED_CORES * (interval.t1Us - interval.t0Us),
    )
    const elapsedUs = healthy.reduce((total, interval) => total + interval.t1Us - interval.t0Us, 0)
    const max = (read: (interval: IntervalBody) => number): number => Math.max(0, ...healthy.map(read))
    const slip = mergeIntervals(list, unpack, ['slip']).histograms.get('slip')
    return {
      worker,
      role: list[0]?.role ?? 'producer',
      cpuCoresAvg: cores.length > 0 ? cores.reduce((a, b) => a + b, 0) / cores.length : 0,
      cpuCoresMax: Math.max(0, ...cores),
      ...(threads.length > 0 ? { saturatedShare: busy.length / threads.length } : {}),
      rssBytesMax: max(interval => interval.health?.rssBytes ?? 0),
      gcShare:
        elapsedUs > 0 ? healthy.reduce((total, interval) => total + (interval.health?.gcUs ?? 0), 0) / elapsedUs : 0,
      gcMaxUs: max(interval => interval.health?.gcMaxUs ?? 0),
      loopLateMaxUs: max(interval => interval.health?.loopLateMaxUs ?? 0),
      ...waitedShareOf(healthy),
      ...(healthy.length > 0
        ? { loopLateMedianUs: medianOf(healthy.map(interval => interval.health?.loopLateMaxUs ?? 0)) }
        : {}),
      ...(slip ? { slipP99Us: slip.quantileUs(0.99) } : {}),
    }
  })
}

/** Whether a late loop was denied its CPU, or was stopped or busy by itself. */
function waitedShareOf(intervals: readonly IntervalBody[]): { waitedShare?: number } {
  const known = intervals.filter(({ health }) => health?.cpuWaitUs !== undefined && health.stalledUs !== undefined)
  const waitedUs = known.reduce((sum, { health }) => sum + (health?.cpuWaitUs ?? 0), 0)
  const stalledUs = known.reduce((sum, { health }) => sum + (health?.stalledUs ?? 0), 0)
  return stalledUs > 0 ? { waitedShare: Math.min(1, waitedUs / stalledUs) } : {}
}

function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return ((sorted[Math.floor((sorted.length - 1) / 2)] ?? 0) + (sorted[Math.ceil((sorted.length - 1) / 2)] ?? 0)) / 2
}

/** Events on the trial's own time axis. */
export function eventsOf(record: TrialRecord, events: readonly EventBody[]): TrialAnalysis['events'] {
  return events.map(event => ({
    tSeconds: (event.atUs - record.t0Us) / 1e6,
    name: event.name,
    ...((event.node ?? event.worker) ? { where: (event.node ?? event.worker) as string } : {}),
    ...(event.detail ? { detail: event.detail } : {}),
  }))
}
