// What is patched into a template must be, byte for byte, what encoding record by record gives, and what two other readers see.
import { createRequire } from 'node:module'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Times } from '../../../../src/core/times.ts'
import type { PendingBatch, RecordFactory } from '../../../../src/drivers/driver.ts'
import { BatchEncoder, type Encoded, type EncoderOptions } from '../../../../src/drivers/wire/encoder.ts'
import { BATCH, BATCH_CODECS, BatchReader } from '../../../../src/protocol/batch.ts'
import { type CodecName, decompressWith } from '../../../../src/protocol/codecs.ts'
import { RecordReader } from '../../../../src/protocol/records.ts'
import { readEnvelope } from '../../../../src/record/envelope.ts'
import { type FactorySpec, makeRecordFactory } from '../../../../src/record/factory.ts'

const T_US = 1_790_000_000_123_456
const BATCH_SIZE_BYTES = 16_384
const STAMP = { producerId: Number.MAX_SAFE_INTEGER, epoch: 3, sequence: 2 ** 31 - 5 }

const SPEC: FactorySpec = {
  seed: 5,
  producer: 2,
  runTag: 0xfedcba98,
  topicNumbers: [3, 1],
  values: { size: 100, compressible: 0.5 },
  keys: 'none',
  headers: { count: 0, size: 0 },
  envelope: 'value',
  verify: 'records',
  batchSizeBytes: BATCH_SIZE_BYTES,
}

type Run = [gapUs: number, count: number, slipUs: number]

function batchOf(firstSeq: number, partition: number, runs: readonly Run[], topic = 0): PendingBatch {
  const [intended, offered] = [new Times(), new Times()]
  let us = T_US
  for (const [gapUs, count, slipUs] of runs) {
    us += gapUs
    intended.add(us, count)
    offered.add(us + slipUs, count)
  }
  const { count } = intended
  return {
    ...{ topic, partition, firstSeq, count, rawBytes: 61 + count * 112, intended, offered },
    ...{ createdUs: T_US, attempts: 1, notBeforeUs: 0, ambiguous: false },
  }
}

const encoderFor = (record: RecordFactory, codec: EncoderOptions['codec'] = 'none'): BatchEncoder =>
  new BatchEncoder({ record, batchSizeBytes: BATCH_SIZE_BYTES, codec, levels: {} })
const whole = ({ records }: Encoded): Buffer =>
  Buffer.isBuffer(records) ? Buffer.from(records) : Buffer.concat(records)

/** Every record of a batch as a reader finds it. */
function decode(bytes: Buffer) {
  const batch = new BatchReader().over(bytes)
  expect([batch.next(), batch.crcMatches(), batch.end]).toEqual([true, true, bytes.length])
  const { codec } = batch
  const raw = bytes.subarray(batch.recordsAt)
  const plain = codec === 'none' ? raw : decompressWith(codec, raw)
  const records: { key: Buffer | null; value: Buffer; headers: Record<string, Buffer | null>; offset: number }[] = []
  const reader = new RecordReader().over(plain, 0, plain.length, batch.count)
  while (reader.next()) {
    const headers: Record<string, Buffer | null> = {}
    const found = { key: reader.key(), value: reader.value() as Buffer, headers, offset: reader.offsetDelta }
    while (reader.nextHeader()) headers[reader.headerKey()] = reader.headerValue()
    records.push(found)
  }
  return { batch, records }
}

const runs = fc.array(
  fc.tuple(fc.integer({ min: 1, max: 1e9 }), fc.integer({ min: 1, max: 70 }), fc.integer({ min: 0, max: 2 ** 33 })),
  { minLength: 1, maxLength: 8 },
)

