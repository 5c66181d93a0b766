// Two encoders that know nothing of each other must make the same bytes of one batch: the wire driver's, and that of @platformatic/kafka.
import { createRecordsBatch, NumericMap } from '@platformatic/kafka'
import { expect, test } from 'vitest'
import { Times } from '../../../../src/core/times.ts'
import type { PendingBatch } from '../../../../src/drivers/driver.ts'
import { makeMessages } from '../../../../src/drivers/platformatic/messages.ts'
import { BatchEncoder } from '../../../../src/drivers/wire/encoder.ts'
import { BATCH } from '../../../../src/protocol/batch.ts'
import { type FactorySpec, makeRecordFactory } from '../../../../src/record/factory.ts'

const T_US = 1_790_000_000_123_456
const STAMP = { producerId: 77, epoch: 3, sequence: 41 }
const TOPIC = 'orders'
const SPEC: FactorySpec = {
  seed: 5,
  producer: 2,
  runTag: 0xfedcba98,
  topicNumbers: [3],
  values: { size: 100, compressible: 0.5 },
  keys: 'none',
  headers: { count: 1, size: 5 },
  envelope: 'value',
  verify: 'records',
  batchSizeBytes: 16_384,
}

function batchOf(count: number, keys?: number[]): PendingBatch {
  const [intended, offered] = [new Times(), new Times()]
  intended.add(T_US, count)
  offered.add(T_US + 11, count)
  return {
    ...{ topic: 0, partition: 6, firstSeq: 2 ** 33, count, rawBytes: 61 + count * 125, intended, offered },
    ...{ createdUs: T_US, attempts: 1, notBeforeUs: 0, ambiguous: false, ...(keys ? { keys } : {}) },
  }
}

test.each<[string, Partial<FactorySpec>, number, number[] | undefined]>([
  ['one record', {}, 1, undefined],
  ['records of one shape', {}, 145, undefined],
  [
    'records with keys',
    { keys: { distribution: 'uniform', cardinality: 1e6, exponent: 1, prefix: 'k-' } },
    3,
    [1, 22, 333],
  ],
  ['envelopes in headers', { envelope: 'header' }, 20, undefined],
])('%s', (_, change, count, keys) => {
  const { factory } = makeRecordFactory({ ...SPEC, ...change })
  const batch = batchOf(count, keys)
  const encoder = new BatchEncoder({ record: factory, batchSizeBytes: 16_384, codec: 'none', levels: {} })
  const { records } = encoder.encode(batch, STAMP)
  const ours = Buffer.isBuffer(records) ? Buffer.from(records) : Buffer.concat(records)
  const timestamp = BigInt(Math.floor(T_US / 1000))
  // The client fills these in before it encodes: the time of the call, and headers where there are none.
  const messages = makeMessages(factory)(TOPIC, batch, true).map(message => ({
    ...message,
    value: message.value as Buffer,
    timestamp,
    headers: (message.headers ?? new Map()) as Map<Buffer, Buffer>,
  }))
  const sequences = new NumericMap([[`${TOPIC}:6`, STAMP.sequence]])
  const options = { producerId: BigInt(STAMP.producerId), producerEpoch: STAMP.epoch, sequences }
  const theirs = Buffer.from(createRecordsBatch(messages, options).buffer)
  // A field of the broker's, in which Java's producers write -1 and this client 0.
  expect(theirs.readInt32BE(BATCH.leaderEpoch)).toBe(0)
  theirs.writeInt32BE(-1, BATCH.leaderEpoch)
  expect(ours.toString('hex')).toBe(theirs.toString('hex'))
})
