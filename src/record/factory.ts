// Turns the description of a batch into the bytes of its records: envelope, payload, key and headers, at send time.
import { hash32 } from '../core/random.ts'
import type { PendingBatch, RecordFactory, UniformRecords } from '../drivers/driver.ts'
import type { SizeSpec } from '../scenario/schema/values.ts'
import {
  type Crc32c,
  ENVELOPE_BYTES,
  ENVELOPE_HEADER,
  FLAG_CRC,
  FLAG_SLIP,
  STAMPED,
  sealCrc,
  stampEnvelopes,
  writeEnvelope,
} from './envelope.ts'
import type { KeySpec } from './keys.ts'
import { fillPayload, makePool, maxSizeOf, sizeOf, strideOf } from './payload.ts'
import { compileTemplate } from './template.ts'

export type FactorySpec = {
  seed: number
  producer: number
  runTag: number
  /** Number of each topic in envelopes, by its index in this producer. */
  topicNumbers: readonly number[]
  values: { size: SizeSpec; compressible: number; template?: string | undefined }
  keys: KeySpec
  headers: { count: number; size: number }
  envelope: 'value' | 'header'
  verify: 'records' | 'counts'
  /** Absent where the reading client checks the batch's own CRC. */
  crc32c?: Crc32c
  batchSizeBytes: number
}

/** Bytes of record `seq` without framing: key, value and headers, for the accumulator's arithmetic. */
export type RecordSize = (topic: number, partition: number, seq: number, key: number | undefined) => number

const POOL_BATCHES = 4

function placeOfEnvelope({ envelope, verify }: FactorySpec): { inValue: boolean; inHeader: boolean } {
  const isThere = verify === 'records'
  return { inValue: isThere && envelope === 'value', inHeader: isThere && envelope === 'header' }
}

export function makeRecordFactory(spec: FactorySpec): {
  factory: RecordFactory
  sizeOfRecord: RecordSize
  keyBytes: (key: number) => Buffer
  /** Bytes of every record where all are alike and none has a key. */
  sizeOfAll: number | undefined
} {
  const largest = maxSizeOf(spec.values.size)
  const pool = makePool(
    hash32(spec.seed, spec.producer),
    spec.values.compressible,
    POOL_BATCHES * Math.max(spec.batchSizeBytes, largest, spec.headers.size),
  )
  const strideBytes = strideOf(spec.values.size, pool.length)
  const template = spec.values.template === undefined ? undefined : compileTemplate(spec.values.template)
  const { inValue, inHeader } = placeOfEnvelope(spec)
  const flags = spec.crc32c ? FLAG_CRC : 0
  const prefix = spec.keys === 'none' ? '' : spec.keys.prefix
  const prefixBytes = Buffer.byteLength(prefix)
  const keyBytes = (key: number): Buffer => Buffer.from(`${prefix}${key}`)
  const seal = (into: Buffer, batch: PendingBatch, at: number, sequence: number): void =>
    writeEnvelope(into, 0, {
      flags: inValue ? flags : 0,
      run: spec.runTag,
      producer: spec.producer,
      topic: spec.topicNumbers[batch.topic] ?? 0,
      partition: batch.partition,
      sequence,
      intendedUs: batch.intended.at(at),
      slipUs: batch.offered.at(at) - batch.intended.at(at),
    })

  const value = (batch: PendingBatch, at: number): Buffer => {
    const seq = batch.firstSeq + at
    const length = sizeOf(spec.values.size, spec.seed, spec.producer, batch.partition, seq)
    const bytes = Buffer.allocUnsafe(length)
    const head = inValue ? ENVELOPE_BYTES : 0
    if (inValue) seal(bytes, batch, at, seq)
    const start = hash32(spec.seed, spec.producer, batch.topic, batch.partition)
    fillPayload(pool, bytes, head, length - head, strideBytes, start, seq)
    if (template) {
      const key = batch.keys?.[at] === undefined ? '' : `${prefix}${batch.keys[at]}`
      bytes.write(
        template({
          seed: spec.seed,
          producer: spec.producer,
          partition: batch.partition,
          seq,
          key,
          intendedUs: batch.intended.at(at),
        }),
        head,
      )
    }
    if (inValue && spec.crc32c) sealCrc(bytes, 0, length, spec.crc32c)
    return bytes
  }

  const { plain, headers, headerBytes } = headerMaker(spec, pool, inHeader, seal)

  const uniform = uniformRecords(spec, pool, plain)
  return {
    factory: {
      value,
      headers,
      key: (batch, at) => (batch.keys?.[at] === undefined ? null : keyBytes(batch.keys[at])),
      ...(uniform ? { uniform } : {}),
    },
    ...sizesOf(spec, headerBytes, prefixBytes),
    keyBytes,
  }
}

