// What kafkajs 2.2.4 can do in tuned mode: our accumulator batches, the client encodes, compresses and talks.
import type { Capabilities } from '../driver.ts'
import { batchProducerSupport, consumerSupport } from '../support.ts'

export const capabilities: Capabilities = {
  name: 'kafkajs',
  kind: 'batch',
  codecs: ['none', 'gzip', 'snappy', 'lz4', 'zstd'],
  maxInFlightIdempotent: 1,
  maxRecordsPerBatch: 999,
  checksCrc: false,
  producer: batchProducerSupport({}),
  consumer: consumerSupport({
    'max.poll.records': { emulated: 'handlings are cut from the batches kafkajs delivers' },
    'enable.auto.commit': { unsupported: 'use commit: auto, manual or none' },
    'group.protocol': { unsupported: 'kafkajs knows only the classic protocol' },
    'group.instance.id': { unsupported: 'kafkajs has no static membership' },
  }),
  badges: ['linger.ms and batch.size by the harness’s accumulator (kafkajs has none)'],
}
