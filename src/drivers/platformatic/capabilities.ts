// What @platformatic/kafka 2 can do, tuned (our accumulator batches, the client encodes, compresses and talks) and as its users get it.
import { CONSUMER_SETTINGS, PRODUCER_SETTINGS } from '../../scenario/schema/settings.ts'
import type { Capabilities } from '../driver.ts'
import { batchProducerSupport, consumerSupport, shippedSupport } from '../support.ts'

const noLevels = { unsupported: 'the client compresses at each codec’s own default level' }

export const capabilities: Capabilities = {
  name: 'platformatic',
  kind: 'batch',
  codecs: ['none', 'gzip', 'snappy', 'lz4', 'zstd'],
  maxInFlightIdempotent: 1,
  checksCrc: false,
  commitsAhead: true,
  producer: batchProducerSupport({
    'compression.gzip.level': noLevels,
    'compression.zstd.level': noLevels,
  }),
  consumer: consumerSupport({
    'max.poll.records': { emulated: 'handlings are cut from the client’s stream of records' },
    'enable.auto.commit': { unsupported: 'use commit: auto, manual or none' },
  }),
  badges: [
    'linger.ms and batch.size by the harness’s accumulator (the client has none)',
    'with enable.idempotence the client itself retries, under the same sequence: after a failed call it forgets its producer id, so a batch that may be stored is not sent again',
  ],
}

const noAccumulator = { unsupported: 'the client sends at once what one call is given: send() does not batch calls' }
const ownPartitioner = { unsupported: 'the client as shipped chooses partitions with its own partitioner' }
const noDeadline = { unsupported: 'the client counts retries, it has no deadline for a record' }

/** The client with its own partitioner, retries and defaults. */
export const asShipped: Capabilities = {
  name: 'platformatic',
  kind: 'record',
  codecs: ['none', 'gzip', 'snappy', 'lz4', 'zstd'],
  maxInFlightIdempotent: 1,
  checksCrc: false,
  commitsAhead: true,
  producer: shippedSupport(
    PRODUCER_SETTINGS,
    '@platformatic/kafka',
    [
      'acks',
      'compression.type',
      'enable.idempotence',
      'max.in.flight.requests.per.connection',
      'request.timeout.ms',
      'retries',
      'retry.backoff.ms',
      'metadata.max.age.ms',
      'client.id',
    ],
    {
      'compression.gzip.level': noLevels,
      'compression.zstd.level': noLevels,
      'linger.ms': noAccumulator,
      'batch.size': noAccumulator,
      'max.request.size': noAccumulator,
      'delivery.timeout.ms': noDeadline,
      'partitioner.ignore.keys': ownPartitioner,
      'buffer.memory': 'harness',
    },
  ),
  consumer: shippedSupport(
    CONSUMER_SETTINGS,
    '@platformatic/kafka',
    [
      'fetch.min.bytes',
      'fetch.max.wait.ms',
      'fetch.max.bytes',
      'max.partition.fetch.bytes',
      'session.timeout.ms',
      'heartbeat.interval.ms',
      'max.poll.interval.ms',
      'isolation.level',
      'auto.commit.interval.ms',
      'metadata.max.age.ms',
      'request.timeout.ms',
      'client.rack',
      'client.id',
      'group.protocol',
      'group.instance.id',
    ],
    {
      'max.poll.records': { unsupported: 'the client as shipped hands over single records' },
      'enable.auto.commit': { unsupported: 'use commit: auto, manual or none' },
    },
  ),
  defaults: {
    producer: {
      acks: '1',
      'compression.type': 'none',
      'enable.idempotence': false,
      'max.in.flight.requests.per.connection': 5,
      'request.timeout.ms': 30_000,
      retries: 3,
      'retry.backoff.ms': 1000,
      'metadata.max.age.ms': 5000,
      'buffer.memory': 33_554_432,
    },
    consumer: {
      'fetch.min.bytes': 1,
      'fetch.max.wait.ms': 5000,
      'fetch.max.bytes': 52_428_800,
      'max.partition.fetch.bytes': 52_428_800,
      'session.timeout.ms': 60_000,
      'heartbeat.interval.ms': 3000,
      'max.poll.interval.ms': 102_000,
      'isolation.level': 'read_committed',
      'metadata.max.age.ms': 5000,
      'request.timeout.ms': 30_000,
      'group.protocol': 'classic',
    },
  },
  badges: [
    '@platformatic/kafka as shipped: one send call carries what fell due at one wake-up; partitions, retries and defaults (acks=1) are its own',
    'the client tells one outcome per send call, so an error leaves all records of the call unknown, unless no request was written at all',
  ],
}
