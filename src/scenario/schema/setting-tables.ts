// Kafka's producer, consumer and topic settings as the language knows them: type, default and bounds as in Kafka 4.3, one line of meaning.
import type { SettingValue } from './common.ts'

export type SettingType =
  | 'int'
  | 'durationMs'
  | 'sizeBytes'
  | 'boolean'
  | 'string'
  | 'number'
  | { enum: readonly string[] }

export type Setting = { type: SettingType; default?: SettingValue; min?: number; max?: number; doc: string }

export type SettingTable = Readonly<Record<string, Setting>>

export const COMPRESSION_TYPES = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const

/** Producer settings by Kafka's own names; defaults are those of the Java client 4.x. */
export const PRODUCER_SETTINGS: SettingTable = {
  acks: { type: { enum: ['0', '1', 'all', '-1'] }, default: 'all', doc: 'Acknowledgements: 0, 1 or all' },
  'linger.ms': { type: 'durationMs', default: 5, min: 0, doc: 'How long a batch waits for more records' },
  'batch.size': { type: 'sizeBytes', default: 16_384, min: 0, doc: 'Upper bound of a batch, per partition' },
  'compression.type': { type: { enum: COMPRESSION_TYPES }, default: 'none', doc: 'Codec of a batch' },
  'compression.gzip.level': { type: 'int', min: 1, max: 9, doc: 'Level of gzip' },
  'compression.zstd.level': { type: 'int', min: -131_072, max: 22, doc: 'Level of zstd' },
  'enable.idempotence': { type: 'boolean', doc: 'Broker removes duplicates of retries; default true where acks=all' },
  'max.in.flight.requests.per.connection': { type: 'int', default: 5, min: 1, doc: 'Requests in flight per broker' },
  'buffer.memory': { type: 'sizeBytes', default: 33_554_432, min: 1024, doc: 'Memory for records waiting to be sent' },
  'max.request.size': { type: 'sizeBytes', default: 1_048_576, min: 1, doc: 'Upper bound of a request' },
  'delivery.timeout.ms': { type: 'durationMs', default: 120_000, min: 1, doc: 'Upper bound from hand-over to outcome' },
  'request.timeout.ms': { type: 'durationMs', default: 30_000, min: 1, doc: 'How long a request waits for its answer' },
  retries: {
    type: 'int',
    default: 2_147_483_647,
    min: 0,
    max: 2_147_483_647,
    doc: 'Retries within delivery.timeout.ms',
  },
  'retry.backoff.ms': { type: 'durationMs', default: 100, min: 0, doc: 'Pause before a retry' },
  'metadata.max.age.ms': {
    type: 'durationMs',
    default: 300_000,
    min: 100,
    doc: 'Age after which metadata is refreshed',
  },
  'partitioner.ignore.keys': { type: 'boolean', default: false, doc: 'Spread keyed records as if they had no key' },
  'client.id': { type: 'string', doc: 'Name in broker logs and quotas' },
}

/** Consumer settings by Kafka's own names. */
export const CONSUMER_SETTINGS: SettingTable = {
  'fetch.min.bytes': { type: 'sizeBytes', default: 1, min: 0, doc: 'The broker waits for so much' },
  'fetch.max.wait.ms': { type: 'durationMs', default: 500, min: 0, doc: 'The broker waits at most so long' },
  'fetch.max.bytes': { type: 'sizeBytes', default: 52_428_800, min: 0, doc: 'Upper bound of a fetch answer' },
  'max.partition.fetch.bytes': { type: 'sizeBytes', default: 1_048_576, min: 0, doc: 'Upper bound per partition' },
  'max.poll.records': { type: 'int', default: 500, min: 1, doc: 'Records handed over at once' },
  'session.timeout.ms': { type: 'durationMs', default: 45_000, min: 1, doc: 'Silence after which a member is dead' },
  'heartbeat.interval.ms': { type: 'durationMs', default: 3000, min: 1, doc: 'Pause between heartbeats' },
  'max.poll.interval.ms': { type: 'durationMs', default: 300_000, min: 1, doc: 'Longest pause between polls' },
  'isolation.level': {
    type: { enum: ['read_uncommitted', 'read_committed'] },
    default: 'read_uncommitted',
    doc: 'Which records are returned',
  },
  'auto.commit.interval.ms': { type: 'durationMs', default: 5000, min: 1, doc: 'Pause between automatic commits' },
  'metadata.max.age.ms': {
    type: 'durationMs',
    default: 300_000,
    min: 100,
    doc: 'Age after which metadata is refreshed',
  },
  'request.timeout.ms': { type: 'durationMs', default: 30_000, min: 1, doc: 'How long a request waits for its answer' },
  'client.rack': { type: 'string', doc: 'Rack of the reader, for fetch from follower' },
  'client.id': { type: 'string', doc: 'Name in broker logs and quotas' },
  'group.protocol': { type: { enum: ['classic', 'consumer'] }, default: 'classic', doc: 'Group protocol' },
  'group.instance.id': { type: 'string', doc: 'Static membership' },
}

