// What others write the wire reader must read, record for record: every codec, transactions, and across a change of leaders.
import { spawnSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { TopicHandle } from '../../src/drivers/driver.ts'
import { CompressionCodecs, createKafka } from '../../src/drivers/kafkajs/client.ts'
import { CODEC_NUMBERS, countingCodecs } from '../../src/drivers/kafkajs/codecs.ts'
import type { CodecName } from '../../src/protocol/codecs.ts'
import { COMPRESSION_TYPES } from '../../src/scenario/schema/setting-tables.ts'
import {
  canStart,
  type Held,
  leadersMoved,
  startCluster,
  topologyOf,
  useOwnJournals,
  withAdmin,
} from '../cluster/process-support.ts'
import { requireOrSkip } from '../support/require.ts'
import { openSockets } from './driver-support.ts'
import { type ReaderSetup, TestReader } from './wire-reader.ts'

const READ_MS = 30_000
const state = useOwnJournals()
let held: Held | undefined
let topics = 0

beforeAll(async () => {
  if (canStart) held = await startCluster(topologyOf({ brokers: 3 }))
  const codecs = countingCodecs({}, { compressedBytes: 0, uncompressedBytes: 0 })
  for (const name of Object.keys(CODEC_NUMBERS) as CodecName[]) CompressionCodecs[CODEC_NUMBERS[name]] = codecs[name]
})
afterAll(async () => {
  await held?.[Symbol.asyncDispose]()
  rmSync(state, { recursive: true, force: true })
})
beforeEach(context => requireOrSkip('java', context))

const cluster = () => (held as Held).cluster

async function freshTopic(partitions: number, name = `wire-${topics++}`): Promise<TopicHandle> {
  await withAdmin(cluster(), async admin => {
    await admin.createTopics([{ name, partitions, replicationFactor: 3, config: { 'min.insync.replicas': '2' } }])
    await admin.offsets(name)
  })
  return { name, index: 0, partitions }
}

const ends = (topic: string): Promise<number[]> =>
  withAdmin(cluster(), async admin => (await admin.offsets(topic)).latest)

const open = (setup: Omit<ReaderSetup, 'bootstrap'>): Promise<TestReader> =>
  TestReader.open({ bootstrap: cluster().bootstrap, ...setup })

async function withKafkaJs<T>(use: (kafka: ReturnType<typeof createKafka>['kafka']) => Promise<T>): Promise<T> {
  return use(createKafka({ brokers: cluster().bootstrap, clientId: 'contract' }).kafka)
}

type Sent = { key: string; value: string; headers: Record<string, string> }
const messages = (codec: string, from: number, count: number): Sent[] =>
  Array.from({ length: count }, (_, i) => ({
    key: `key-${from + i}`,
    value: `${codec} ${from + i} ${'text '.repeat(i % 50)}`,
    headers: i % 3 === 0 ? {} : { a: `${i}`, ä: 'ö' },
  }))

describe('records of others', () => {
  it('by kafkajs, with all five codecs, keys and headers', async () => {
    const topic = await freshTopic(2)
    const sent = COMPRESSION_TYPES.flatMap((codec, i) => messages(codec, i * 300, 300))
    await withKafkaJs(async kafka => {
      const producer = kafka.producer({ allowAutoTopicCreation: false })
      await producer.connect()
      for (const [compression, codec] of COMPRESSION_TYPES.entries()) {
        const batch = sent.filter(({ value }) => value.startsWith(`${codec} `))
        await producer.send({
          topic: topic.name,
          compression,
          messages: batch.map((message, i) => ({ ...message, partition: i % 2 })),
        })
      }
      await producer.disconnect()
    })
    await using reader = await open({ topics: [topic] })
    await expect.poll(() => reader.seen.length, { timeout: READ_MS }).toBe(sent.length)
    for (const partition of [0, 1]) {
      const own = reader.seen.filter(one => one.partition === partition)
      expect(own.map(({ offset }) => offset)).toEqual(own.map((_, i) => i))
      const expected = sent.filter((_, i) => i % 2 === partition)
      expect(own.map(({ key, value, headers }) => ({ key, value, headers }))).toEqual(expected)
    }
    expect([reader.errors, reader.corrupt]).toEqual([[], 0])
    expect([...reader.positions.values()]).toEqual(await ends(topic.name))
  })

  it('by kcat, with all five codecs', async context => {
    requireOrSkip('kcat', context)
    const topic = await freshTopic(1)
    const lines = COMPRESSION_TYPES.map(codec =>
      Array.from({ length: 200 }, (_, i) => `${codec} ${i} ${'z'.repeat(i)}`),
    )
    for (const [i, codec] of COMPRESSION_TYPES.entries()) {
      const done = spawnSync(
        'kcat',
        ['-P', '-b', cluster().bootstrap.join(','), '-t', topic.name, '-p', '0', '-z', codec, '-H', 'h=v'],
        { input: `${lines[i]?.join('\n')}\n`, encoding: 'utf8', timeout: READ_MS },
      )
      expect(done.status, done.stderr).toBe(0)
    }
    await using reader = await open({ topics: [topic] })
    await expect.poll(() => reader.seen.length, { timeout: READ_MS }).toBe(1000)
    expect(reader.values()).toEqual(lines.flat())
    expect(reader.seen.every(({ key, headers }) => key === null && headers['h'] === 'v')).toBe(true)
    expect(reader.errors).toEqual([])
  })

  it('by Kafka’s own producer, in Java’s frames of snappy and lz4', async () => {
    const topic = await freshTopic(1)
    for (const codec of ['snappy', 'lz4']) {
      const done = await cluster().tool?.('org.apache.kafka.tools.ProducerPerformance', [
        ...['--topic', topic.name, '--num-records', '400', '--record-size', '300', '--throughput', '-1'],
        ...['--producer-props', `bootstrap.servers=${cluster().bootstrap.join(',')}`, `compression.type=${codec}`],
      ])
      expect(done?.exitCode, done?.stderr).toBe(0)
    }
    await using reader = await open({ topics: [topic] })
    await expect.poll(() => reader.seen.length, { timeout: READ_MS }).toBe(800)
    expect(reader.seen.map(({ offset }) => offset)).toEqual(Array.from({ length: 800 }, (_, i) => i))
    expect(new Set(reader.seen.map(({ value }) => value?.length))).toEqual(new Set([300]))
    expect(reader.errors).toEqual([])
  })
})

describe('transactions', () => {
  it('aborted ones are hidden at read_committed alone, and both readers reach the end', async () => {
    const topic = await freshTopic(2)
    await withKafkaJs(async kafka => {
      const producer = kafka.producer({ transactionalId: 'wire', maxInFlightRequests: 1, idempotent: true })
      await producer.connect()
      for (let i = 0; i < 6; i++) {
        const transaction = await producer.transaction()
        for (let part = 0; part < 2; part++) {
          const list = [0, 1].map(partition => ({ partition, value: `${i % 2 ? 'aborted' : 'kept'} ${i}.${part}` }))
          await transaction.send({ topic: topic.name, messages: list })
        }
        if (i % 2) await transaction.abort()
        else await transaction.commit()
      }
      await producer.disconnect()
    })
    /** Six transactions of two records, each with a marker or more; the last ones are written after the client was told. */
    const isAtEnd = async ({ positions }: TestReader): Promise<boolean> =>
      (await ends(topic.name)).every((end, partition) => end >= 18 && positions.get(`0:${partition}`) === end)
    for (const level of ['read_committed', 'read_uncommitted']) {
      await using reader = await open({ topics: [topic], settings: { 'isolation.level': level } })
      await expect.poll(() => isAtEnd(reader), { timeout: READ_MS }).toBe(true)
      const all = Array.from({ length: 12 }, (_, i) => `${(i >> 1) % 2 ? 'aborted' : 'kept'} ${i >> 1}.${i % 2}`)
      const wanted = level === 'read_committed' ? all.filter(value => value.startsWith('kept')) : all
      for (const partition of [0, 1]) expect(reader.values(partition)).toEqual(wanted)
      expect([reader.errors, reader.corrupt]).toEqual([[], 0])
    }
  })
})

/** Sends numbered records one after the other to a partition each, until told to stop; all were acknowledged. */
async function keepSending(topic: TopicHandle, isDone: () => boolean): Promise<string[][]> {
  const sent = Array.from({ length: topic.partitions }, (): string[] => [])
  await withKafkaJs(async kafka => {
    const producer = kafka.producer({
      idempotent: true,
      maxInFlightRequests: 1,
      retry: { retries: 50, initialRetryTime: 50, maxRetryTime: 500 },
    })
    await producer.connect()
    for (let i = 0; !isDone(); i++) {
      const partition = i % topic.partitions
      await producer.send({ topic: topic.name, messages: [{ partition, value: `${i}` }] })
      sent[partition]?.push(`${i}`)
    }
    await producer.disconnect()
  })
  return sent
}

describe('fetching', () => {
  it('opens one session per broker, lists only what moved, and leaves no socket', async () => {
    const before = openSockets()
    const topic = await freshTopic(6)
    const idle = await freshTopic(6)
    const reader = await open({ topics: [topic, idle], settings: { 'fetch.max.wait.ms': 100 } })
    let isDone = false
    const sending = keepSending({ ...topic, partitions: 1 }, () => isDone)
    await expect.poll(() => reader.seen.length, { timeout: READ_MS }).toBeGreaterThan(100)
    isDone = true
    const [sent] = await sending
    await expect.poll(() => reader.values(0), { timeout: READ_MS }).toEqual(sent)
    const { fullFetches, incrementalFetches, listedPartitions, requests, wireBytes } = reader.consumer.counters()
    expect(fullFetches).toBe(3)
    expect(incrementalFetches).toBe(requests - 3)
    // All twelve once, then the one that moves with each answer about it.
    expect(listedPartitions).toBeLessThanOrEqual(12 + reader.handlings.length)
    expect(wireBytes).toBeGreaterThan(0)
    expect(reader.errors).toEqual([])
    await reader.consumer.close()
    await expect.poll(openSockets, { timeout: 5000 }).toBeLessThanOrEqual(before)
  })

  it('splits partitions among members, begins at the end where told, and cuts handlings', async () => {
    const topic = await freshTopic(3)
    const write = (value: string, count: number): Promise<void> =>
      withKafkaJs(async kafka => {
        const producer = kafka.producer()
        await producer.connect()
        const batch = [0, 1, 2].flatMap(partition => Array.from({ length: count }, () => ({ partition, value })))
        await producer.send({ topic: topic.name, messages: batch })
        await producer.disconnect()
      })
    await write('before', 1)
    const part = (member: number, delayMs = 0) =>
      open({
        topics: [topic],
        settings: { 'max.poll.records': 7 },
        options: { member, members: 2, start: 'latest', delayMs },
      })
    await using even = await part(0)
    await using odd = await part(1, 2)
    expect([even.assigned, odd.assigned]).toEqual([['0:0', '0:2'], ['0:1']])
    await write('after', 20)
    await expect.poll(() => even.seen.length, { timeout: READ_MS }).toBe(40)
    await expect.poll(() => odd.seen.length, { timeout: READ_MS }).toBe(20)
    expect(new Set([...even.values(), ...odd.values()])).toEqual(new Set(['after']))
    expect(odd.handlings).toEqual([7, 7, 6])
    expect(odd.seen.map(({ offset }) => offset)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1))
  })

  it('begins anew by the policy where a position is gone', async () => {
    const name = 'wire-again'
    const topic = await freshTopic(1, name)
    await using reader = await open({ topics: [topic] })
    const write = (values: string[]): Promise<void> =>
      withKafkaJs(async kafka => {
        const producer = kafka.producer({ retry: { retries: 30, initialRetryTime: 100, maxRetryTime: 500 } })
        await producer.connect()
        await producer.send({ topic: name, messages: values.map(value => ({ value })) })
        await producer.disconnect()
      })
    await write(['a', 'b', 'c'])
    await expect.poll(() => reader.values(), { timeout: READ_MS }).toEqual(['a', 'b', 'c'])
    await withAdmin(cluster(), admin => admin.deleteTopics([name]))
    await expect
      .poll(() => withAdmin(cluster(), async admin => (await admin.listTopics()).includes(name)), { timeout: READ_MS })
      .toBe(false)
    await freshTopic(1, name)
    await write(['d'])
    await expect.poll(() => reader.values(), { timeout: READ_MS }).toEqual(['a', 'b', 'c', 'd'])
    expect(reader.events.find(({ detail }) => 'to' in detail)?.detail).toMatchObject({ topic: name, from: 3, to: 0 })
    expect(reader.errors.filter(error => error.startsWith('OFFSET_OUT_OF_RANGE'))).toHaveLength(1)
  })

  it('loses and repeats nothing while leaders move and die', async () => {
    const topic = await freshTopic(6)
    const { powers } = cluster()
    await using reader = await open({ topics: [topic], settings: { 'fetch.max.wait.ms': 100 } })
    let isDone = false
    const sending = keepSending(topic, () => isDone)
    await expect.poll(() => reader.seen.length, { timeout: READ_MS }).toBeGreaterThan(50)
    // A planned change: each partition is led by its next replica.
    const [before] = await withAdmin(cluster(), admin => admin.metadata([topic.name]))
    const moves = before?.partitions.map(({ partition, replicas }) => {
      return { partition, replicas: [...replicas.slice(1), ...replicas.slice(0, 1)] }
    })
    await withAdmin(cluster(), async admin => {
      await admin.reassign([{ name: topic.name, partitions: moves ?? [] }])
      await admin.electLeaders('preferred', [{ name: topic.name, partitions: [0, 1, 2, 3, 4, 5] }])
    })
    const then = reader.seen.length
    await expect.poll(() => reader.seen.length, { timeout: READ_MS }).toBeGreaterThan(then + 50)
    expect(reader.events.some(({ detail }) => detail['error'] === 'FENCED_LEADER_EPOCH')).toBe(true)
    // And one that nobody planned.
    await powers?.kill(2)
    await leadersMoved(cluster(), topic.name, 2)
    const later = reader.seen.length
    await expect.poll(() => reader.seen.length, { timeout: READ_MS }).toBeGreaterThan(later + 50)
    isDone = true
    const sent = await sending
    for (const [partition, values] of sent.entries()) {
      await expect
        .poll(() => reader.values(partition).length, { timeout: READ_MS })
        .toBeGreaterThanOrEqual(values.length)
      expect(reader.values(partition)).toEqual(values)
      const offsets = reader.seen.filter(one => one.partition === partition).map(({ offset }) => offset)
      expect(offsets).toEqual(offsets.map((_, i) => i))
    }
    expect(reader.corrupt).toBe(0)
  }, 120_000)
})
