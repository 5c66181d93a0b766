// The wire producer against a real broker: what it writes others read, and trouble costs neither records nor order.
import { execFile } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { beforeEach, describe, expect, it } from 'vitest'
import type { BatchProducer, PendingBatch, TopicHandle } from '../../src/drivers/driver.ts'
import { makeRecordFactory } from '../../src/record/factory.ts'
import { COMPRESSION_TYPES } from '../../src/scenario/schema/setting-tables.ts'
import { requireOrSkip } from '../support/require.ts'
import { useBroker } from './broker.ts'
import { batchOf, type ProducerSetup, send, sendUntilAcked, valueOf } from './driver-support.ts'

const { cluster, freshTopic, endOffsets, withProducer } = useBroker()
const RENEWAL_MS = 10_000
const exec = promisify(execFile)

const withWire = (
  setup: Partial<ProducerSetup> & { topics: TopicHandle[] },
  use: (producer: BatchProducer) => Promise<void>,
): Promise<void> => withProducer('wire', { bootstrap: cluster().bootstrap, ...setup }, use)

/** Every record of a topic as kcat prints it. */
async function kcat(topic: string, format: string): Promise<string[]> {
  const place = ['-b', cluster().bootstrap.join(','), '-t', topic, '-o', 'beginning']
  const { stdout } = await exec('kcat', ['-C', '-e', '-q', ...place, '-f', `${format}\n`], { timeout: 30_000 })
  return stdout.split('\n').filter(Boolean)
}

beforeEach(context => {
  requireOrSkip('java', context)
  requireOrSkip('kcat', context)
})

