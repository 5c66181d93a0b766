// What Kafka's own Java client can do: it honours every setting itself, because the settings are its own.
import { CONSUMER_SETTINGS, PRODUCER_SETTINGS } from '../../scenario/schema/settings.ts'
import type { Capabilities, Support } from '../driver.ts'

const all = (table: object): Record<string, Support> =>
  Object.fromEntries(Object.keys(table).map(name => [name, 'client']))

export const capabilities: Capabilities = {
  name: 'java',
  kind: 'record',
  codecs: ['none', 'gzip', 'snappy', 'lz4', 'zstd'],
  checksCrc: true,
  producer: all(PRODUCER_SETTINGS),
  consumer: all(CONSUMER_SETTINGS),
  badges: ['batches, partitions of mode as-shipped, and retries by Kafka’s Java client in a JVM of its own'],
}
