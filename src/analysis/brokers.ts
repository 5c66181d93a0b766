// What the brokers said of themselves over the measure phase: shares, mean times and peaks from the differences of their counters.
import type { SampleBody, TrialRecord } from '../recording/format.ts'
import { growth } from './host.ts'

type BrokerSample = Extract<SampleBody, { kind: 'broker' }>
type Window = { t0Us: number; t1Us: number }

/** Where the time of one kind of request went in a broker, as means in µs. */
export type RequestTimes = {
  perSecond: number
  totalUs: number
  /** In the queue of the request handlers. */
  queueUs: number
  localUs: number
  /** Waiting for followers, or for data to read. */
  remoteUs: number
  /** In the queue of the network threads, and being sent. */
  responseUs: number
}

/** One broker; what it did not tell is absent. */
export type BrokerLoad = {
  node: string
  /** Seconds of the measure phase that its counters cover; 0 where it never answered. */
  seconds: number
  cpuCores?: number
  cpuLimit?: number
  /** Share of their time in which request handlers had nothing to do. */
  handlerIdle?: number
  /** The same of the network thread that had least of it. */
  networkIdle?: number
  requestQueueMax?: number
  produce?: RequestTimes
  fetch?: RequestTimes
  /** Fetches of followers. */
  follow?: RequestTimes
  bytesInPerSecond?: number
  bytesOutPerSecond?: number
  replicationInPerSecond?: number
  flushesPerSecond?: number
  flushMeanUs?: number
  /** Time spent flushing ÷ time; above 1 where several threads flush. */
  flushShare?: number
  underReplicatedMax?: number
  isrShrinks?: number
  gcShare?: number
  gcPauseMaxUs?: number
  points: BrokerPoint[]
}

/** One second of a broker, on the trial's time axis. */
export type BrokerPoint = {
  tSeconds: number
  handlerBusy?: number
  networkBusy?: number
  requestQueue?: number
  produceLocalUs?: number
  produceRemoteUs?: number
}

/** One load per broker of the cluster; undefined where none was asked. */
export function brokerLoads(
  record: TrialRecord,
  samples: readonly SampleBody[],
  window: Window,
  wasSilent: boolean,
): BrokerLoad[] | undefined {
  const own = samples.filter((sample): sample is BrokerSample => sample.kind === 'broker')
  if (own.length === 0 && !wasSilent) return undefined
  return record.cluster.nodes
    .filter(node => node.roles.includes('broker'))
    .map(node => ({
      ...loadOf(
        node.name,
        own.filter(sample => sample.node === node.name),
        window,
        record.t0Us,
      ),
      ...cpuOf(node, samples, window),
      ...pausesOf(node.name, samples, window),
    }))
}

/** Growth of all counters over some samples, leaving out where a broker began anew. */
type Grown = { seconds: number; by: (name: string) => number | undefined; names: readonly string[] }

function grow(samples: readonly BrokerSample[]): Grown {
  const sums = new Map<string, number>()
  let seconds = 0
  for (const [index, after] of samples.entries()) {
    const before = samples[index - 1]
    if (!before || hasRestarted(before, after)) continue
    seconds += (after.atUs - before.atUs) / 1e6
    for (const [name, value] of Object.entries(after.values)) {
      const earlier = before.values[name]
      if (earlier !== undefined) sums.set(name, (sums.get(name) ?? 0) + value - earlier)
    }
  }
  return { seconds, by: name => sums.get(name), names: [...sums.keys()] }
}

function hasRestarted(before: BrokerSample, after: BrokerSample): boolean {
  return (after.values['handler.idle.ns'] ?? 0) < (before.values['handler.idle.ns'] ?? 0)
}

function loadOf(node: string, all: readonly BrokerSample[], window: Window, t0Us: number): BrokerLoad {
  const samples = all.filter(sample => sample.atUs >= window.t0Us && sample.atUs < window.t1Us)
  const grown = grow(samples)
  const { seconds } = grown
  const points = all.slice(1).flatMap((after, index) => pointOf(all[index] as BrokerSample, after, t0Us))
  if (seconds <= 0) return { node, seconds: 0, points }
  const per = (name: string): number | undefined => over(grown.by(name), seconds)
  const levels = (name: string): number | undefined => peak(samples.map(sample => sample.values[name]))
  return {
    node,
    seconds,
    points,
    ...known({
      ...idleOf(grown),
      requestQueueMax: levels('request.queue'),
      produce: timesOf(grown, 'produce'),
      fetch: timesOf(grown, 'fetch'),
      follow: timesOf(grown, 'follow'),
      bytesInPerSecond: per('bytes.in'),
      bytesOutPerSecond: per('bytes.out'),
      replicationInPerSecond: per('replication.bytes.in'),
      flushesPerSecond: per('flush.count'),
      flushMeanUs: times(over(grown.by('flush.ms'), grown.by('flush.count')), 1000),
      flushShare: times(per('flush.ms'), 1e-3),
      underReplicatedMax: levels('under.replicated'),
      isrShrinks: grown.by('isr.shrinks'),
      gcShare: times(per('gc.ms'), 1e-3),
    }),
  }
}

