// What windows of a calibration say: records per second that a producer group generated, and what share of it a load asks for.
import type { IntervalReport } from '../load/recorder.ts'
import type { Segment } from '../scenario/schema/load.ts'
import { medianOf } from '../stats/steady.ts'

/** Windows follow the warm-up without a gap; the first begins at `fromUs`. */
export type Windows = { fromUs: number; lengthUs: number; count: number }

export type Capacity = {
  /** Median over the windows, all workers of the group together, and every window. */
  perSecond: number
  windows: number[]
  bytesPerSecond: number
  cpuSecondsPerMillion: number
}

type Report = Pick<IntervalReport, 't0Us' | 't1Us' | 'counters' | 'health'>

const recordsOf = ({ counters }: Report): number => (counters['acked'] ?? 0) + (counters['sentNoAck'] ?? 0)
const cpuUsOf = ({ health }: Report): number => health?.cpuUs ?? 0

/** Adds intervals up within one window; one that reaches beyond it counts with the part inside. */
function within(reports: readonly Report[], fromUs: number, untilUs: number, of: (report: Report) => number): number {
  return reports.reduce((sum, report) => {
    const insideUs = Math.min(untilUs, report.t1Us) - Math.max(fromUs, report.t0Us)
    return insideUs > 0 ? sum + (of(report) * insideUs) / (report.t1Us - report.t0Us) : sum
  }, 0)
}

/** The capacity of a group from what its workers told, second by second. */
export function capacityOf(reports: readonly Report[], { fromUs, lengthUs, count }: Windows): Capacity {
  const windows = Array.from({ length: count }, (_, i) => {
    const [begin, end] = [fromUs + i * lengthUs, fromUs + (i + 1) * lengthUs]
    return { records: within(reports, begin, end, recordsOf), cpuUs: within(reports, begin, end, cpuUsOf) }
  })
  const median = (values: readonly number[]): number => medianOf(values.toSorted((a, b) => a - b))
  const rates = windows.map(({ records }) => (records * 1e6) / lengthUs)
  const perSecond = median(rates)
  const total = (name: string): number => reports.reduce((sum, { counters }) => sum + (counters[name] ?? 0), 0)
  return {
    perSecond,
    windows: rates,
    bytesPerSecond: (perSecond * total('bytes')) / total('sent'),
    cpuSecondsPerMillion: median(windows.map(({ records, cpuUs }) => cpuUs / records)),
  }
}

/** Highest rate that a schedule asks for; 0 where it is a closed loop throughout. */
export function peakRate(segments: readonly Segment[]): number {
  return Math.max(...segments.map(({ fromPerSecond, toPerSecond }) => Math.max(fromPerSecond, toPerSecond)))
}

/** Share of what can be generated that a rate takes: of the busiest group's workers, or of all cores, whichever is scarcer. */
export function usedShare(
  perSecond: number,
  groups: readonly { share: number; capacity: Pick<Capacity, 'perSecond' | 'cpuSecondsPerMillion'> }[],
  cores: number,
): number {
  const ofWorkers = groups.map(({ share, capacity }) => (perSecond * share) / capacity.perSecond)
  const cpuSeconds = groups.reduce(
    (sum, { share, capacity }) => sum + (perSecond * share * capacity.cpuSecondsPerMillion) / 1e6,
    0,
  )
  return Math.max(cpuSeconds / cores, ...ofWorkers)
}
