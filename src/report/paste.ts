// A cell's client settings as text to paste: properties with Kafka's own names, and the same for kafkajs with what it lacks said.
import type { Analysis, CellAnalysis } from '../analysis/analysis.ts'
import type { ClientAccount } from '../recording/format.ts'

export type Paste = { title: string; text: string }

/** What somebody decided, or swept: defaults would only hide it. */
function decided(client: ClientAccount): ClientAccount['settings'] {
  return client.settings.filter(row => row.source !== 'default')
}

/** Everything of a cell that can be pasted somewhere. */
export function pastesOf(analysis: Analysis, cell: CellAnalysis): Paste[] {
  const clients = cell.trials[0]?.clients ?? []
  const named = clients.filter(client => decided(client).length > 0)
  return [
    ...named.map(client => ({
      title: `${client.role}.properties (${client.group})`,
      text: decided(client)
        .map(({ name, value }) => `${name}=${value}`)
        .join('\n'),
    })),
    ...named.map(client => ({ title: `kafkajs (${client.group})`, text: kafkajsText(client) })),
    ...elsewhere(analysis, cell),
  ]
}

/** What a matrix swept beside clients. */
function elsewhere(analysis: Analysis, cell: CellAnalysis): Paste[] {
  const titles: Readonly<Record<string, string>> = { topics: 'topic', brokers: 'server.properties', load: 'load' }
  return Object.entries(titles).flatMap(([scope, title]) => {
    const rows = analysis.axes
      .filter(axis => axis.scope === scope && cell.values[axis.name] !== undefined)
      .map(axis => `${axis.setting}=${cell.values[axis.name]}`)
    return rows.length > 0 ? [{ title, text: rows.join('\n') }] : []
  })
}

type Place = 'new Kafka' | 'kafka.producer' | 'producer.send' | 'kafka.consumer' | 'consumer.run'
type Mapped = { place: Place; text(value: string): string }

const option = (place: Place, name: string): Mapped => ({ place, text: value => `${name}: ${value}` })
const CODECS: Readonly<Record<string, string>> = {
  none: 'None',
  gzip: 'GZIP',
  snappy: 'Snappy',
  lz4: 'LZ4',
  zstd: 'ZSTD',
}

/** Kafka's name → the option of kafkajs 2 that does the same. */
const KAFKAJS: Readonly<Record<string, Mapped>> = {
  'client.id': { place: 'new Kafka', text: value => `clientId: ${JSON.stringify(value)}` },
  'request.timeout.ms': option('new Kafka', 'requestTimeout'),
  acks: { place: 'producer.send', text: value => `acks: ${value === 'all' ? -1 : value}` },
  'compression.type': {
    place: 'producer.send',
    text: value => `compression: CompressionTypes.${CODECS[value] ?? value}`,
  },
  'enable.idempotence': option('kafka.producer', 'idempotent'),
  'max.in.flight.requests.per.connection': option('kafka.producer', 'maxInFlightRequests'),
  'metadata.max.age.ms': option('kafka.producer', 'metadataMaxAge'),
  retries: { place: 'kafka.producer', text: value => `retry: { retries: ${value} }` },
  'fetch.min.bytes': option('kafka.consumer', 'minBytes'),
  'fetch.max.bytes': option('kafka.consumer', 'maxBytes'),
  'max.partition.fetch.bytes': option('kafka.consumer', 'maxBytesPerPartition'),
  'fetch.max.wait.ms': option('kafka.consumer', 'maxWaitTimeInMs'),
  'session.timeout.ms': option('kafka.consumer', 'sessionTimeout'),
  'heartbeat.interval.ms': option('kafka.consumer', 'heartbeatInterval'),
  'max.poll.interval.ms': option('kafka.consumer', 'rebalanceTimeout'),
  'isolation.level': {
    place: 'kafka.consumer',
    text: value => `readUncommitted: ${value === 'read_uncommitted'}`,
  },
  'auto.commit.interval.ms': option('consumer.run', 'autoCommitInterval'),
}
/** What kafkajs leaves to its user. */
const MISSING: Readonly<Record<string, (value: string) => string>> = {
  'linger.ms': value => `collect messages for ${value} ms before each send(): one call is one batch per partition`,
  'batch.size': value => `collect at most ${value} bytes per partition before each send()`,
  'buffer.memory': value => `hold back calls of send() while ${value} bytes wait`,
}
const PLUGINS: readonly string[] = ['snappy', 'lz4', 'zstd']

function kafkajsText(client: ClientAccount): string {
  const rows = decided(client)
  const lines: string[] = []
  for (const place of ['new Kafka', 'kafka.producer', 'producer.send', 'kafka.consumer', 'consumer.run'] as const) {
    const own = rows.flatMap(({ name, value }) => {
      const mapped = kafkajsOf(name, client.role)
      return mapped?.place === place ? [mapped.text(value)] : []
    })
    if (own.length > 0) lines.push(`${place}({ ${own.join(', ')} })`)
  }
  for (const { name, value } of rows) {
    if (name === 'compression.type' && PLUGINS.includes(value))
      lines.push(`// compression.type=${value}: register a codec in CompressionCodecs, kafkajs brings only gzip`)
    if (kafkajsOf(name, client.role)) continue
    lines.push(`// ${name}=${value}: ${MISSING[name]?.(value) ?? 'kafkajs has no such option'}`)
  }
  return lines.join('\n')
}

function kafkajsOf(name: string, role: ClientAccount['role']): Mapped | undefined {
  const mapped = Object.hasOwn(KAFKAJS, name) ? KAFKAJS[name] : undefined
  if (name === 'metadata.max.age.ms' && role === 'consumer') return option('kafka.consumer', 'metadataMaxAge')
  return mapped
}
