// The witnesses of one trial: what clients were told, what the brokers hold and what readers saw, over all phases.
import { isPretending } from '../core/pretending.ts'
import type { IntervalBody, TrialRecord } from '../recording/format.ts'
import type { RecordedTrial } from '../recording/read.ts'
import type { Accounting } from './analysis.ts'

export const total = (intervals: readonly IntervalBody[], name: string): number =>
  intervals.reduce((sum, interval) => sum + (interval.counters[name] ?? 0), 0)

/** Offsets of the trial's topics that hold no record for those who read committed ones; only a full read tells, NaN without it. */
function withoutRecordOf({ readers, truth }: TrialRecord): number {
  if (readers.every(({ transform }) => !transform)) return 0
  if (!truth || 'skipped' in truth || truth.notes.length > 0) return Number.NaN
  return (truth.transacted ?? []).reduce((sum, { markers, hidden }) => sum + markers + hidden, 0)
}

/** NaN where a complete trial has no account of its topics: what could not be read is not nothing. */
export function storedOf(record: TrialRecord): number {
  if (record.state === 'complete' && record.topics.length === 0) return Number.NaN
  const offsets = record.topics.reduce(
    (sum, topic) => sum + topic.endOffsets.reduce((a, end, p) => a + end - (topic.beginOffsets[p] ?? 0), 0),
    0,
  )
  return offsets - withoutRecordOf(record)
}

function isWithoutBroker(record: TrialRecord): boolean {
  const producers = record.clients.filter(client => client.role === 'producer')
  return producers.length > 0 && producers.every(client => isPretending(client.driver))
}

function transactionsOf(
  intervals: readonly IntervalBody[],
  { readers }: TrialRecord,
): Pick<Accounting, 'transactions'> {
  if (readers.every(({ transform }) => !transform)) return {}
  const count = (end: string): number => total(intervals, `transactions.${end}`)
  return {
    transactions: {
      ...{ committed: count('committed'), aborted: count('aborted'), fenced: count('fenced') },
      ...{ failed: count('failed'), unknown: count('unknown') },
    },
  }
}

/** Who served the readers whose driver tells, by broker; a trial of which none was served has no account of it. */
function servedOf(intervals: readonly IntervalBody[]): Pick<Accounting, 'served'> {
  const served = new Map<number, { broker: number; leader: number; follower: number }>()
  for (const { counters } of intervals)
    for (const [name, count] of Object.entries(counters)) {
      const [, role, number] = /^served\.(leader|follower)\.(\d+)$/.exec(name) ?? []
      if (role === undefined) continue
      const broker = Number(number)
      const row = served.get(broker) ?? { broker, leader: 0, follower: 0 }
      row[role as 'leader' | 'follower'] += count
      served.set(broker, row)
    }
  return served.size === 0 ? {} : { served: [...served.values()].sort((a, b) => a.broker - b.broker) }
}

/** Over all phases: offsets know nothing of warm-up. */
export function accountingOf(trial: RecordedTrial, record: TrialRecord): Accounting {
  const { intervals } = trial
  const starting = (prefix: string): number =>
    intervals.reduce(
      (sum, { counters }) =>
        sum + Object.entries(counters).reduce((all, [name, value]) => (name.startsWith(prefix) ? all + value : all), 0),
      0,
    )
  const unverified = starting('corrupt.') + total(intervals, 'foreign')
  return {
    scheduled: total(intervals, 'scheduled'),
    sent: total(intervals, 'sent'),
    failed: total(intervals, 'failed'),
    retries: total(intervals, 'retries'),
    errors: total(intervals, 'failed') + total(intervals, 'unknown') + starting('readerError.') + unverified,
    unverified,
    verified: total(intervals, 'verified'),
    acked: total(intervals, 'acked') + total(intervals, 'transactions.records.committed'),
    unknown:
      total(intervals, 'unknown') +
      total(intervals, 'maybeDuplicated') +
      total(intervals, 'transactions.records.unknown'),
    maybeDuplicated: total(intervals, 'maybeDuplicated'),
    sentNoAck: total(intervals, 'sentNoAck'),
    stored: storedOf(record),
    ...(isWithoutBroker(record) ? { withoutBroker: true as const } : {}),
    groups: record.readers.map(({ group, consumed, expected, reached, transform }) => ({
      ...{ group, consumed, expected, reached },
      ...(transform ? { transforms: transform.fencing } : {}),
    })),
    ...servedOf(intervals),
    ...transactionsOf(intervals, record),
    ...(record.witness
      ? { witness: { tool: record.witness.tool, stored: record.witness.stored - withoutRecordOf(record) } }
      : {}),
    ...(record.logDirBytes === undefined ? {} : { logDirBytes: record.logDirBytes }),
  }
}