describe('other clients read', () => {
  const record = {
    key: (batch: PendingBatch, at: number) => Buffer.from(`key-${batch.firstSeq + at}`),
    headers: () => ({ h0: Buffer.from('first'), gauntlet: Buffer.from('second') }),
  }
  const COUNT = 100

  it('keys, headers and values of all five codecs, in order', async () => {
    for (const codec of COMPRESSION_TYPES) {
      const topic = await freshTopic(1, {}, `wire-${codec}`)
      await withWire({ topics: [topic], settings: { 'compression.type': codec }, record }, async producer => {
        expect(await send(producer, [batchOf(0, 0, COUNT)])).toMatchObject([{ outcome: 'acked', baseOffset: 0 }])
      })
      expect(await kcat(topic.name, '%k|%h|%s')).toEqual(
        Array.from(
          { length: COUNT },
          (_, seq) => `key-${seq}|h0=first,gauntlet=second|${valueOf({ topic: 0, partition: 0, firstSeq: 0 }, seq)}`,
        ),
      )
    }
    const shown = await cluster().tool?.('org.apache.kafka.tools.consumer.ConsoleConsumer', [
      ...['--bootstrap-server', cluster().bootstrap.join(','), '--include', 'wire-.*', '--from-beginning'],
      ...['--max-messages', String(COUNT * COMPRESSION_TYPES.length), '--timeout-ms', '20000'],
      ...['--formatter-property', 'print.key=true', '--formatter-property', 'print.headers=true'],
    ])
    const lines = Array.from(
      { length: COUNT },
      (_, seq) => `h0:first,gauntlet:second\tkey-${seq}\t${valueOf({ topic: 0, partition: 0, firstSeq: 0 }, seq)}`,
    )
    expect(shown?.stdout.split('\n').filter(Boolean).toSorted()).toEqual(
      lines.flatMap(line => COMPRESSION_TYPES.map(() => line)).toSorted(),
    )
  }, 90_000)

  it('batches that were patched into a template, whatever their number of records', async () => {
    const topic = await freshTopic(2)
    const { factory } = makeRecordFactory({
      ...{ seed: 1, producer: 0, runTag: 1, topicNumbers: [0], values: { size: 90, compressible: 0.5 }, keys: 'none' },
      ...{ headers: { count: 1, size: 4 }, envelope: 'value', verify: 'records', batchSizeBytes: 16_384 },
    })
    await withWire({ topics: [topic], record: factory }, async producer => {
      for (const [firstSeq, count] of [
        [0, 140],
        [140, 1],
        [141, 65],
      ] as const) {
        const results = await send(producer, [batchOf(0, firstSeq, count), batchOf(1, firstSeq, count)])
        const acked = { outcome: 'acked', baseOffset: firstSeq }
        expect(results).toMatchObject([acked, acked])
      }
    })
    expect(await endOffsets(topic.name)).toEqual([206, 206])
    const shown = await kcat(topic.name, '%p %S')
    expect(shown.toSorted()).toEqual([...Array(206).fill('0 90'), ...Array(206).fill('1 90')])
  }, 60_000)

  it('batches compressed beforehand, byte for byte as those compressed when they were sent', async () => {
    const { factory } = makeRecordFactory({
      ...{ seed: 1, producer: 0, runTag: 1, topicNumbers: [0], values: { size: 300, compressible: 0.7 }, keys: 'none' },
      ...{ headers: { count: 1, size: 4 }, envelope: 'value', verify: 'records', batchSizeBytes: 16_384 },
    })
    // The last needs several blocks of either codec.
    const batches = [batchOf(0, 0, 40), batchOf(0, 40, 1), batchOf(0, 41, 40), batchOf(0, 81, 500)]
    const COUNT = 581
    const values: Buffer[] = []
    for (const [name, codec, compression] of [
      ['pool-none', 'none', 'each'],
      ['pool-lz4', 'lz4', 'pool'],
      ['pool-zstd', 'zstd', 'pool'],
    ] as const) {
      const topic = await freshTopic(1, {}, name)
      const setup = { topics: [topic], settings: { 'compression.type': codec }, record: factory, compression }
      await withWire(setup, async producer => {
        for (const batch of batches) expect(await send(producer, [batch])).toMatchObject([{ outcome: 'acked' }])
        const { uncompressedBytes, compressedBytes } = producer.counters()
        if (codec !== 'none') expect(uncompressedBytes / compressedBytes).toBeGreaterThan(1.5)
      })
      const place = ['-b', cluster().bootstrap.join(','), '-t', name, '-o', 'beginning', '-f', '%s']
      const read = await exec('kcat', ['-C', '-e', '-q', ...place], { timeout: 30_000, encoding: 'buffer' })
      values.push(read.stdout)
    }
    expect(values.map(bytes => bytes.length)).toEqual(Array(3).fill(COUNT * 300))
    expect(values[1]?.equals(values[0] as Buffer)).toBe(true)
    expect(values[2]?.equals(values[0] as Buffer)).toBe(true)
    const shown = await cluster().tool?.('org.apache.kafka.tools.consumer.ConsoleConsumer', [
      ...['--bootstrap-server', cluster().bootstrap.join(','), '--include', 'pool-.*', '--from-beginning'],
      ...['--max-messages', String(3 * COUNT), '--timeout-ms', '20000'],
    ])
    // A value may hold line ends; every piece must then come from each of the three.
    const pieces = Map.groupBy(shown?.stdout.split('\n') ?? [], piece => piece)
    expect([...pieces.values()].flat().length).toBeGreaterThanOrEqual(3 * COUNT)
    expect([...pieces].filter(([piece, { length }]) => piece !== '' && length % 3 !== 0)).toEqual([])
  }, 60_000)
})

it('acks=0: bytes that have left are sent, not acknowledged', async () => {
  const topic = await freshTopic(1)
  await withWire({ topics: [topic], settings: { acks: '0' } }, async producer => {
    expect(await send(producer, [batchOf(0, 0, 7)])).toMatchObject([{ outcome: 'sentNoAck' }])
    await expect.poll(() => endOffsets(topic.name), { timeout: 10_000 }).toEqual([7])
  })
})

it('one partition’s refusal says nothing about the others of its request', async () => {
  const strict = await freshTopic(1, { 'max.message.bytes': '2000' })
  const plain = { ...(await freshTopic(1)), index: 1 }
  await withWire({ topics: [strict, plain] }, async producer => {
    expect(await send(producer, [batchOf(0, 0, 100, 0), batchOf(0, 0, 4, 1)])).toMatchObject([
      { outcome: 'error', errorClass: 'MESSAGE_TOO_LARGE', retriable: false, maybeWritten: false },
      { outcome: 'acked', baseOffset: 0 },
    ])
    expect(producer.counters().requests).toBe(1)
  })
})

