// The metrics that rules may name: unit, and what must exist in a cell for the metric to have data.

export type MetricUnit = 'us' | 'count' | 'ratio' | 'perSecond' | 'bytes' | 'bytesPerSecond' | 'number'

/** What a cell must have for the metric to be defined: acknowledgements, consumers, faults, groups that transform, readers that tell who served them, or brokers that tell their own counters. */
export type MetricNeed = 'acks' | 'consumers' | 'faults' | 'broker.metrics' | 'transforms' | 'sources'

export type Metric = { unit: MetricUnit; needs?: MetricNeed; describe: string }

const LATENCIES: Record<string, Metric> = {
  ack: { unit: 'us', needs: 'acks', describe: 'acknowledgement response time: acked − intended' },
  'ack.service': { unit: 'us', needs: 'acks', describe: 'acknowledgement service time: acked − sent, linger included' },
  e2e: { unit: 'us', needs: 'consumers', describe: 'end-to-end response time: received − intended' },
  'e2e.service': { unit: 'us', needs: 'consumers', describe: 'end-to-end service time: received − sent' },
  slip: { unit: 'us', describe: 'lateness of sending: sent − intended' },
  'slip.scheduler': { unit: 'us', describe: 'slip of records that the generator itself sent late: its own fault' },
  'slip.backpressure': { unit: 'us', describe: 'slip of records that waited for a full buffer: a finding, no fault' },
}

const SCALARS: Record<string, Metric> = {
  errors: { unit: 'count', describe: 'records that failed or whose outcome stayed unknown, plus reader errors' },
  failed: { unit: 'count', describe: 'records surely not written' },
  unknown: { unit: 'count', describe: 'records whose outcome stayed unknown' },
  retries: { unit: 'count', describe: 'produce requests sent again' },
  scheduled: { unit: 'count', describe: 'records the schedule asked for' },
  sent: { unit: 'count', describe: 'records handed over for sending' },
  acked: { unit: 'count', needs: 'acks', describe: 'records acknowledged by the broker' },
  stored: { unit: 'count', describe: 'records in the topics: end offsets after − before' },
  consumed: { unit: 'count', needs: 'consumers', describe: 'records read, by every group' },
  'consumed.followers': {
    unit: 'count',
    needs: 'sources',
    describe: 'records that wire readers were given by a replica that did not lead their partition',
  },
  lost: { unit: 'count', needs: 'acks', describe: 'acknowledged records that a full read of the topics did not find' },
  duplicates: { unit: 'count', describe: 'records found in the topics again after their first appearance' },
  reordered: { unit: 'count', describe: 'records found behind one that their producer sent later' },
  'transactions.committed': {
    unit: 'count',
    needs: 'transforms',
    describe: 'transactions whose commit was confirmed to the member that made them',
  },
  'transactions.aborted': {
    unit: 'count',
    needs: 'transforms',
    describe: 'transactions that were aborted as the scenario asked',
  },
  'transactions.fenced': {
    unit: 'count',
    needs: 'transforms',
    describe: 'transactions refused because a newer producer of their transactional id was there',
  },
  achieved: { unit: 'ratio', describe: 'records sent within the measure phase ÷ records scheduled in it' },
  throughput: { unit: 'perSecond', describe: 'records completed per second of the measure phase' },
  'throughput.bytes': {
    unit: 'bytesPerSecond',
    describe: 'value and key bytes completed per second of the measure phase',
  },
  'batch.size.avg': { unit: 'bytes', describe: 'achieved size of a batch before compression' },
  'compression.ratio': { unit: 'number', describe: 'bytes before compression ÷ bytes after it' },
  'lag.max': { unit: 'count', needs: 'consumers', describe: 'largest lag of any group seen during the measure phase' },
}

