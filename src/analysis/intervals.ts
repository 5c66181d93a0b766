// Intervals of latency quantiles within one run, given only where simulation says that they cover what they claim.
import { hash32, seededRandom } from '../core/random.ts'
import type { HistogramName, IntervalBody } from '../recording/format.ts'
import { autocorrelation, quantileIntervals, type Slice } from '../stats/bootstrap.ts'
import type { Latency, Measures } from './analysis.ts'
import { mergeIntervals, type Unpack } from './measures.ts'

/** From `npm run bench:coverage`: below this length, or above this likeness of neighbouring seconds, the interval covers less than 90 %. */
const LEAST_SECONDS = 120
const MOST_ALIKE = 0.3

/** Whether an interval covers what it claims, by the logarithms of each second's p99. */
export function isCovering(tails: readonly number[]): boolean {
  return tails.length >= LEAST_SECONDS && autocorrelation(tails) <= MOST_ALIKE
}

const SHOWN: readonly [suffix: string, q: number][] = [
  ['p50', 0.5],
  ['p99', 0.99],
]
const NAMES = ['ack', 'e2e'] as const satisfies readonly HistogramName[]

function slicesOf(
  intervals: readonly IntervalBody[],
  name: HistogramName,
  unpack: Unpack,
): { slices: Slice[]; tails: number[] } {
  const bySecond = Map.groupBy(intervals, interval => interval.seq)
  const histograms = [...bySecond]
    .sort(([a], [b]) => a - b)
    .flatMap(([, own]) => mergeIntervals(own, unpack, [name]).histograms.get(name) ?? [])
  return {
    slices: histograms.map(histogram => histogram.buckets()),
    tails: histograms.map(histogram => Math.log(Math.max(1, histogram.quantileUs(0.99)))),
  }
}

/** The intervals of a trial's latencies; empty where the run is too short, or its seconds too much alike. */
export function latencyIntervals(
  intervals: readonly IntervalBody[],
  unpack: Unpack,
  seed: number,
): Partial<Record<(typeof NAMES)[number], Latency['intervals']>> {
  const seconds = new Set(intervals.map(interval => interval.seq)).size
  if (seconds < LEAST_SECONDS) return {}
  const found = NAMES.flatMap(name => {
    const { slices, tails } = slicesOf(intervals, name, unpack)
    if (!isCovering(tails)) return []
    const random = seededRandom(hash32(seed, name.length))
    const bounds = quantileIntervals(
      slices,
      SHOWN.map(([, q]) => q),
      random,
    )
    return [[name, Object.fromEntries(SHOWN.map(([suffix], i) => [suffix, bounds[i]]))] as const]
  })
  return Object.fromEntries(found)
}

/** The same measures with intervals where there are any. */
export function withIntervals(measures: Measures, found: ReturnType<typeof latencyIntervals>): Measures {
  const latencies = { ...measures.latencies }
  for (const name of NAMES) {
    const [latency, intervals] = [latencies[name], found[name]]
    if (latency && intervals) latencies[name] = { ...latency, intervals }
  }
  return { ...measures, latencies }
}