describe('a template', () => {
  test('gives exactly the described records, whatever was in its buffer before', () => {
    const { factory } = makeRecordFactory(SPEC)
    const encoder = encoderFor(factory)
    const described = fc.record({
      firstSeq: fc.oneof(fc.nat(1000), fc.integer({ min: 2 ** 32 - 50, max: 2 ** 32 + 50 }), fc.maxSafeNat()),
      partition: fc.nat(2 ** 31 - 1),
      topic: fc.nat(1),
      list: runs,
    })
    fc.assert(
      fc.property(described, ({ firstSeq: drawn, partition, topic, list }) => {
        const firstSeq = Math.min(drawn, Number.MAX_SAFE_INTEGER - 1000)
        const batch = batchOf(firstSeq, partition, list as Run[], topic)
        const encoded = encoder.encode(batch, STAMP)
        const { batch: header, records } = decode(whole(encoded))
        expect(header).toMatchObject({
          ...{ count: batch.count, lastOffsetDelta: batch.count - 1, codec: 'none', leaderEpoch: -1 },
          ...{ producerId: STAMP.producerId, producerEpoch: 3, baseSequence: STAMP.sequence },
          ...{ baseTimestampMs: Math.floor(T_US / 1000), maxTimestampMs: Math.floor(T_US / 1000) },
        })
        records.forEach(({ key, value, headers, offset }, at) => {
          expect([key, offset, headers, value.length]).toEqual([null, at, {}, 100])
          const slipUs = Math.min(2 ** 32 - 1, batch.offered.at(at) - batch.intended.at(at))
          expect(readEnvelope(value)).toMatchObject({
            ok: true,
            envelope: {
              ...{ run: SPEC.runTag, producer: 2, topic: SPEC.topicNumbers[topic], partition },
              ...{ sequence: firstSeq + at, intendedUs: batch.intended.at(at), slipUs },
            },
          })
        })
        encoded.release()
      }),
      { numRuns: 200 },
    )
  })

  test('gives the same bytes for a retry, and never hands out a buffer that is still held', () => {
    const encoder = encoderFor(makeRecordFactory(SPEC).factory)
    const batch = batchOf(10, 1, [[0, 100, 5]])
    const first = encoder.encode(batch, STAMP)
    const before = whole(first)
    const other = encoder.encode(batchOf(500, 2, [[9, 100, 1]]), STAMP)
    expect(whole(first)).toEqual(before)
    first.release()
    first.release()
    const again = [encoder.encode(batch, STAMP), encoder.encode(batch, STAMP)]
    expect(again.map(whole)).toEqual([before, before])
    const buffers = [other, ...again].map(({ records }) => (records as Buffer).buffer)
    expect(new Set(buffers).size).toBe(3)
  })

  test('payloads differ within a batch, or compression would flatter', () => {
    const { factory } = makeRecordFactory({ ...SPEC, values: { size: 100, compressible: 0 } })
    const { records } = decode(whole(encoderFor(factory).encode(batchOf(0, 0, [[0, 140, 0]]), STAMP)))
    expect(new Set(records.map(({ value }) => value.toString('hex', 40))).size).toBe(140)
  })

  test('counts only: values hold payload alone', () => {
    const { factory } = makeRecordFactory({ ...SPEC, verify: 'counts', values: { size: 10, compressible: 0 } })
    const { records } = decode(whole(encoderFor(factory).encode(batchOf(0, 0, [[0, 1000, 0]]), STAMP)))
    expect(records).toHaveLength(1000)
    expect(readEnvelope(Buffer.concat(records.map(({ value }) => value)))).toMatchObject({ ok: false })
  })

  test('carries the headers of every record', () => {
    const { factory } = makeRecordFactory({ ...SPEC, headers: { count: 2, size: 70 } })
    for (const { headers } of decode(whole(encoderFor(factory).encode(batchOf(0, 0, [[0, 90, 0]]), STAMP))).records) {
      expect(Object.entries(headers).map(([key, value]) => [key, value?.length])).toEqual([
        ['h0', 70],
        ['h1', 70],
      ])
    }
  })
})

describe('records of many shapes', () => {
  const shapes: [string, Partial<FactorySpec>, number[] | undefined][] = [
    ['keys', { keys: { distribution: 'uniform', cardinality: 1e6, exponent: 1, prefix: 'key-' } }, [1, 22, 333_333]],
    [
      'sizes',
      { values: { size: { distribution: 'uniform', min: 40, max: 9000, sigma: 1 }, compressible: 0.5 } },
      undefined,
    ],
    ['envelopes in headers', { envelope: 'header', headers: { count: 1, size: 3 } }, undefined],
    ['texts', { values: { size: 200, compressible: 0, template: '{"n":{seq},"k":"{hex:8}"}' } }, undefined],
  ]
  test.each(shapes)('%s: every record is what its factory makes', (_, change, keys) => {
    const { factory } = makeRecordFactory({ ...SPEC, ...change })
    expect(factory.uniform).toBeUndefined()
    const batch = {
      ...batchOf(77, 4, [
        [0, 2, 3],
        [50, 1, 0],
      ]),
      ...(keys ? { keys } : {}),
    }
    const { records } = decode(whole(encoderFor(factory).encode(batch, STAMP)))
    expect(records).toEqual(
      [0, 1, 2].map(at => ({
        ...{ key: factory.key(batch, at), value: factory.value(batch, at), offset: at },
        headers: factory.headers(batch, at) ?? {},
      })),
    )
  })
})

describe.each(BATCH_CODECS.slice(1) as CodecName[])('%s', codec => {
  test('holds the same records in fewer bytes, and counts both', () => {
    const { factory } = makeRecordFactory({ ...SPEC, values: { size: 100, compressible: 0.9 } })
    const batch = batchOf(3, 2, [[0, 145, 3]])
    const encoder = encoderFor(factory, codec)
    const packed = whole(encoder.encode(batch, STAMP))
    const plain = whole(encoderFor(factory).encode(batch, STAMP))
    expect(decode(packed).batch.codec).toBe(codec)
    expect(decode(packed).records).toEqual(decode(plain).records)
    expect([encoder.uncompressedBytes, encoder.compressedBytes]).toEqual([plain.length - 61, packed.length - 61])
    expect(packed.length).toBeLessThan(plain.length * 0.8)
  })
})

