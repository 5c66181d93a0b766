// Requests of load against a real broker: what they write is stored, what they read is true, what is refused says why.
import kafkajs from 'kafkajs'
import { describe, expect, it } from 'vitest'
import { BATCH, BATCH_CODECS, BatchReader } from '../../src/protocol/batch.ts'
import { CODES } from '../../src/protocol/error-codes.ts'
import { throwIfError } from '../../src/protocol/errors.ts'
import { patiently } from '../../src/protocol/patience.ts'
import { RecordReader } from '../../src/protocol/records.ts'
import { apiVersionsV2 } from '../../src/protocol/requests/api-versions.ts'
import { fetchV11 } from '../../src/protocol/requests/fetch.ts'
import { initProducerIdV1 } from '../../src/protocol/requests/init-producer-id.ts'
import { produceV7, produceV8 } from '../../src/protocol/requests/produce.ts'
import { AbortedTransactions } from '../../src/protocol/transactions.ts'
import { unsupported } from '../../src/protocol/versions.ts'
import { batchOf, bulk, fetchRequest, Kit } from './protocol-kit.ts'

const kit = Kit.forThisFile()

it('the broker speaks every version of ours', async () => {
  const { errorCode, apis } = await kit.connection.request(apiVersionsV2, {})
  expect(errorCode).toBe(0)
  expect(unsupported(apis)).toEqual([])
  expect(unsupported(apis, [{ name: 'Metadata', key: 3, version: 99 }])).toEqual([
    'Metadata v99 (the broker speaks v0 to v13)',
  ])
})

describe('produce and fetch', () => {
  it.each(BATCH_CODECS)('give back what was written, in %s', async codec => {
    const name = await kit.newTopic()
    const batch = batchOf(codec)
    const first = await kit.produce(name, 0, batch, produceV7)
    expect(first).toMatchObject({ partition: 0, errorCode: 0, baseOffset: 0, logAppendTimeMs: -1, logStartOffset: 0 })
    expect(await kit.produce(name, 0, batch, produceV8)).toMatchObject({
      errorCode: 0,
      baseOffset: 4,
      errorMessage: null,
    })
    const { errorCode, highWatermark, lastStableOffset, records } = await kit.fetch(name, 0)
    expect({ errorCode, highWatermark, lastStableOffset }).toEqual({
      errorCode: 0,
      highWatermark: 8,
      lastStableOffset: 8,
    })
    const reader = new BatchReader().over(records)
    for (const baseOffset of [0, 4]) {
      expect(reader.next() && reader.crcMatches()).toBe(true)
      expect(reader).toMatchObject({ baseOffset, count: 4, codec, producerId: -1, leaderEpoch: 0 })
      expect(records.subarray(reader.recordsAt, reader.end).equals(batch.subarray(BATCH.records))).toBe(true)
    }
    expect(reader.next()).toBe(false)
  })

  it('work for several topics and partitions in one request', async () => {
    const names = [await kit.newTopic(3), await kit.newTopic(3)]
    const partitions = [0, 1, 2].map(partition => ({ partition, records: batchOf('none') }))
    const request = { transactionalId: null, acks: 1, timeoutMs: 10_000 } as const
    const answer = await kit.connection.request(produceV8, {
      ...request,
      topics: names.map(name => ({ name, partitions })),
    })
    const rows = answer.topics.flatMap(topic =>
      topic.partitions.map(row => `${topic.name}-${row.partition}: ${row.errorCode}`),
    )
    expect(rows.sort()).toEqual(names.flatMap(name => [0, 1, 2].map(partition => `${name}-${partition}: 0`)))
    for (const name of names) expect((await kit.admin.offsets(name)).latest).toEqual([4, 4, 4])
  })

  it('at acks=0 are done without an answer', async () => {
    const name = await kit.newTopic()
    const partitions = [{ partition: 0, records: batchOf('none') }]
    await kit.connection.request(produceV7, {
      transactionalId: null,
      acks: 0,
      timeoutMs: 1000,
      topics: [{ name, partitions }],
    })
    const { highWatermark } = await kit.fetch(name, 0, { maxWaitMs: 5000 })
    expect(highWatermark).toBe(4)
  })

  it('carry many megabytes in one answer', async () => {
    const name = await kit.newTopic()
    const batches = 40
    const large = bulk(4000, 100)
    for (let i = 0; i < batches; i++)
      expect(await kit.produce(name, 0, large)).toMatchObject({ errorCode: 0, baseOffset: i * 4000 })
    const { records } = await kit.fetch(name, 0)
    const reader = new BatchReader().over(records)
    let count = 0
    while (reader.next()) count += reader.crcMatches() ? reader.count : 0
    expect(records.length).toBeGreaterThan(10_000_000)
    expect(count).toBe(batches * 4000)
  })

  it('cut the last batch off, which is no error', async () => {
    const name = await kit.newTopic()
    for (let i = 0; i < 3; i++) await kit.produce(name, 0, batchOf('none'))
    const whole = batchOf('none').length
    const partitions = [{ partition: 0, leaderEpoch: -1, fetchOffset: 0, maxBytes: whole + 100 }]
    const answer = await kit.connection.request(fetchV11, fetchRequest(name, [], { topics: [{ name, partitions }] }))
    const reader = new BatchReader().over(answer.topics[0]?.partitions[0]?.records as Buffer)
    expect([reader.next(), reader.next(), reader.restBytes]).toEqual([true, false, 100])
  })
})

