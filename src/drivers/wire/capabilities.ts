// What our own protocol driver can do: it shows what the cluster can take, where client drivers show what their client can give.
import { PATCHABLE_CODECS } from '../../protocol/patchable/compress.ts'
import type { Capabilities } from '../driver.ts'
import { batchProducerSupport, consumerSupport } from '../support.ts'

const noGroup = { unsupported: 'wire assigns partitions itself, there is no consumer group' }

export const capabilities: Capabilities = {
  name: 'wire',
  kind: 'batch',
  codecs: ['none', 'gzip', 'snappy', 'lz4', 'zstd'],
  pooledCodecs: PATCHABLE_CODECS,
  checksCrc: true,
  producer: batchProducerSupport({}),
  consumer: consumerSupport({
    'max.poll.records': { emulated: 'handlings are cut from single batches' },
    'session.timeout.ms': noGroup,
    'heartbeat.interval.ms': noGroup,
    'max.poll.interval.ms': noGroup,
    'auto.commit.interval.ms': noGroup,
    'group.protocol': noGroup,
    'group.instance.id': noGroup,
  }),
  assignsPartitions: true,
  tellsSource: true,
  // The little garbage there is of it is not worth waking four threads, which would take the brokers' cores.
  runtimeOptions: ['--single-threaded-gc', '--min-semi-space-size=16'],
  // Pools and templates lie in large pages where the kernel gives them on demand: woken with cold caches, few look-ups count.
  environment: { GLIBC_TUNABLES: 'glibc.malloc.hugetlb=1' },
  // What is called a few hundred times a second shall be compiled in the warm-up, and not while it is measured.
  v8Flags: ['--invocation-count-for-maglev=100', '--invocation-count-for-turbofan=500'],
  badges: ['wire driver: Kafka’s protocol spoken by the harness itself, batches patched into templates'],
}
