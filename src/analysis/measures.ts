// Sums the intervals of one trial's measure phase into numbers; histograms are added, never averaged.
import { QUANTILES } from '../core/metrics.ts'
import type { Counters, HistogramName, IntervalBody, TrialRecord } from '../recording/format.ts'
import { LatencyHistogram } from '../stats/histogram.ts'
import type { Latency, LatencyName, Measures } from './analysis.ts'

/** Turns a stored histogram back into one; given in, because unpacking is not pure. */
export type Unpack = (text: string) => LatencyHistogram

/** Counters and histograms of some intervals together. */
export type Merged = { counters: Counters; histograms: Map<HistogramName, LatencyHistogram> }

/** Merges intervals; `names` limits which histograms are unpacked. */
export function mergeIntervals(
  intervals: readonly IntervalBody[],
  unpack: Unpack,
  names?: readonly HistogramName[],
): Merged {
  const merged: Merged = { counters: {}, histograms: new Map() }
  for (const interval of intervals) {
    for (const [name, value] of Object.entries(interval.counters))
      merged.counters[name] = (merged.counters[name] ?? 0) + value
    for (const [name, text] of Object.entries(interval.histograms) as [HistogramName, string][]) {
      if (names && !names.includes(name)) continue
      const into = merged.histograms.get(name) ?? new LatencyHistogram({ wide: true })
      into.add(unpack(text))
      merged.histograms.set(name, into)
    }
  }
  return merged
}

/** Adds what was merged elsewhere. */
export function addMerged(into: Merged, other: Merged): void {
  for (const [name, value] of Object.entries(other.counters)) into.counters[name] = (into.counters[name] ?? 0) + value
  for (const [name, histogram] of other.histograms) {
    const own = into.histograms.get(name) ?? new LatencyHistogram({ wide: true })
    own.add(histogram)
    into.histograms.set(name, own)
  }
}

export function latencyOf(histogram: LatencyHistogram, counters: Counters, name: LatencyName): Latency {
  return {
    count: histogram.count,
    minUs: histogram.minUs,
    maxUs: histogram.maxUs,
    meanUs: histogram.meanUs,
    quantiles: Object.fromEntries(Object.entries(QUANTILES).map(([suffix, q]) => [suffix, histogram.quantileUs(q)])),
    curve: histogram.curve(),
    censored: name === 'ack' ? (counters['censored'] ?? 0) : 0,
    negative: counters[`negative.${name}`] ?? 0,
    ...(counters[`above.${name}`] === undefined ? {} : { above: counters[`above.${name}`] as number }),
  }
}

/** Counters that tell of a kind of trouble, by their class. */
function byPrefix(counters: Counters, prefix: string): Record<string, number> {
  return Object.fromEntries(
    Object.entries(counters)
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, value]) => [name.slice(prefix.length), value]),
  )
}

const sum = (values: Record<string, number>): number => Object.values(values).reduce((total, value) => total + value, 0)
const ratio = (part: number, whole: number): number => (whole === 0 ? Number.NaN : part / whole)

/** What the totals of a trial do not show: time windows, offsets, lag and CPU. */
export type MeasureContext = {
  durationMs: number
  completed: number
  completedBytes: number
  stored: number
  consumed: number
  lagMax: number
  producerCpuUs: number
  producerRecords: number
}

export function measuresOf(merged: Merged, context: MeasureContext): Measures {
  const { counters, histograms } = merged
  const count = (name: string): number => counters[name] ?? 0
  const readerErrors = sum(byPrefix(counters, 'readerError.')) + sum(byPrefix(counters, 'corrupt.')) + count('foreign')
  const latencies: Measures['latencies'] = {}
  for (const [name, histogram] of histograms) latencies[name] = latencyOf(histogram, counters, name)
  const own = schedulerSlip(histograms)
  if (own) latencies['slip.scheduler'] = latencyOf(own, counters, 'slip.scheduler')
  const seconds = context.durationMs / 1000
  return {
    durationMs: context.durationMs,
    scheduled: count('scheduled'),
    sent: count('sent'),
    sentOnTime: count('sentOnTime'),
    acked: count('acked'),
    sentNoAck: count('sentNoAck'),
    failed: count('failed'),
    unknown: count('unknown'),
    dropped: count('dropped'),
    stored: context.stored,
    consumed: context.consumed,
    readerErrors,
    retries: count('retries'),
    requests: count('requests'),
    errorsByClass: {
      ...byPrefix(counters, 'error.'),
      ...prefixed(byPrefix(counters, 'readerError.'), 'reader '),
      ...prefixed(byPrefix(counters, 'corrupt.'), 'corrupt '),
    },
    throughputPerSecond: context.completed / seconds,
    throughputBytesPerSecond: context.completedBytes / seconds,
    wireBytes: count('wireBytes'),
    achieved: ratio(count('sentOnTime'), count('scheduled')),
    batchSizeAvgBytes: ratio(count('batchBytes'), count('batches')),
    recordsPerBatchAvg: ratio(count('batchRecords'), count('batches')),
    compressionRatio: count('compressedBytes') === 0 ? 1 : count('uncompressedBytes') / count('compressedBytes'),
    lagMax: context.lagMax,
    ...(context.producerRecords > 0 ? { cpuSecondsPerMillion: context.producerCpuUs / context.producerRecords } : {}),
    latencies,
  }
}

/** Slip without that of records which waited for a full buffer. */
function schedulerSlip(histograms: Merged['histograms']): LatencyHistogram | undefined {
  const slip = histograms.get('slip')
  if (!slip) return undefined
  const own = new LatencyHistogram({ wide: true })
  own.add(slip)
  own.subtract(histograms.get('slip.backpressure') ?? new LatencyHistogram())
  return own
}

function prefixed(values: Record<string, number>, prefix: string): Record<string, number> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [`${prefix}${name}`, value]))
}

/** The window in which measured records were meant to be sent. */
export function measureWindow(record: Pick<TrialRecord, 'phases'>): { t0Us: number; t1Us: number } {
  const measured = record.phases.filter(phase => phase.name === 'measure')
  return { t0Us: measured[0]?.t0Us ?? 0, t1Us: measured.at(-1)?.t1Us ?? 0 }
}
