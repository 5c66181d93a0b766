// What goes into a record is described once and made at send time, twice alike: a retry must send the very same bytes.
import { crc32c } from '@node-rs/crc32'
import { describe, expect, test } from 'vitest'
import { Times } from '../../../src/core/times.ts'
import type { PendingBatch } from '../../../src/drivers/driver.ts'
import { ENVELOPE_HEADER, FLAG_CRC, FLAG_SLIP, readEnvelope } from '../../../src/record/envelope.ts'
import { type FactorySpec, makeRecordFactory } from '../../../src/record/factory.ts'

const T_US = 1_790_000_000_000_000
const crc = (bytes: Uint8Array): number => crc32c(bytes)

const SPEC: FactorySpec = {
  seed: 11,
  producer: 3,
  runTag: 0xabcdef01,
  topicNumbers: [4, 9],
  values: { size: 120, compressible: 0.5 },
  keys: 'none',
  headers: { count: 0, size: 0 },
  envelope: 'value',
  verify: 'records',
  crc32c: crc,
  batchSizeBytes: 16_384,
}

function batchOf(change: Partial<PendingBatch> = {}): PendingBatch {
  return {
    topic: 1,
    partition: 5,
    firstSeq: 1000,
    count: 3,
    rawBytes: 0,
    intended: Times.of([T_US, T_US + 100, T_US + 200]),
    offered: Times.of([T_US + 7, T_US + 100, T_US + 1200]),
    createdUs: T_US,
    attempts: 1,
    notBeforeUs: 0,
    ambiguous: false,
    ...change,
  }
}

describe('values', () => {
  test('carry a sealed envelope with their own place, time and slip', () => {
    const { factory } = makeRecordFactory(SPEC)
    for (const [at, slipUs] of [7, 0, 1000].entries()) {
      const value = factory.value(batchOf(), at)
      expect(value.length).toBe(120)
      expect(readEnvelope(value, crc)).toEqual({
        ok: true,
        envelope: {
          flags: FLAG_CRC | FLAG_SLIP,
          run: SPEC.runTag,
          producer: 3,
          topic: 9,
          partition: 5,
          sequence: 1000 + at,
          intendedUs: T_US + at * 100,
          slipUs,
        },
      })
    }
  })

  test('are the same bytes when made again, for a retry or by another process', () => {
    const [a, b] = [makeRecordFactory(SPEC).factory, makeRecordFactory(SPEC).factory]
    for (let at = 0; at < 3; at++) {
      expect(a.value(batchOf(), at).equals(a.value(batchOf({ attempts: 7, ambiguous: true }), at))).toBe(true)
      expect(a.value(batchOf(), at).equals(b.value(batchOf(), at))).toBe(true)
    }
  })

  test('differ between records, partitions, producers and seeds', () => {
    const body = (spec: FactorySpec, batch: PendingBatch, at = 0): string =>
      makeRecordFactory(spec).factory.value(batch, at).subarray(40).toString('hex')
    const bodies = [
      body(SPEC, batchOf()),
      body(SPEC, batchOf(), 1),
      body(SPEC, batchOf({ partition: 6 })),
      body(SPEC, batchOf({ topic: 0 })),
      body({ ...SPEC, producer: 4 }, batchOf()),
      body({ ...SPEC, seed: 12 }, batchOf()),
    ]
    expect(new Set(bodies).size).toBe(bodies.length)
  })

  test('carry no CRC where the reader’s client checks the batch’s own', () => {
    const { crc32c: _, ...spec } = SPEC
    const value = makeRecordFactory(spec).factory.value(batchOf(), 0)
    expect(value.readUInt32BE(36)).toBe(0)
    expect(readEnvelope(value, crc)).toMatchObject({ ok: true, envelope: { flags: FLAG_SLIP } })
  })

  test('of verify: counts may be smaller than an envelope and carry none', () => {
    const { factory } = makeRecordFactory({ ...SPEC, verify: 'counts', values: { size: 10, compressible: 0 } })
    const value = factory.value(batchOf(), 0)
    expect(value.length).toBe(10)
    expect(factory.headers(batchOf(), 0)).toBeUndefined()
  })

  test('from a template stand behind the envelope, padded or cut to their size', () => {
    const template = '{"n":{seq},"who":"{key}"}'
    const spec: FactorySpec = {
      ...SPEC,
      values: { size: 120, compressible: 0.5, template },
      keys: { distribution: 'uniform', cardinality: 5, exponent: 1, prefix: 'dev-' },
    }
    const value = makeRecordFactory(spec).factory.value(batchOf({ keys: [2, 3, 4] }), 1)
    const text = '{"n":1001,"who":"dev-3"}'
    expect(value.subarray(40, 40 + text.length).toString()).toBe(text)
    expect(value.length).toBe(120)
    expect(readEnvelope(value, crc).ok).toBe(true)
    const cut = makeRecordFactory({ ...spec, values: { ...spec.values, size: 50 } }).factory.value(
      batchOf({ keys: [2, 3, 4] }),
      1,
    )
    expect(cut.subarray(40).toString()).toBe(text.slice(0, 10))
  })
})

