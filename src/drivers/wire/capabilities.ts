// What our own protocol driver can do: it shows what the cluster can take, where client drivers show what their client can give.
import type { Capabilities } from '../driver.ts'
import { batchProducerSupport } from '../support.ts'

export const capabilities: Capabilities = {
  name: 'wire',
  kind: 'batch',
  codecs: ['none', 'gzip', 'snappy', 'lz4', 'zstd'],
  checksCrc: true,
  producer: batchProducerSupport({}),
  consumer: {},
  badges: ['wire driver: Kafka’s protocol spoken by the harness itself, batches patched into templates'],
}
