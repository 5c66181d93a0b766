// What @platformatic/kafka 2 can do in tuned mode: our accumulator batches, the client encodes, compresses and talks.
import type { Capabilities } from '../driver.ts'
import { batchProducerSupport, consumerSupport } from '../support.ts'

const noLevels = { unsupported: 'the client compresses at each codec’s own default level' }

export const capabilities: Capabilities = {
  name: 'platformatic',
  kind: 'batch',
  codecs: ['none', 'gzip', 'snappy', 'lz4', 'zstd'],
  maxInFlightIdempotent: 1,
  checksCrc: false,
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
