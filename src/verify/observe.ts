// The value a rule's metric has in one trial, and the text that shows it.

import type { LatencyName, TrialAnalysis } from '../analysis/analysis.ts'
import type { BrokerLoad } from '../analysis/brokers.ts'
import { findMetric, type MetricUnit } from '../core/metrics.ts'
import { formatBytes, formatCount, formatUs } from '../core/units.ts'
import type { FaultRecovery } from '../stats/recovery.ts'

/** Counts judge the whole trial, everything else its measure phase. */
const WHOLE_TRIAL: Record<string, (trial: TrialAnalysis) => number | undefined> = {
  errors: trial => trial.accounting.errors,
  failed: trial => trial.accounting.failed,
  unknown: trial => trial.accounting.unknown - (trial.accounting.maybeDuplicated ?? 0),
  retries: trial => trial.accounting.retries,
  scheduled: trial => trial.accounting.scheduled,
  sent: trial => trial.accounting.sent,
  acked: trial => trial.accounting.acked,
  stored: trial => trial.accounting.stored,
  'leader.changes': trial => trial.recovery?.leaderChanges,
  'acked.under.faults': trial => trial.recovery?.meanwhile?.acked,
  'consumed.under.faults': trial => trial.recovery?.meanwhile?.consumed,
  'rto.cluster': trial => worst(trial, fault => (fault.takesLeaders ? fault.clusterRtoUs : 0)),
  'isr.full': trial => worst(trial, fault => fault.isrFullUs),
  consumed: trial =>
    trial.accounting.groups.length > 0 ? Math.min(...trial.accounting.groups.map(group => group.consumed)) : undefined,
  'consumed.followers': trial => trial.accounting.served?.reduce((sum, { follower }) => sum + follower, 0),
  'transactions.committed': trial => trial.accounting.transactions?.committed,
  'transactions.aborted': trial => trial.accounting.transactions?.aborted,
  'transactions.fenced': trial => trial.accounting.transactions?.fenced,
  lost: trial => found(trial, 'lost'),
  duplicates: trial => found(trial, 'duplicated'),
  reordered: trial => found(trial, 'reordered'),
}

/** The count of an anomaly; none is a number only where everything was read back. */
function found({ verification }: TrialAnalysis, anomaly: string): number | undefined {
  const count = verification?.findings.find(finding => finding.anomaly === anomaly)?.count
  return count ?? (verification?.complete ? 0 : undefined)
}

/** The largest over all faults; undefined where one of them has none, because it never came to an end. */
function worst({ recovery }: TrialAnalysis, read: (fault: FaultRecovery) => number | undefined): number | undefined {
  const values = recovery?.faults.map(read) ?? []
  return values.length === 0 || values.includes(undefined) ? undefined : Math.max(...(values as number[]))
}

const MEASURE_PHASE: Record<string, (trial: TrialAnalysis) => number | undefined> = {
  achieved: trial => trial.measures.achieved,
  throughput: trial => trial.measures.throughputPerSecond,
  'throughput.bytes': trial => trial.measures.throughputBytesPerSecond,
  'batch.size.avg': trial => trial.measures.batchSizeAvgBytes,
  'compression.ratio': trial => trial.measures.compressionRatio,
  'lag.max': trial => trial.measures.lagMax,
  'rto.client': trial => worst(trial, fault => fault.clientRtoUs),
  'unavailable.max': trial => trial.recovery?.unavailableMaxUs,
  'lag.drained': trial => worst(trial, fault => fault.lagDrainedUs),
}

/** The worst of all brokers; undefined where one of them told nothing, since it may be the one. */
function ofBrokers(
  { brokers }: TrialAnalysis,
  read: (broker: BrokerLoad) => number | undefined,
  pick: (...values: number[]) => number = Math.max,
): number | undefined {
  const values = brokers?.map(read) ?? []
  return values.length === 0 || values.includes(undefined) ? undefined : pick(...(values as number[]))
}

const BROKERS: Record<string, (trial: TrialAnalysis) => number | undefined> = {
  'broker.handler.idle': trial => ofBrokers(trial, broker => broker.handlerIdle, Math.min),
  'broker.network.idle': trial => ofBrokers(trial, broker => broker.networkIdle, Math.min),
  'broker.queue.max': trial => ofBrokers(trial, broker => broker.requestQueueMax),
  'broker.produce.local': trial => worstOfBusy(trial, broker => broker.produce?.localUs),
  'broker.produce.remote': trial => worstOfBusy(trial, broker => broker.produce?.remoteUs),
  'broker.flush': trial => worstOfBusy(trial, broker => broker.flushMeanUs),
  'broker.gc.share': trial => ofBrokers(trial, broker => broker.gcShare),
  'broker.gc.max': trial => ofBrokers(trial, broker => broker.gcPauseMaxUs),
  'broker.under.replicated': trial => ofBrokers(trial, broker => broker.underReplicatedMax),
  'broker.isr.shrinks': trial =>
    ofBrokers(
      trial,
      broker => broker.isrShrinks,
      (...all) => all.reduce((a, b) => a + b),
    ),
}

/** A mean of something that not every broker need have done, such as a flush. */
function worstOfBusy(trial: TrialAnalysis, read: (broker: BrokerLoad) => number | undefined): number | undefined {
  const brokers = trial.brokers ?? []
  const values = brokers.flatMap(broker => read(broker) ?? [])
  const isWhole = brokers.every(broker => broker.seconds > 0)
  return values.length > 0 && isWhole ? Math.max(...values) : undefined
}

const SCALARS = { ...WHOLE_TRIAL, ...MEASURE_PHASE, ...BROKERS }

/** True for counts, which stand even where the generator was too slow. */
export function isCount(metric: string): boolean {
  return Object.hasOwn(WHOLE_TRIAL, metric)
}

/** The metric's value in a trial, or undefined where it has no data. */
export function observe(trial: TrialAnalysis, name: string): number | undefined {
  const scalar = Object.hasOwn(SCALARS, name) ? SCALARS[name] : undefined
  const value = scalar ? scalar(trial) : observeLatency(trial, name)
  return value === undefined || Number.isNaN(value) ? undefined : value
}

function observeLatency(trial: TrialAnalysis, name: string): number | undefined {
  const found = findMetric(name)
  if (!found?.suffix) return undefined
  const latency = trial.measures.latencies[found.base as LatencyName]
  if (!latency || latency.count === 0) return undefined
  if (found.suffix === 'mean') return latency.meanUs
  if (found.suffix === 'min') return latency.minUs
  if (found.suffix === 'max') return latency.maxUs
  return latency.quantiles[found.suffix]
}

/** A value with its unit, as rules and reports print it. */
export function showValue(value: number, unit: MetricUnit): string {
  switch (unit) {
    case 'us':
      return formatUs(value)
    case 'ratio':
      return `${Number((value * 100).toFixed(3))}%`
    case 'perSecond':
      return `${formatCount(value)}/s`
    case 'bytes':
      return formatBytes(value)
    case 'bytesPerSecond':
      return `${formatBytes(value)}/s`
    case 'number':
      return String(Number(value.toFixed(3)))
    case 'count':
      return String(value)
  }
}