const NETWORK = 'network.idle.ns.'

function idleOf({ seconds, by, names }: Grown): { handlerIdle?: number; networkIdle?: number } {
  const share = (ns: number): number => Math.min(1, Math.max(0, ns / 1e9 / seconds))
  const handler = by('handler.idle.ns')
  const threads = names.filter(name => name.startsWith(NETWORK)).flatMap(name => by(name) ?? [])
  return {
    ...(handler === undefined ? {} : { handlerIdle: share(handler) }),
    ...(threads.length === 0 ? {} : { networkIdle: share(Math.min(...threads)) }),
  }
}

function timesOf({ seconds, by }: Grown, request: string): RequestTimes | undefined {
  const count = by(`${request}.count`)
  if (count === undefined || count <= 0) return undefined
  const mean = (part: string): number => ((by(`${request}.${part}.ms`) ?? 0) / count) * 1000
  return {
    perSecond: count / seconds,
    totalUs: mean('total'),
    queueUs: mean('queue'),
    localUs: mean('local'),
    remoteUs: mean('remote'),
    responseUs: mean('response') + mean('send'),
  }
}

function pointOf(before: BrokerSample, after: BrokerSample, t0Us: number): BrokerPoint[] {
  if (hasRestarted(before, after) || after.atUs <= before.atUs) return []
  const grown = grow([before, after])
  const { handlerIdle, networkIdle } = idleOf(grown)
  const produce = timesOf(grown, 'produce')
  return [
    {
      tSeconds: (after.atUs - t0Us) / 1e6,
      ...known({
        handlerBusy: handlerIdle === undefined ? undefined : 1 - handlerIdle,
        networkBusy: networkIdle === undefined ? undefined : 1 - networkIdle,
        requestQueue: after.values['request.queue'],
        produceLocalUs: produce?.localUs,
        produceRemoteUs: produce?.remoteUs,
      }),
    },
  ]
}

function cpuOf(
  { name, cpuLimit }: TrialRecord['cluster']['nodes'][number],
  samples: readonly SampleBody[],
  window: Window,
): Pick<BrokerLoad, 'cpuCores' | 'cpuLimit'> {
  const nodes = samples.flatMap(sample =>
    sample.kind === 'node' && sample.node === name && sample.atUs >= window.t0Us && sample.atUs < window.t1Us
      ? [sample]
      : [],
  )
  const grown = growth(nodes, sample => sample.cpuSeconds)
  return { ...(grown ? { cpuCores: grown.by / grown.seconds } : {}), ...(cpuLimit === undefined ? {} : { cpuLimit }) }
}

/** The GC log knows each stop to the microsecond; counters only know whole milliseconds. */
function pausesOf(node: string, samples: readonly SampleBody[], window: Window): Partial<BrokerLoad> {
  const logs = samples.flatMap(sample => (sample.kind === 'pauses' && sample.node === node ? [sample.pauses] : []))
  if (logs.length === 0) return {}
  const within = logs.flat().filter(pause => pause.atUs >= window.t0Us && pause.atUs < window.t1Us)
  const totalUs = within.reduce((sum, pause) => sum + pause.us, 0)
  return {
    gcShare: totalUs / Math.max(1, window.t1Us - window.t0Us),
    gcPauseMaxUs: Math.max(0, ...within.map(pause => pause.us)),
  }
}

function over(part: number | undefined, whole: number | undefined): number | undefined {
  return part === undefined || whole === undefined || whole <= 0 ? undefined : part / whole
}

function times(value: number | undefined, factor: number): number | undefined {
  return value === undefined ? undefined : value * factor
}

function peak(values: readonly (number | undefined)[]): number | undefined {
  const seen = values.filter(value => value !== undefined)
  return seen.length === 0 ? undefined : Math.max(...seen)
}

type Known<T> = { [K in keyof T]?: Exclude<T[K], undefined> }

/** Without the fields that nothing is known of. */
function known<T extends object>(fields: T): Known<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Known<T>
}