function sizesOf(
  { values: { size }, keys, seed, producer }: FactorySpec,
  headerBytes: number,
  prefixBytes: number,
): { sizeOfRecord: RecordSize; sizeOfAll: number | undefined } {
  return {
    sizeOfRecord: (_topic, partition, seq, key) =>
      sizeOf(size, seed, producer, partition, seq) +
      headerBytes +
      (key === undefined ? 0 : prefixBytes + String(key).length),
    sizeOfAll: typeof size === 'number' && keys === 'none' ? size + headerBytes : undefined,
  }
}

/** Undefined where records differ in more than their envelopes. The payload of a place is the same in every batch made from one template. */
function uniformRecords(spec: FactorySpec, pool: Buffer, headers: Record<string, Buffer>): UniformRecords | undefined {
  const { size, template } = spec.values
  const { inValue, inHeader } = placeOfEnvelope(spec)
  if (typeof size !== 'number' || spec.keys !== 'none' || template !== undefined) return undefined
  if (inHeader || (inValue && spec.crc32c)) return undefined
  const head = inValue ? ENVELOPE_BYTES : 0
  const constant = { flags: FLAG_SLIP, run: spec.runTag, producer: spec.producer }
  return {
    valueBytes: size,
    headers: spec.headers.count > 0 ? headers : undefined,
    ...(inValue ? { stamped: STAMPED } : {}),
    fill: (topic, into, at, place) => {
      const start = hash32(spec.seed, spec.producer, topic)
      if (inValue) {
        const number = spec.topicNumbers[topic] ?? 0
        writeEnvelope(into, at, { ...constant, topic: number, partition: 0, sequence: 0, intendedUs: 0 })
      }
      fillPayload(pool, into, at + head, size - head, size, start, place)
    },
    stamp: (into, valueAt, batch) => {
      if (inValue) stampEnvelopes(into, valueAt, batch)
    },
  }
}

type Seal = (into: Buffer, batch: PendingBatch, at: number, sequence: number) => void

function headerMaker(
  spec: FactorySpec,
  pool: Buffer,
  inHeader: boolean,
  seal: Seal,
): { plain: Record<string, Buffer>; headers: RecordFactory['headers']; headerBytes: number } {
  const plain = Object.fromEntries(
    Array.from({ length: spec.headers.count }, (_, i) => [`h${i}`, pool.subarray(0, spec.headers.size)]),
  )
  const headerBytes =
    spec.headers.count * (spec.headers.size + 4) + (inHeader ? ENVELOPE_BYTES + ENVELOPE_HEADER.length + 2 : 0)
  const headers: RecordFactory['headers'] = (batch, at) => {
    if (!inHeader) return spec.headers.count > 0 ? plain : undefined
    const bytes = Buffer.allocUnsafe(ENVELOPE_BYTES)
    seal(bytes, batch, at, batch.firstSeq + at)
    return { ...plain, [ENVELOPE_HEADER]: bytes }
  }
  return { plain, headers, headerBytes }
}