describe('keys and headers', () => {
  const keyed: FactorySpec = { ...SPEC, keys: { distribution: 'uniform', cardinality: 5, exponent: 1, prefix: 'dev-' } }

  test('a key is its prefix and number; without keys it is null', () => {
    const { factory, keyBytes } = makeRecordFactory(keyed)
    expect(factory.key(batchOf({ keys: [0, 41, 7] }), 1)?.toString()).toBe('dev-41')
    expect(keyBytes(41).toString()).toBe('dev-41')
    expect(makeRecordFactory(SPEC).factory.key(batchOf(), 0)).toBeNull()
  })

  test('headers are as many and as long as asked, even beyond the size of values', () => {
    const { factory } = makeRecordFactory({ ...SPEC, headers: { count: 2, size: 1_500_000 } })
    const headers = factory.headers(batchOf(), 0) ?? {}
    expect(Object.keys(headers)).toEqual(['h0', 'h1'])
    for (const header of Object.values(headers)) expect(header.length).toBe(1_500_000)
  })

  test('the envelope travels in a header where asked, and the value is all payload', () => {
    const { factory } = makeRecordFactory({ ...SPEC, envelope: 'header', headers: { count: 1, size: 8 } })
    const headers = factory.headers(batchOf(), 2) ?? {}
    expect(Object.keys(headers)).toEqual(['h0', ENVELOPE_HEADER])
    expect(readEnvelope(headers[ENVELOPE_HEADER] as Buffer)).toMatchObject({
      ok: true,
      envelope: { sequence: 1002, partition: 5, slipUs: 1000 },
    })
    expect(readEnvelope(factory.value(batchOf(), 2)).ok).toBe(false)
  })
})

describe('sizeOfRecord', () => {
  test.each<[string, FactorySpec, number | undefined, number]>([
    ['a value alone', SPEC, undefined, 120],
    [
      'a key is counted in bytes',
      { ...SPEC, keys: { distribution: 'uniform', cardinality: 5, exponent: 1, prefix: 'ключ-' } },
      41,
      120 + 9 + 2,
    ],
    ['headers with their framing', { ...SPEC, headers: { count: 3, size: 16 } }, undefined, 120 + 3 * 20],
    ['the envelope’s header', { ...SPEC, envelope: 'header' }, undefined, 120 + 40 + 8 + 2],
  ])('%s', (_, spec, key, expected) => {
    expect(makeRecordFactory(spec).sizeOfRecord(0, 0, 0, key)).toBe(expected)
  })

  test('is the length that the value then has', () => {
    const spec: FactorySpec = {
      ...SPEC,
      values: { size: { distribution: 'uniform', min: 40, max: 900, sigma: 1 }, compressible: 0 },
    }
    const { factory, sizeOfRecord } = makeRecordFactory(spec)
    for (let at = 0; at < 3; at++)
      expect(factory.value(batchOf(), at).length).toBe(sizeOfRecord(1, 5, 1000 + at, undefined))
  })
})