describe('refusals', () => {
  it('of a partition that is not there', async () => {
    expect(await kit.produce('nowhere', 0, batchOf('none'))).toMatchObject({
      errorCode: CODES.UNKNOWN_TOPIC_OR_PARTITION,
    })
    expect(await kit.fetch('nowhere', 0)).toMatchObject({ errorCode: CODES.UNKNOWN_TOPIC_OR_PARTITION })
  })

  it('of a batch that is too large', async () => {
    const name = await kit.newTopic(1, { 'max.message.bytes': '100' })
    expect(await kit.produce(name, 0, batchOf('none'))).toMatchObject({
      errorCode: CODES.MESSAGE_TOO_LARGE,
      baseOffset: -1,
    })
  })

  it('of records without a key, each by its place', async () => {
    const name = await kit.newTopic(1, { 'cleanup.policy': 'compact' })
    const { errorCode, errorMessage, refusals } = await kit.produce(name, 0, batchOf('none'))
    expect(errorCode).toBe(CODES.INVALID_RECORD)
    expect(errorMessage).toMatch(/cannot accept message without key/)
    expect(refusals.map(refusal => refusal.batchIndex)).toEqual([1])
  })

  it('of a broken CRC', async () => {
    const name = await kit.newTopic()
    const broken = batchOf('none')
    broken.writeUInt8(broken.readUInt8(broken.length - 1) ^ 1, broken.length - 1)
    expect(await kit.produce(name, 0, broken)).toMatchObject({ errorCode: CODES.CORRUPT_MESSAGE })
  })

  it('of an offset beyond the end', async () => {
    expect(await kit.fetch(await kit.newTopic(), 7)).toMatchObject({ errorCode: CODES.OFFSET_OUT_OF_RANGE })
  })
})