test.each([1, 63, 64, 65, 145])('platformatic encodes a batch of %d records to the same bytes', async count => {
  const { createRecordsBatch } = await import('@platformatic/kafka')
  const { factory } = makeRecordFactory({ ...SPEC, headers: { count: 1, size: 5 } })
  const batch = batchOf(2 ** 33, 6, [[0, count, 11]])
  const ours = whole(encoderFor(factory).encode(batch, STAMP))
  const timestamp = BigInt(Math.floor(T_US / 1000))
  const messages = decode(ours).records.map(({ value, headers }) => ({
    ...{ topic: 't', partition: 6, value, timestamp },
    headers: new Map(Object.entries(headers).map(([key, bytes]) => [Buffer.from(key), bytes ?? Buffer.alloc(0)])),
  }))
  const theirs = createRecordsBatch(messages, {
    ...{ producerId: BigInt(STAMP.producerId), producerEpoch: STAMP.epoch, partitionLeaderEpoch: -1 },
    sequences: { getWithDefault: () => STAMP.sequence } as never,
  })
  expect(ours.equals(theirs.dynamicBuffer.slice())).toBe(true)
})

type Theirs = { buffer: Buffer }
const require = createRequire(import.meta.url)
const load = <T>(path: string): T => require(`kafkajs/src/protocol/${path}`) as T

test.each([1, 63, 64, 65, 145])('kafkajs encodes a batch of %d records to the same bytes', async count => {
  const { factory } = makeRecordFactory({ ...SPEC, headers: { count: 1, size: 5 } })
  const batch = batchOf(2 ** 33, 6, [[0, count, 11]])
  const ours = whole(encoderFor(factory).encode(batch, { ...STAMP, producerId: 77 }))
  const record = load<(options: unknown) => unknown>('recordBatch/record/v0')
  const { RecordBatch } = load<{ RecordBatch: (options: unknown) => Promise<Theirs> }>('recordBatch/v0')
  const timeMs = Math.floor(T_US / 1000)
  const records = decode(ours).records.map(({ key, value, headers, offset }) =>
    record({ key, value, headers, offsetDelta: offset, timestampDelta: 0 }),
  )
  const ids = { producerId: 77, producerEpoch: 3, firstSequence: STAMP.sequence }
  const times = { firstTimestamp: timeMs, maxTimestamp: timeMs }
  const theirs = await RecordBatch({ records, ...ids, ...times, lastOffsetDelta: count - 1 })
  const expected = Buffer.from(theirs.buffer)
  // A field of the broker's, in which Java's producers write -1 and kafkajs 0.
  expected.writeInt32BE(-1, BATCH.leaderEpoch)
  expect(ours.equals(expected)).toBe(true)
})

describe('a pool', () => {
  const encoders = (codec: 'lz4' | 'zstd', spec: FactorySpec) => {
    const { factory } = makeRecordFactory(spec)
    const options = { record: factory, batchSizeBytes: BATCH_SIZE_BYTES, codec, levels: {} }
    return { pool: new BatchEncoder({ ...options, isPooled: true }), each: new BatchEncoder(options) }
  }

  test.each(['lz4', 'zstd'] as const)('of %s holds the very records that compressing each batch gives', codec => {
    const { pool, each } = encoders(codec, { ...SPEC, headers: { count: 1, size: 9 } })
    fc.assert(
      fc.property(runs, fc.nat(2 ** 31), fc.nat(500), fc.integer({ min: 0, max: 1 }), (list, seq, partition, topic) => {
        const batch = batchOf(seq, partition, list, topic)
        expect(decode(whole(pool.encode(batch, STAMP))).records).toEqual(
          decode(whole(each.encode(batch, STAMP))).records,
        )
      }),
    )
  })

  test.each(['lz4', 'zstd'] as const)('of %s keeps what is on its way when the same batch is sent again', codec => {
    const { pool } = encoders(codec, SPEC)
    const [first, second] = [batchOf(1, 0, [[1, 20, 5]]), batchOf(21, 3, [[9, 20, 0]])]
    const sent = pool.encode(first, STAMP)
    const before = whole(sent)
    pool.encode(second, STAMP)
    expect(whole(sent)).toEqual(before)
    expect(whole(pool.encode(first, STAMP))).toEqual(before)
  })

  test('counts bytes as compressing does, and values without envelopes are left as they are', () => {
    const { pool, each } = encoders('zstd', { ...SPEC, values: { size: 1000, compressible: 0.9 }, verify: 'counts' })
    const batch = batchOf(0, 0, [[1, 12, 0]])
    const found = [pool, each].map(encoder => decode(whole(encoder.encode(batch, STAMP))).records)
    expect(found[0]).toEqual(found[1])
    expect(pool.uncompressedBytes).toBe(each.uncompressedBytes)
    expect(pool.uncompressedBytes / pool.compressedBytes).toBeGreaterThan(4)
  })

  test('of records that are not alike cannot be made', () => {
    expect(() => encoders('lz4', { ...SPEC, values: { size: 100, compressible: 0.5, template: '{seq}' } })).toThrow(
      'one shape',
    )
  })
})
