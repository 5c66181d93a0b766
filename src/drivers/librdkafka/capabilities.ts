// What librdkafka can do through node-rdkafka: its own settings under Kafka's names, and what has no counterpart is refused.
import { CONSUMER_SETTINGS, PRODUCER_SETTINGS } from '../../scenario/schema/settings.ts'
import type { Capabilities, Support } from '../driver.ts'

const NO_SUCH: Support = { unsupported: 'librdkafka has no such setting' }

const table = (settings: object, overrides: Record<string, Support>): Record<string, Support> =>
  Object.fromEntries(Object.keys(settings).map(name => [name, overrides[name] ?? 'client']))

export const capabilities: Capabilities = {
  name: 'librdkafka',
  kind: 'record',
  codecs: ['none', 'gzip', 'snappy', 'lz4', 'zstd'],
  checksCrc: false,
  commitsAhead: true,
  producer: table(PRODUCER_SETTINGS, {
    'partitioner.ignore.keys': NO_SUCH,
    'max.request.size': { emulated: 'message.max.bytes, which bounds a message and a request alike' },
    'buffer.memory': { emulated: 'queue.buffering.max.kbytes, which counts messages and not batches' },
    'request.timeout.ms': { emulated: 'socket.timeout.ms, and request.timeout.ms, which is the broker’s own' },
  }),
  consumer: table(CONSUMER_SETTINGS, {
    'group.protocol': { unsupported: 'the librdkafka of Debian 12 knows only the classic protocol' },
    'max.poll.records': { emulated: 'handlings are cut from what librdkafka delivers' },
    'request.timeout.ms': { emulated: 'socket.timeout.ms' },
  }),
  badges: ['batches, partitions of mode as-shipped, and retries by librdkafka, in threads of its own'],
}