describe('idempotence', () => {
  it('stores a batch once, and notices a gap', async () => {
    const name = await kit.newTopic()
    // A broker that has just started has no ids to give yet, and says so.
    const producer = await patiently(
      { what: 'producer id', deadlineMs: 10_000, retries: 0, isRead: true },
      async () => {
        const answer = await kit.connection.request(initProducerIdV1, {
          transactionalId: null,
          transactionTimeoutMs: 10_000,
        })
        throwIfError(answer.errorCode, 'producer id')
        return answer
      },
    )
    expect(producer.producerEpoch).toBe(0)
    const stamp = { producerId: producer.producerId, epoch: producer.producerEpoch }
    expect(await kit.produce(name, 0, batchOf('none', { ...stamp, sequence: 0 }))).toMatchObject({
      errorCode: 0,
      baseOffset: 0,
    })
    expect(await kit.produce(name, 0, batchOf('none', { ...stamp, sequence: 0 }))).toMatchObject({
      errorCode: 0,
      baseOffset: 0,
    })
    expect(await kit.produce(name, 0, batchOf('none', { ...stamp, sequence: 8 }))).toMatchObject({
      errorCode: CODES.OUT_OF_ORDER_SEQUENCE_NUMBER,
    })
    expect(await kit.produce(name, 0, batchOf('none', { ...stamp, sequence: 4 }))).toMatchObject({
      errorCode: 0,
      baseOffset: 4,
    })
    expect((await kit.admin.offsets(name)).latest).toEqual([8])
    const reader = new BatchReader().over((await kit.fetch(name, 0)).records)
    expect(reader.next()).toBe(true)
    expect(reader).toMatchObject({ producerId: producer.producerId, producerEpoch: 0, baseSequence: 0 })
  })
})

describe('fetch sessions', () => {
  it('name only what changed, and drop what is forgotten', async () => {
    const name = await kit.newTopic(3)
    for (const partition of [0, 1, 2]) await kit.produce(name, partition, batchOf('none'))
    const first = await kit.connection.request(fetchV11, fetchRequest(name, [0, 0, 0], { sessionEpoch: 0 }))
    expect(first.sessionId).toBeGreaterThan(0)
    expect(first.topics[0]?.partitions).toHaveLength(3)
    const { sessionId } = first
    const positions = fetchRequest(name, [4, 4, 4], { sessionId, sessionEpoch: 1, maxWaitMs: 50 })
    expect((await kit.connection.request(fetchV11, positions)).topics).toEqual([])
    await kit.produce(name, 1, batchOf('none'))
    await kit.produce(name, 2, batchOf('none'))
    const forgotten = [{ name, partitions: [2] }]
    const next = fetchRequest(name, [], { sessionId, sessionEpoch: 2, topics: [], forgotten })
    const changed = await kit.connection.request(fetchV11, next)
    expect(changed.topics.flatMap(topic => topic.partitions.map(row => row.partition))).toEqual([1])
    const stale = await kit.connection.request(fetchV11, { ...next, sessionEpoch: 7, forgotten: [] })
    expect(stale.errorCode).toBe(CODES.INVALID_FETCH_SESSION_EPOCH)
    const unknown = await kit.connection.request(fetchV11, { ...next, sessionId: 1, forgotten: [] })
    expect(unknown.errorCode).toBe(CODES.FETCH_SESSION_ID_NOT_FOUND)
  })
})

describe('transactions', () => {
  it('that were aborted are hidden from readers of committed records, and only they', async () => {
    const name = await kit.newTopic()
    const kafka = new kafkajs.Kafka({ brokers: [kit.broker.address('PLAIN')], logLevel: kafkajs.logLevel.NOTHING })
    const producer = kafka.producer({ transactionalId: 'protocol', maxInFlightRequests: 1, idempotent: true })
    await producer.connect()
    for (const [value, end] of [
      ['one', 'commit'],
      ['two', 'abort'],
      ['three', 'commit'],
    ] as const) {
      const transaction = await producer.transaction()
      await transaction.send({ topic: name, messages: [{ value, partition: 0 }] })
      await transaction[end]()
    }
    await producer.disconnect()
    // The end of a transaction is written after it was promised.
    await expect.poll(async () => (await kit.fetch(name, 0)).lastStableOffset).toBe(6)
    const { aborted, records } = await kit.fetch(name, 0, { readCommitted: true })
    expect(aborted).toHaveLength(1)
    const filter = new AbortedTransactions(aborted)
    const batch = new BatchReader().over(records)
    const reader = new RecordReader()
    const seen: (string | undefined)[] = []
    while (batch.next()) {
      if (filter.hides(batch)) continue
      reader.over(batch.bytes, batch.recordsAt, batch.end, batch.count)
      while (reader.next()) seen.push(reader.value()?.toString())
    }
    expect(seen).toEqual(['one', 'three'])
  })
})