describe('five requests cut off in flight', () => {
  const five = (): PendingBatch[] => [0, 1, 2, 3, 4].map(i => batchOf(0, 10 + i * 10, 10))

  /** The broker stands still until the producer has given up on five answers, and then finds the requests it has missed. */
  async function sendTwice(producer: BatchProducer, topic: TopicHandle): Promise<void> {
    await send(producer, [batchOf(0, 0, 10)])
    const { powers } = cluster()
    const batches = five()
    await powers?.freeze(1)
    try {
      const answers = await Promise.all(batches.map(batch => send(producer, [batch])))
      const lost = { outcome: 'error', retriable: true, maybeWritten: true }
      expect(answers.flat()).toMatchObject(batches.map(() => lost))
    } finally {
      await powers?.thaw(1)
    }
    // How many of the five are carried out is the broker's affair; at least the first is.
    await expect.poll(async () => (await endOffsets(topic.name))[0], { timeout: 20_000 }).toBeGreaterThan(10)
    for (const batch of batches) await sendUntilAcked(producer, batch, 20_000)
  }

  it('are stored once with idempotence, in order', async () => {
    const topic = await freshTopic(1)
    const settings = { 'enable.idempotence': true, 'request.timeout.ms': 1000 }
    await withWire({ topics: [topic], settings }, producer => sendTwice(producer, topic))
    const expected = Array.from({ length: 60 }, (_, seq) => valueOf({ topic: 0, partition: 0, firstSeq: 0 }, seq))
    expect(await kcat(topic.name, '%s')).toEqual(expected)
  }, 60_000)

  it('are stored twice without it, as far as the broker had them', async () => {
    const topic = await freshTopic(1)
    await withWire({ topics: [topic], settings: { 'request.timeout.ms': 1000 } }, producer =>
      sendTwice(producer, topic),
    )
    expect((await endOffsets(topic.name))[0]).toBeGreaterThan(60)
  }, 60_000)
})

it('a batch given up under idempotence does not stop its partition: the next ones go under a new producer id', async () => {
  const topic = await freshTopic(1, { 'max.message.bytes': '2000' })
  await withWire({ topics: [topic], settings: { 'enable.idempotence': true } }, async producer => {
    await send(producer, [batchOf(0, 0, 5)])
    const [large, next] = [batchOf(0, 5, 100), batchOf(0, 105, 5)]
    const both = await Promise.all([send(producer, [large]), send(producer, [next])])
    expect(both.flat()).toMatchObject([
      { errorClass: 'MESSAGE_TOO_LARGE', retriable: false, maybeWritten: false },
      { errorClass: 'OUT_OF_ORDER_SEQUENCE_NUMBER', retriable: true, maybeWritten: false },
    ])
    producer.abandon?.(large)
    expect(producer.leaderOf(0, 0)).toBe(-1)
    const attempts = await sendUntilAcked(producer, next, RENEWAL_MS)
    expect(attempts).toMatchObject([{ outcome: 'acked', baseOffset: 5 }])
    expect(await send(producer, [batchOf(0, 110, 3)])).toMatchObject([{ outcome: 'acked', baseOffset: 10 }])
  })
}, 60_000)

it('a killed broker acknowledges nothing: open requests are unknown, later ones unwritten, and all may be tried again', async () => {
  const topic = await freshTopic(1)
  const { powers } = cluster()
  await withWire({ topics: [topic], settings: { 'enable.idempotence': true } }, async producer => {
    await send(producer, [batchOf(0, 0, 3)])
    await powers?.freeze(1)
    const last = batchOf(0, 3)
    const open = send(producer, [last])
    await sleep(200)
    await powers?.kill(1)
    expect(await open).toMatchObject([{ outcome: 'error', retriable: true, maybeWritten: true }])
    expect(await send(producer, [batchOf(0, 4)])).toMatchObject([
      { outcome: 'error', retriable: true, maybeWritten: false },
    ])
    await powers?.start(1)
    expect((await sendUntilAcked(producer, last, 60_000)).at(-1)).toMatchObject({ outcome: 'acked', baseOffset: 3 })
  })
  expect(await endOffsets(topic.name)).toEqual([4])
}, 120_000)
