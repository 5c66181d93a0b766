// Which of a broker's own counters its agent tells, under one metric name, and how they become the values of a sample.

type Rule = { pattern: string; key: string }

/** The one metric that the agent makes; its label names the counter. */
const METRIC = 'gauntlet'

/** Cumulative counters wherever Kafka has them, since its own averages reach back a minute or to the start. */
const RULES: readonly Rule[] = [
  {
    pattern: 'kafka.server<type=KafkaRequestHandlerPool, name=(Broker)?RequestHandlerAvgIdlePercent><>Count',
    key: 'handler$1.idle.ns',
  },
  {
    pattern:
      'kafka.server<type=socket-server-metrics, listener=(\\w+), networkProcessor=(\\d+)><>io-wait-time-ns-total',
    key: 'network.idle.ns.$1.$2',
  },
  { pattern: 'kafka.network<type=RequestChannel, name=RequestQueueSize><>Value', key: 'request.queue' },
  {
    pattern:
      'kafka.network<type=RequestMetrics, name=(RequestQueue|Local|Remote|ResponseQueue|ResponseSend|Total)TimeMs, request=(Produce|FetchConsumer|FetchFollower)><>(Count|Mean)',
    key: '$2.$1.$3',
  },
  {
    pattern:
      'kafka.server<type=BrokerTopicMetrics, name=(BytesIn|BytesOut|ReplicationBytesIn|ReplicationBytesOut)PerSec><>Count',
    key: '$1',
  },
  { pattern: 'kafka.log<type=LogFlushStats, name=LogFlushRateAndTimeMs><>(Count|Mean)', key: 'flush.$1' },
  { pattern: 'kafka.server<type=ReplicaManager, name=UnderReplicatedPartitions><>Value', key: 'under.replicated' },
  { pattern: 'kafka.server<type=ReplicaManager, name=IsrShrinksPerSec><>Count', key: 'isr.shrinks' },
  { pattern: 'java.lang<name=([^,>]+), type=GarbageCollector><>Collection(Count|Time)', key: 'gc.$1.$2' },
  { pattern: 'java.lang<type=GarbageCollector, name=([^,>]+)><>Collection(Count|Time)', key: 'gc.$1.$2' },
]

/** Beans that are looked at; all others cost nothing. */
const OBJECTS = [
  'kafka.server:type=KafkaRequestHandlerPool,name=*',
  'kafka.server:type=socket-server-metrics,listener=*,networkProcessor=*',
  'kafka.network:type=RequestChannel,name=RequestQueueSize',
  'kafka.network:type=RequestMetrics,name=*TimeMs,request=Produce',
  'kafka.network:type=RequestMetrics,name=*TimeMs,request=FetchConsumer',
  'kafka.network:type=RequestMetrics,name=*TimeMs,request=FetchFollower',
  ...['BytesIn', 'BytesOut', 'ReplicationBytesIn', 'ReplicationBytesOut'].map(
    name => `kafka.server:type=BrokerTopicMetrics,name=${name}PerSec`,
  ),
  'kafka.log:type=LogFlushStats,name=LogFlushRateAndTimeMs',
  'kafka.server:type=ReplicaManager,name=UnderReplicatedPartitions',
  'kafka.server:type=ReplicaManager,name=IsrShrinksPerSec',
  'java.lang:type=GarbageCollector,name=*',
]

/** The agent's configuration; JSON is YAML too. */
export function agentConfig(): string {
  return JSON.stringify({
    includeObjectNames: OBJECTS,
    // The agent looks for a pattern anywhere: without the colon `Mean` would take `MeanRate` too, and a name that comes twice voids the answer.
    rules: RULES.map(({ pattern, key }) => ({
      pattern: `${pattern}:`,
      name: METRIC,
      labels: { key },
      type: 'GAUGE',
      cache: true,
    })),
  })
}

/** What is asked of the agent: our metric alone, so that it spares those of the JVM. */
export const SCRAPE_PATH = `/metrics?name%5B%5D=${METRIC}`

const LINE = new RegExp(`^${METRIC}\\{key="([^"]+)",?\\} (\\S+)`, 'gm')

/** The agent's answer as the values of a sample; empty where the broker has not made its beans yet. */
export function readScrape(text: string): Record<string, number> {
  const raw = new Map<string, number>()
  for (const [, key = '', value] of text.matchAll(LINE)) if (Number.isFinite(Number(value))) raw.set(key, Number(value))
  const values: Record<string, number> = {}
  const total = (prefix: string): number | undefined => {
    const [count, mean] = [raw.get(`${prefix}.Count`), raw.get(`${prefix}.Mean`)]
    return count === undefined || mean === undefined ? undefined : round(count * mean)
  }
  const put = (name: string, value: number | undefined): void => {
    if (value !== undefined) values[name] = value
  }
  // Kafka before 4.2 has one pool for all; since then the plain name also counts the controller's.
  put('handler.idle.ns', raw.get('handlerBroker.idle.ns') ?? raw.get('handler.idle.ns'))
  for (const [key, value] of raw) if (key.startsWith('network.idle.ns.')) put(key, value)
  for (const [request, name] of REQUESTS) {
    put(`${name}.count`, raw.get(`${request}.Total.Count`))
    for (const [part, short] of PARTS) put(`${name}.${short}.ms`, total(`${request}.${part}`))
  }
  for (const [key, name] of PLAIN) put(name, raw.get(key))
  put('flush.count', raw.get('flush.Count'))
  put('flush.ms', total('flush'))
  put('gc.count', sumOf(raw, '.Count'))
  put('gc.ms', sumOf(raw, '.Time'))
  return values
}

const REQUESTS = [
  ['Produce', 'produce'],
  ['FetchConsumer', 'fetch'],
  ['FetchFollower', 'follow'],
] as const
const PARTS = [
  ['RequestQueue', 'queue'],
  ['Local', 'local'],
  ['Remote', 'remote'],
  ['ResponseQueue', 'response'],
  ['ResponseSend', 'send'],
  ['Total', 'total'],
] as const
const PLAIN = [
  ['request.queue', 'request.queue'],
  ['BytesIn', 'bytes.in'],
  ['BytesOut', 'bytes.out'],
  ['ReplicationBytesIn', 'replication.bytes.in'],
  ['ReplicationBytesOut', 'replication.bytes.out'],
  ['under.replicated', 'under.replicated'],
  ['isr.shrinks', 'isr.shrinks'],
] as const

/** Collectors that stop the JVM; the concurrent one of G1 counts time in which it runs. */
function sumOf(raw: ReadonlyMap<string, number>, ending: string): number | undefined {
  const own = [...raw].filter(([key]) => key.startsWith('gc.') && key.endsWith(ending) && !key.includes('Concurrent'))
  return own.length === 0 ? undefined : own.reduce((sum, [, value]) => sum + value, 0)
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000
}