/** Client settings of Kafka 4.3 that no driver honours yet; one that does moves its name into a table above. */
export const NOT_YET_HONOURED: ReadonlySet<string> = new Set(
  `
  check.crcs client.dns.lookup compression.lz4.level connections.max.idle.ms default.api.timeout.ms enable.metrics.push
  exclude.internal.topics group.remote.assignor max.block.ms metadata.max.idle.ms metadata.recovery.rebootstrap.trigger.ms
  metadata.recovery.strategy metrics.num.samples metrics.recording.level metrics.sample.window.ms
  partition.assignment.strategy partitioner.adaptive.partitioning.enable partitioner.availability.timeout.ms
  receive.buffer.bytes reconnect.backoff.max.ms reconnect.backoff.ms retry.backoff.max.ms send.buffer.bytes
  share.acknowledgement.mode share.acquire.mode socket.connection.setup.timeout.max.ms socket.connection.setup.timeout.ms
  transaction.timeout.ms transaction.two.phase.commit.enable transactional.id
  `
    .trim()
    .split(/\s+/),
)

const LOG_COMPRESSION = ['uncompressed', 'gzip', 'snappy', 'lz4', 'zstd', 'producer'] as const

/** Topic settings that Kafka 4.3 knows. */
export const TOPIC_SETTINGS: SettingTable = {
  'cleanup.policy': {
    type: { enum: ['delete', 'compact', 'compact,delete', 'delete,compact'] },
    default: 'delete',
    doc: 'What happens to old segments',
  },
  'compression.type': {
    type: { enum: LOG_COMPRESSION },
    default: 'producer',
    doc: 'Codec on disk; anything but producer can make brokers recompress',
  },
  'compression.gzip.level': {
    type: 'int',
    default: -1,
    min: -1,
    max: 9,
    doc: 'Level of gzip; -1 leaves it to the codec',
  },
  'compression.lz4.level': { type: 'int', default: 9, min: 1, max: 17, doc: 'Level of lz4' },
  'compression.zstd.level': { type: 'int', default: 3, min: -131_072, max: 22, doc: 'Level of zstd' },
  'delete.retention.ms': {
    type: 'durationMs',
    default: 86_400_000,
    min: 0,
    doc: 'How long tombstones of a compacted topic stay',
  },
  'file.delete.delay.ms': {
    type: 'durationMs',
    default: 60_000,
    min: 0,
    doc: 'Pause before a file is removed from disk',
  },
  'flush.messages': { type: 'int', min: 1, doc: 'Force to disk after so many records; by default never' },
  'flush.ms': { type: 'durationMs', min: 0, doc: 'Force to disk after so long; by default never' },
  'follower.replication.throttled.replicas': {
    type: 'string',
    doc: 'Followers whose replication is throttled: partition:broker,… or *',
  },
  'index.interval.bytes': {
    type: 'sizeBytes',
    default: 4096,
    min: 0,
    doc: 'Bytes between entries of the offset index',
  },
  'leader.replication.throttled.replicas': {
    type: 'string',
    doc: 'Leaders whose replication is throttled: partition:broker,… or *',
  },
  'local.retention.bytes': {
    type: 'sizeBytes',
    default: -2,
    min: -2,
    doc: 'Tiered storage: bytes kept on the broker; -2 means retention.bytes',
  },
  'local.retention.ms': {
    type: 'durationMs',
    default: -2,
    min: -2,
    doc: 'Tiered storage: time kept on the broker; -2 means retention.ms',
  },
  'max.compaction.lag.ms': {
    type: 'durationMs',
    min: 1,
    doc: 'Longest time a record escapes compaction; by default for ever',
  },
  'max.message.bytes': { type: 'sizeBytes', default: 1_048_588, min: 0, doc: 'Largest batch, after compression' },
  'message.timestamp.after.max.ms': {
    type: 'durationMs',
    default: 3_600_000,
    min: 0,
    doc: 'How far a record’s time may lie after the broker’s',
  },
  'message.timestamp.before.max.ms': {
    type: 'durationMs',
    min: 0,
    doc: 'How far a record’s time may lie before the broker’s; by default any',
  },
  'message.timestamp.type': {
    type: { enum: ['CreateTime', 'LogAppendTime'] },
    default: 'CreateTime',
    doc: 'Whose time a record carries',
  },
  'min.cleanable.dirty.ratio': {
    type: 'number',
    default: 0.5,
    min: 0,
    max: 1,
    doc: 'Share of a log that must be dirty before it is compacted',
  },
  'min.compaction.lag.ms': { type: 'durationMs', default: 0, min: 0, doc: 'Time a record stays uncompacted' },
  'min.insync.replicas': {
    type: 'int',
    default: 1,
    min: 1,
    doc: 'Replicas that must have a record before acks=all is answered',
  },
  preallocate: { type: 'boolean', default: false, doc: 'Reserve a segment’s file at once' },
  'remote.log.copy.disable': { type: 'boolean', default: false, doc: 'Tiered storage: stop uploading' },
  'remote.log.delete.on.disable': {
    type: 'boolean',
    default: false,
    doc: 'Tiered storage: delete what was uploaded when it is switched off',
  },
  'remote.storage.enable': { type: 'boolean', default: false, doc: 'Tiered storage' },
  'retention.bytes': { type: 'sizeBytes', default: -1, min: -1, doc: 'Bytes kept per partition; -1 is no limit' },
  'retention.ms': { type: 'durationMs', default: 604_800_000, min: -1, doc: 'Time records are kept; -1 is no limit' },
  'segment.bytes': { type: 'sizeBytes', default: 1_073_741_824, min: 1_048_576, doc: 'Size of a segment’s file' },
  'segment.index.bytes': { type: 'sizeBytes', default: 10_485_760, min: 4, doc: 'Size of a segment’s index' },
  'segment.jitter.ms': { type: 'durationMs', default: 0, min: 0, doc: 'Random part taken off segment.ms' },
  'segment.ms': { type: 'durationMs', default: 604_800_000, min: 1, doc: 'Age after which a segment is closed' },
  'unclean.leader.election.enable': {
    type: 'boolean',
    default: false,
    doc: 'Let a replica lead that may lack records',
  },
}

/** Names that users of other tools look for, and where this language keeps them. */
export const ELSEWHERE: Readonly<Record<string, string>> = {
  'bootstrap.servers': 'it belongs under cluster:, since the run gives it to every client',
  'group.id': 'the run gives every trial a fresh group; write groups: 3 for three of them',
  'auto.offset.reset': 'write start: earliest or start: latest beside config',
  'enable.auto.commit': 'write commit: auto, manual or none beside config',
  'key.serializer': 'records are bytes here: see keys: and values:',
  'value.serializer': 'records are bytes here: see keys: and values:',
  'key.deserializer': 'records are bytes here: see keys: and values:',
  'value.deserializer': 'records are bytes here: see keys: and values:',
  'partitioner.class': 'write keys: for keyed records; keyless ones are spread evenly',
  'interceptor.classes': 'Java classes cannot be loaded here; remove it',
  'metric.reporters': 'Java classes cannot be loaded here; remove it',
  'config.providers': 'Java classes cannot be loaded here; remove it',
  'zookeeper.connect': 'Kafka 4 has no ZooKeeper; remove it',
  'allow.auto.create.topics': 'the run creates its topics itself; remove it',
}
