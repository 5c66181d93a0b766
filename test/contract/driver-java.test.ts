// What a client writes Java must read, and what Java writes it must read: every codec, keys, headers, and group members as worker processes.
import { beforeEach, describe, expect, it } from 'vitest'
import { loadDriver } from '../../src/drivers/index.ts'
import { Crew } from '../../src/load/crew.ts'
import { COMPRESSION_TYPES } from '../../src/scenario/schema/setting-tables.ts'
import { requireOrSkip } from '../support/require.ts'
import { useBroker } from './broker.ts'
import { batchOf, nowUs, openSockets, readerSpec, send, valueOf } from './driver-support.ts'

const { cluster, freshTopic, withProducer } = useBroker()

describe.each(['kafkajs', 'platformatic'])('Kafka’s own tools and %s', name => {
  beforeEach(context => requireOrSkip('java', context))

  it('writes with all five codecs what Java reads, smaller by what it counted', async () => {
    const count = 200
    for (const codec of COMPRESSION_TYPES) {
      const topic = await freshTopic(1, {}, `codec-${name}-${codec}`)
      await withProducer(name, { topics: [topic], settings: { 'compression.type': codec } }, async producer => {
        const [result] = await send(producer, [batchOf(0, 0, count)])
        expect(result?.outcome).toBe('acked')
        const { compressedBytes, uncompressedBytes } = producer.counters()
        const onDisk = await cluster().logDirBytes?.(topic.name)
        if (codec === 'none') {
          expect([compressedBytes, uncompressedBytes]).toEqual([0, 0])
          expect(onDisk).toBeGreaterThan(count * valueOf(batchOf(0), 0).length)
        } else {
          expect(uncompressedBytes / compressedBytes).toBeGreaterThan(3)
          // The records of a batch are compressed, its header of 61 bytes is not.
          expect(onDisk).toBe(compressedBytes + 61)
        }
      })
    }
    const shown = await cluster().tool?.('org.apache.kafka.tools.consumer.ConsoleConsumer', [
      '--bootstrap-server',
      cluster().bootstrap.join(','),
      '--include',
      `codec-${name}-.*`,
      '--from-beginning',
      '--max-messages',
      String(count * 5),
      '--timeout-ms',
      '20000',
    ])
    const expected = Array.from({ length: count }, (_, seq) => valueOf({ topic: 0, partition: 0, firstSeq: 0 }, seq))
    expect(shown?.stdout.split('\n').filter(Boolean).toSorted()).toEqual(
      expected.flatMap(line => new Array<string>(5).fill(line)).toSorted(),
    )
  }, 90_000)

  it('reads with its own group member what Java writes with each codec', async () => {
    const driver = await loadDriver(name)
    const before = openSockets()
    for (const codec of COMPRESSION_TYPES) {
      const topic = await freshTopic(1, {}, `java-${name}-${codec}`)
      const done = await cluster().tool?.('org.apache.kafka.tools.ProducerPerformance', [
        '--topic',
        topic.name,
        '--num-records',
        '300',
        '--record-size',
        '500',
        '--throughput',
        '-1',
        '--producer-props',
        `bootstrap.servers=${cluster().bootstrap.join(',')}`,
        `compression.type=${codec}`,
        'linger.ms=50',
      ])
      expect(done?.exitCode, done?.stderr).toBe(0)
    }
    const handles = COMPRESSION_TYPES.map((codec, index) => ({ name: `java-${name}-${codec}`, index, partitions: 1 }))
    const offsets = handles.map(() => [] as number[])
    const lengths = new Set<number>()
    let assigned = 0
    const errors: string[] = []
    const consumer = driver.createConsumer?.({
      bootstrap: cluster().bootstrap,
      clientId: 'contract',
      groupId: `contract-readers-${name}`,
      member: 0,
      members: 1,
      start: 'earliest',
      mode: 'tuned',
      settings: {
        'request.timeout.ms': 30_000,
        'session.timeout.ms': 10_000,
        'heartbeat.interval.ms': 1000,
        'max.poll.interval.ms': 60_000,
        'metadata.max.age.ms': 300_000,
        'fetch.min.bytes': 1,
        'fetch.max.bytes': 52_428_800,
        'max.partition.fetch.bytes': 1_048_576,
        'fetch.max.wait.ms': 100,
        'isolation.level': 'read_uncommitted',
        'auto.commit.interval.ms': 5000,
        'max.poll.records': 70,
      },
      topics: handles,
      commit: 'manual',
      handling: 'batch',
      delayMs: 0,
      nowUs,
      onView: () => errors.push('a view of a batch, which kafkajs does not give'),
      onPassed: () => errors.push('passed over'),
      onRecords: (topic, _partition, records, atUs) => {
        expect(records.length).toBeLessThanOrEqual(70)
        expect(Math.abs(atUs - nowUs())).toBeLessThan(1_000_000)
        offsets[topic]?.push(...records.map(record => record.offset))
        for (const record of records) lengths.add(record.value?.length ?? -1)
      },
      onAssigned: partitions => {
        assigned = partitions.length
      },
      onRevoked: () => undefined,
      onCommit: () => undefined,
      onEvent: () => undefined,
      onError: (errorClass, message) => errors.push(`${errorClass}: ${message}`),
    })
    await consumer?.open()
    await expect
      .poll(() => offsets.map(list => list.length), { timeout: 20_000 })
      .toEqual(COMPRESSION_TYPES.map(() => 300))
    expect(assigned).toBe(5)
    expect(consumer?.counters().wireBytes).toBeGreaterThan(300 * 500)
    await consumer?.close()
    for (const list of offsets) expect(list).toEqual(Array.from({ length: 300 }, (_, i) => i))
    expect([...lengths]).toEqual([500])
    expect(errors).toEqual([])
    await expect.poll(openSockets, { timeout: 2000 }).toBeLessThanOrEqual(before)
  }, 90_000)

  it('carries keys and headers as they are', async () => {
    const topic = await freshTopic(1)
    const record = {
      key: () => Buffer.from('the-key'),
      headers: () => ({ h0: Buffer.from('first'), gauntlet: Buffer.from('second') }),
    }
    await withProducer(name, { topics: [topic], record }, async producer => {
      await send(producer, [batchOf(0, 0, 2)])
    })
    const shown = await cluster().tool?.('org.apache.kafka.tools.consumer.ConsoleConsumer', [
      '--bootstrap-server',
      cluster().bootstrap.join(','),
      '--topic',
      topic.name,
      '--from-beginning',
      '--max-messages',
      '2',
      '--timeout-ms',
      '20000',
      '--formatter-property',
      'print.key=true',
      '--formatter-property',
      'print.headers=true',
    ])
    expect(shown?.stdout.split('\n')[0]).toMatch(/^h0:first,gauntlet:second\tthe-key\t0\/0\/0 /)
  }, 60_000)
})

