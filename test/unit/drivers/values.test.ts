// Values cut from a template must be the very records that are made one by one, but for a payload that repeats.
import { expect, test } from 'vitest'
import { Times } from '../../../src/core/times.ts'
import type { PendingBatch } from '../../../src/drivers/driver.ts'
import { makeValues } from '../../../src/drivers/values.ts'
import { readEnvelope } from '../../../src/record/envelope.ts'
import { type FactorySpec, makeRecordFactory } from '../../../src/record/factory.ts'

const SPEC: FactorySpec = {
  seed: 1,
  producer: 3,
  runTag: 9,
  topicNumbers: [5],
  values: { size: 100, compressible: 0.5 },
  keys: 'none',
  headers: { count: 0, size: 0 },
  envelope: 'value',
  verify: 'records',
  batchSizeBytes: 4096,
}

function batchOf(firstSeq: number, count: number): PendingBatch {
  const [intended, offered] = [Times.of([1_000_000, 2_000_000]), Times.of([1_000_010, 2_000_020])]
  for (let i = 2; i < count; i++) {
    intended.add(3_000_000)
    offered.add(3_000_030)
  }
  const state = { createdUs: 0, attempts: 1, notBeforeUs: 0, ambiguous: false }
  return { topic: 0, partition: 2, firstSeq, count, rawBytes: 0, intended, offered, ...state }
}

test.each([
  ['of one shape', SPEC],
  [
    'of two sizes',
    { ...SPEC, values: { size: { distribution: 'uniform' as const, min: 90, max: 110, sigma: 1 }, compressible: 0.5 } },
  ],
])('records %s carry their own envelopes, batch after batch', (_, spec) => {
  const { factory } = makeRecordFactory(spec)
  const valuesOf = makeValues(factory)
  const first = batchOf(0, 4)
  const kept = valuesOf(first)
  for (const batch of [first, batchOf(4, 7), batchOf(11, 3)]) {
    const values = batch === first ? kept : valuesOf(batch)
    expect(values.map(value => readEnvelope(value))).toEqual(
      values.map((value, at) => readEnvelope(factory.value(batch, at).subarray(0, value.length))),
    )
    expect(values.map(value => readEnvelope(value)).every(({ ok }) => ok)).toBe(true)
  }
  // What was cut for one batch is not overwritten by the next.
  const sequences = kept.map(value => readEnvelope(value)).map(reading => reading.ok && reading.envelope.sequence)
  expect(sequences).toEqual([0, 1, 2, 3])
})
