// What kafkajs 2.2.4 can do, tuned (our accumulator batches, the client encodes, compresses and talks) and as its users get it.
import { CONSUMER_SETTINGS, PRODUCER_SETTINGS } from '../../scenario/schema/settings.ts'
import type { Capabilities } from '../driver.ts'
import { batchProducerSupport, consumerSupport, shippedSupport } from '../support.ts'

export const capabilities: Capabilities = {
  name: 'kafkajs',
  kind: 'batch',
  codecs: ['none', 'gzip', 'snappy', 'lz4', 'zstd'],
  maxInFlightIdempotent: 1,
  maxRecordsPerBatch: 999,
  checksCrc: false,
  transforms: true,
  producer: batchProducerSupport({}),
  consumer: consumerSupport({
    'max.poll.records': { emulated: 'handlings are cut from the batches kafkajs delivers' },
    'enable.auto.commit': { unsupported: 'use commit: auto, manual or none' },
    'group.protocol': { unsupported: 'kafkajs knows only the classic protocol' },
    'group.instance.id': { unsupported: 'kafkajs has no static membership' },
  }),
  badges: ['linger.ms and batch.size by the harness’s accumulator (kafkajs has none)'],
}

const noAccumulator = { unsupported: 'kafkajs sends at once what one call is given: it does not batch calls' }
const ownPartitioner = { unsupported: 'kafkajs as shipped chooses partitions with its own partitioner' }
const noDeadline = { unsupported: 'kafkajs counts retries, it has no deadline for a record' }

/** kafkajs with its own partitioner, retries, sockets and defaults. */
export const asShipped: Capabilities = {
  name: 'kafkajs',
  kind: 'record',
  codecs: ['none', 'gzip'],
  maxInFlightIdempotent: 1,
  checksCrc: false,
  producer: shippedSupport(
    PRODUCER_SETTINGS,
    'kafkajs',
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
    'kafkajs',
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
    ],
    {
      'max.poll.records': { unsupported: 'kafkajs as shipped hands over single records or whole batches' },
      'enable.auto.commit': { unsupported: 'use commit: auto, manual or none' },
      'group.protocol': { unsupported: 'kafkajs knows only the classic protocol' },
      'group.instance.id': { unsupported: 'kafkajs has no static membership' },
    },
  ),
  defaults: {
    producer: {
      acks: 'all',
      'compression.type': 'none',
      'enable.idempotence': false,
      'request.timeout.ms': 30_000,
      retries: 5,
      'retry.backoff.ms': 300,
      'metadata.max.age.ms': 300_000,
      'buffer.memory': 33_554_432,
    },
    consumer: {
      'fetch.min.bytes': 1,
      'fetch.max.wait.ms': 5000,
      'fetch.max.bytes': 10_485_760,
      'max.partition.fetch.bytes': 1_048_576,
      'session.timeout.ms': 30_000,
      'heartbeat.interval.ms': 3000,
      'max.poll.interval.ms': 60_000,
      'isolation.level': 'read_committed',
      'metadata.max.age.ms': 300_000,
      'request.timeout.ms': 30_000,
      'group.protocol': 'classic',
    },
  },
  badges: [
    'kafkajs as shipped: one send call carries what fell due at one wake-up; partitions, retries and sockets (Nagle’s algorithm on) are its own',
    'kafkajs tells one outcome per send call, so an error leaves all records of the call unknown',
  ],
}