/** Objectives of drills: the worst over all faults of a trial. */
const RECOVERY: Record<string, Metric> = {
  'rto.cluster': {
    unit: 'us',
    needs: 'faults',
    describe: 'until any broker told of a new leader for every partition struck, from the act',
  },
  'rto.client': {
    unit: 'us',
    needs: 'faults',
    describe: 'until every producer had an acknowledgement from every partition struck, from the act',
  },
  'unavailable.max': { unit: 'us', needs: 'faults', describe: 'longest time without acknowledgements of a partition' },
  'isr.full': {
    unit: 'us',
    needs: 'faults',
    describe: 'until every broker saw every replica in sync again, from the heal',
  },
  'lag.drained': { unit: 'us', needs: 'faults', describe: 'until readers lagged no more than before, from the heal' },
  'acked.under.faults': {
    unit: 'count',
    needs: 'faults',
    describe:
      'records acknowledged in whole seconds in which a fault acted (one that takes leaders away, where there are any)',
  },
  'consumed.under.faults': {
    unit: 'count',
    needs: 'faults',
    describe: 'records read in those seconds, by all groups together',
  },
  'leader.changes': { unit: 'count', needs: 'faults', describe: 'partitions that changed their leader under faults' },
}

const BROKER: Record<string, Metric> = Object.fromEntries(
  (
    [
      [
        'broker.handler.idle',
        'ratio',
        'share of time in which request handlers had nothing to do, least of all brokers',
      ],
      ['broker.network.idle', 'ratio', 'the same of the busiest network thread of any broker'],
      ['broker.queue.max', 'count', 'most requests seen waiting for a request handler in any broker'],
      ['broker.produce.local', 'us', 'mean time a produce request was worked on, most of all brokers'],
      ['broker.produce.remote', 'us', 'mean time a produce request waited for followers, most of all brokers'],
      ['broker.flush', 'us', 'mean time of a log flush, most of all brokers'],
      [
        'broker.gc.share',
        'ratio',
        'share of time in which the JVM stood still to collect garbage, most of all brokers',
      ],
      ['broker.gc.max', 'us', 'longest stop of any broker’s JVM to collect garbage'],
      ['broker.under.replicated', 'count', 'most under-replicated partitions that any broker told of'],
      ['broker.isr.shrinks', 'count', 'times a replica was put out of sync, all brokers together'],
    ] as const
  ).map(([name, unit, describe]) => [name, { unit, needs: 'broker.metrics', describe }]),
)

/** Quantile suffixes of latency metrics → q; `mean`, `min` and `max` are not quantiles but take the same place. */
export const QUANTILES: Record<string, number> = {
  p50: 0.5,
  p75: 0.75,
  p90: 0.9,
  p95: 0.95,
  p99: 0.99,
  p999: 0.999,
  p9999: 0.9999,
}
export const SUMMARY_SUFFIXES = [...Object.keys(QUANTILES), 'mean', 'min', 'max']

export type MetricName = { full: string; base: string; suffix?: string; metric: Metric }

/** Own entries only, so that a rule about `constructor` finds nothing. */
function own(table: Record<string, Metric>, name: string): Metric | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined
}

/** Finds a metric by its full name, such as `ack.p99` or `errors`. */
export function findMetric(name: string): MetricName | undefined {
  const scalar = own(SCALARS, name) ?? own(RECOVERY, name) ?? own(BROKER, name)
  if (scalar) return { full: name, base: name, metric: scalar }
  const dot = name.lastIndexOf('.')
  const base = name.slice(0, dot)
  const suffix = name.slice(dot + 1)
  const latency = own(LATENCIES, base)
  if (latency && SUMMARY_SUFFIXES.includes(suffix)) return { full: name, base, suffix, metric: latency }
  return undefined
}

/** Every name a rule may use, for suggestions and the reference page. */
export function allMetricNames(): string[] {
  return [
    ...Object.keys(SCALARS),
    ...Object.keys(RECOVERY),
    ...Object.keys(BROKER),
    ...Object.keys(LATENCIES).flatMap(base => SUMMARY_SUFFIXES.map(s => `${base}.${s}`)),
  ]
}

/** Names with their unit and meaning, for the generated reference. */
export function describeMetrics(): { name: string; metric: Metric }[] {
  const rows = Object.entries(LATENCIES).map(([name, metric]) => ({
    name: `${name}.{${SUMMARY_SUFFIXES.join(',')}}`,
    metric,
  }))
  const others = [...Object.entries(SCALARS), ...Object.entries(RECOVERY), ...Object.entries(BROKER)]
  return [...rows, ...others.map(([name, metric]) => ({ name, metric }))]
}