describe('a worker process', () => {
  beforeEach(context => requireOrSkip('java', context))

  it('answers everybody who asks at once how far it has read', async () => {
    const topic = await freshTopic(2)
    const crew = new Crew(
      { onInterval: () => undefined, onEvent: () => undefined },
      { environment: { PATH: process.env['PATH'] } },
    )
    try {
      await crew.open([readerSpec(topic, cluster().bootstrap)])
      await crew.assigned(
        () => 2,
        30_000,
        () => performance.now(),
      )
      crew.start(nowUs())
      await withProducer('kafkajs', { topics: [topic] }, async producer => {
        await send(producer, [batchOf(0, 0, 5), batchOf(1, 0, 7)])
      })
      const expected = new Map([
        [`${topic.name}:0`, 5],
        [`${topic.name}:1`, 7],
      ])
      await expect
        .poll(async () => (await crew.positions()).get('contract-crew'), { timeout: 10_000 })
        .toEqual(expected)
      // The observer and the drain of a trial ask at the same time; none of them may wait for ever.
      const answers = await Promise.all(Array.from({ length: 20 }, () => crew.positions()))
      for (const answer of answers) expect(answer.get('contract-crew')).toEqual(expected)
    } finally {
      await crew.close()
    }
  }, 60_000)
})
