// The moments of a drill, t0 to t8, in seconds since the start of load: the same for its table and its picture.
import type { SeriesPoint, TrialAnalysis } from '../../analysis/analysis.ts'
import { type FaultRecovery, mainFaults } from '../../stats/recovery.ts'

export type MomentName = 't0' | 't0′' | 't1' | 't2' | 't3' | 't4' | 't5' | 't6' | 't7' | 't8'

/** What each moment is, in the order of a recovery. */
export const MOMENTS: Readonly<Record<MomentName, string>> = {
  t0: 'ordered',
  't0′': 'effect read back',
  t1: 'first error or retry (to the second)',
  t2: 'new leader of every partition struck',
  t3: 'first partition acknowledges again',
  t4: 'all acknowledge again',
  t5: 'steady: no later second slower than twice the slowest before (to the second)',
  t6: 'healed',
  t7: 'all in sync',
  t8: 'readers caught up',
}

export type Moments = { fault: FaultRecovery; at: Partial<Record<MomentName, number>> }

/** One row per fault; what never came, or cannot be told, is missing. */
export function momentsOf(trial: TrialAnalysis): Moments[] {
  const { faults: all = [], startUs } = trial.recovery ?? {}
  const faults = mainFaults(all)
  if (startUs === undefined) return []
  const seconds = (us: number | undefined): number | undefined => (us === undefined ? undefined : (us - startUs) / 1e6)
  const after = (us: number | undefined, moreUs: number | undefined): number | undefined =>
    us === undefined || moreUs === undefined ? undefined : seconds(us + moreUs)
  const calm = calmBefore(trial, Math.min(...faults.map(fault => fault.orderedUs)), startUs)
  return faults.map(fault => {
    const acks = fault.partitions.flatMap(row => row.firstAckUs ?? [])
    const acted = seconds(fault.actedUs)
    const found: [MomentName, number | undefined][] = [
      ['t0', seconds(fault.orderedUs)],
      ['t0′', acted],
      ['t1', acted === undefined ? undefined : firstTrouble(trial.series, acted)],
      ['t2', after(fault.actedUs, fault.clusterRtoUs)],
      ['t3', acks.length === 0 ? undefined : seconds(Math.min(...acks))],
      ['t4', fault.clientRtoUs === 0 ? undefined : after(fault.actedUs, fault.clientRtoUs)],
      ['t5', acted === undefined ? undefined : steadyFrom(trial.series, acted, calm)],
      ['t6', seconds(fault.healedUs)],
      ['t7', after(fault.healedUs, fault.isrFullUs)],
      ['t8', after(fault.healedUs, fault.lagDrainedUs)],
    ]
    return { fault, at: Object.fromEntries(found.filter(([, at]) => at !== undefined)) }
  })
}

const isMeasured = (point: SeriesPoint): boolean => point.phase === 'measure'

/** The slowest second of the measured load before the first fault. */
function calmBefore({ series }: TrialAnalysis, firstUs: number, startUs: number): number {
  const untilSeconds = Math.floor((firstUs - startUs) / 1e6)
  const before = series.filter(point => isMeasured(point) && point.tSeconds < untilSeconds)
  return Math.max(0, ...before.map(point => point.ackP99Us ?? 0))
}

function firstTrouble(series: readonly SeriesPoint[], fromSeconds: number): number | undefined {
  return series.find(point => point.tSeconds >= Math.floor(fromSeconds) && point.errors + point.retries > 0)?.tSeconds
}

/** Undefined where the load ended before it was steady again, or nothing is known of the time before. */
function steadyFrom(series: readonly SeriesPoint[], fromSeconds: number, calmUs: number): number | undefined {
  const after = series.filter(point => isMeasured(point) && point.tSeconds >= Math.floor(fromSeconds))
  const isSlow = (point: SeriesPoint): boolean => point.ackP99Us === undefined || point.ackP99Us > 2 * calmUs
  const last = after.findLastIndex(isSlow)
  return calmUs === 0 ? undefined : after[last + 1]?.tSeconds
}
