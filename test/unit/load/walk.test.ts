// The walk over a batch's bytes must count exactly what the plain reader counts from one object per record, whatever the records are.
import { crc32c } from '@node-rs/crc32'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ConsumerOptions, Driver, ReceivedRecord } from '../../../src/drivers/driver.ts'
import { capabilities } from '../../../src/drivers/null/capabilities.ts'
import { ConsumerRole } from '../../../src/load/consume.ts'
import type { ConsumerWorkerSpec } from '../../../src/load/messages.ts'
import { type IntervalReport, Recorder } from '../../../src/load/recorder.ts'
import { Writer } from '../../../src/protocol/bytes.ts'
import { RecordReader } from '../../../src/protocol/records.ts'
import { ENVELOPE_HEADER, FLAG_CRC, sealCrc, writeEnvelope } from '../../../src/record/envelope.ts'
import { stretch, T0_US } from './virtual-producer.ts'

const RUN = 0xabc
const NOW_US = T0_US + 4_200_000
const BEGIN = 100

const SPEC: ConsumerWorkerSpec = {
  role: 'consumer',
  worker: 'readers-0',
  group: 'readers',
  groupId: 'g',
  member: 0,
  members: 1,
  start: 'latest',
  driver: 'null',
  mode: 'tuned',
  settings: {},
  bootstrap: [],
  topics: [{ name: 't', index: 4, partitions: 2 }],
  anchor: { wallUs: T0_US, hrtimeNs: '0' },
  runTag: RUN,
  segments: [stretch('warmup', 2, 100), stretch('measure', 2, 100), stretch('measure', 2, 50)],
  processing: { delay: 0, handling: 'batch' },
  commit: 'none',
  verify: true,
  beginOffsets: [[BEGIN, 0]],
}

function rig(spec: Partial<ConsumerWorkerSpec> = {}, checksCrc = true) {
  let options: ConsumerOptions | undefined
  const driver: Driver = {
    capabilities: { ...capabilities, checksCrc },
    createProducer: () => {
      throw new Error('not a producer')
    },
    createConsumer: given => {
      options = given
      return {
        open: async () => undefined,
        close: async () => undefined,
        counters: () => ({ wireBytes: 0, requests: 0 }),
      }
    },
  }
  const ports = { onAssigned: () => undefined, onEvent: () => undefined, onFatal: () => undefined }
  const role = new ConsumerRole({ ...SPEC, ...spec }, driver, { nowUs: () => NOW_US }, ports)
  const reports: IntervalReport[] = []
  const health = { cpuUs: 0, rssBytes: 0, gcUs: 0, gcMaxUs: 0, loopLateMaxUs: 0 }
  const recorder = new Recorder(
    T0_US,
    () => health,
    more => reports.push(...more),
  )
  role.start(T0_US, recorder)
  const end = () => {
    recorder.end(NOW_US)
    return Object.fromEntries(
      reports.map(({ seq, phase, counters, histograms }) => [
        `${seq} ${phase}`,
        {
          counters,
          histograms: Object.fromEntries(
            histograms.map(({ name, bytes, negative }) => [name, `${negative} ${Buffer.from(bytes).toString('hex')}`]),
          ),
        },
      ]),
    )
  }
  return { role, end, options: options as ConsumerOptions }
}

type Made = { offset: number; value: Buffer | null; headers: [string, Buffer | null][] }

/** The bytes of records as a producer would lay them out, deltas counted from `base`. */
function encode(records: readonly Made[], base: number): Buffer {
  const all = new Writer()
  const sized = (writer: Writer, bytes: Buffer | null): void => {
    writer.varint(bytes?.length ?? -1)
    if (bytes && bytes.length > 0) writer.raw(bytes)
  }
  for (const { offset, value, headers } of records) {
    const record = new Writer()
    record.int8(0)
    record.varlong(0)
    record.varint(offset - base)
    record.varint(-1)
    sized(record, value)
    record.varint(headers.length)
    for (const [name, bytes] of headers) {
      sized(record, Buffer.from(name))
      sized(record, bytes)
    }
    all.varint(record.sizeBytes)
    all.raw(record.toBuffer())
  }
  return all.toBuffer()
}

const envelope = fc.record({
  flags: fc.constantFrom(0, FLAG_CRC),
  run: fc.oneof({ weight: 8, arbitrary: fc.constant(RUN) }, { weight: 1, arbitrary: fc.constant(7) }),
  producer: fc.nat({ max: 2 }),
  topic: fc.oneof({ weight: 8, arbitrary: fc.constant(4) }, { weight: 1, arbitrary: fc.nat({ max: 0xffff }) }),
  partition: fc.oneof({ weight: 8, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat({ max: 9 }) }),
  sequence: fc.oneof(fc.nat({ max: 40 }), fc.constant(2 ** 40), fc.constant(2 ** 53)),
  intendedUs: fc.oneof(
    fc.integer({ min: -1_000_000, max: 7_000_000 }).map(us => T0_US + us),
    fc.nat({ max: 5 }).map(us => NOW_US - us),
    fc.constant(0),
    fc.constant(2 ** 53),
  ),
  slipUs: fc.option(fc.nat({ max: 90_000 }), { nil: undefined }),
})

/** A value of this run, another's, harmed, too short, or none. */
const carrier = fc
  .record({ envelope, extra: fc.nat({ max: 60 }), harm: fc.option(fc.nat({ max: 99 }), { nil: undefined, freq: 4 }) })
  .map(({ envelope: written, extra, harm }) => {
    const { slipUs, ...rest } = written
    const value = Buffer.alloc(40 + extra, 0x33)
    writeEnvelope(value, 0, slipUs === undefined ? rest : { ...rest, slipUs })
    if (rest.flags & FLAG_CRC) sealCrc(value, 0, value.length, bytes => crc32c(bytes))
    if (harm !== undefined && harm < value.length) value[harm] = (value[harm] ?? 0) ^ 1
    return value
  })
const value = fc.oneof(
  { weight: 8, arbitrary: carrier },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 50 }).map(bytes => Buffer.from(bytes)) },
  { weight: 1, arbitrary: fc.constant(null) },
)
const header = fc.tuple(fc.constantFrom('a', 'gauntler', ENVELOPE_HEADER), value)
const headers: fc.Arbitrary<Made['headers']> = fc.oneof(
  { weight: 3, arbitrary: fc.constant<Made['headers']>([]) },
  fc.array(header, { maxLength: 3 }),
)
const batch = fc.record({
  base: fc.integer({ min: BEGIN - 10, max: BEGIN + 40 }),
  records: fc.array(fc.record({ gap: fc.nat({ max: 2 }), value, headers }), { minLength: 1, maxLength: 12 }),
})

function place({
  base,
  records,
}: {
  base: number
  records: { gap: number; value: Buffer | null; headers: Made['headers'] }[]
}): Made[] {
  let offset = base
  return records.map(record => {
    offset += record.gap
    return { offset: offset++, value: record.value, headers: record.headers }
  })
}

const received = ({ offset, value: bytes, headers: list }: Made): ReceivedRecord => ({
  offset,
  value: bytes && Buffer.from(bytes),
  headers:
    list.length === 0
      ? undefined
      : (Object.fromEntries(list.map(([name, bytes]) => [name, bytes && Buffer.from(bytes)])) as Record<
          string,
          Buffer
        >),
})

describe('the walk over bytes', () => {
  test.each([
    ['envelopes, with the batch’s CRC', {}, true],
    ['envelopes that need a CRC of their own', {}, false],
    ['counts alone', { verify: false }, true],
  ])('equals the plain reader for %s', (_, spec, checksCrc) => {
    fc.assert(
      fc.property(fc.array(batch, { minLength: 1, maxLength: 4 }), batches => {
        const plain = rig(spec, checksCrc)
        const walk = rig(spec, checksCrc)
        for (const one of batches) {
          const records = place(one)
          const nextOffset = (records.at(-1)?.offset ?? 0) + 1
          plain.options.onRecords(0, 0, records.map(received), NOW_US)
          const bytes = encode(records, one.base)
          const cursor = new RecordReader().over(bytes, 0, bytes.length, records.length)
          walk.options.onView(
            { topic: 0, partition: 0, baseOffset: one.base, records: cursor, count: records.length, nextOffset },
            NOW_US,
          )
          expect(cursor.next()).toBe(false)
        }
        expect(walk.role.positions()).toEqual(plain.role.positions())
        expect(walk.end()).toEqual(plain.end())
      }),
      { numRuns: 100 },
    )
  })

  test('counts what cannot be taken apart as corrupt, and every record of the batch as received', () => {
    const { role, options, end } = rig()
    const good = { offset: BEGIN, value: Buffer.alloc(40), headers: [] }
    writeEnvelope(good.value, 0, { ...PLAIN, sequence: 0 })
    const bytes = Buffer.concat([encode([good], BEGIN), Buffer.alloc(20, 0xff)])
    const records = new RecordReader().over(bytes, 0, bytes.length, 3)
    const nextOffset = BEGIN + 3
    options.onView({ topic: 0, partition: 0, baseOffset: BEGIN, records, count: 3, nextOffset }, NOW_US)
    expect(role.positions()).toEqual([{ topic: 0, partition: 0, next: nextOffset }])
    const [warmup, measure] = ['4 warmup', '4 measure'].map(key => end()[key]?.counters)
    expect({ ...warmup, ...measure }).toMatchObject({ verified: 1, 'corrupt.framing': 2, handlings: 1 })
  })

  test('counts records by who served them, each once however often it is served', () => {
    const { options, end } = rig()
    const made = Array.from({ length: 3 }, (_, i) => {
      const value = Buffer.alloc(40)
      writeEnvelope(value, 0, { ...PLAIN, sequence: i })
      return { offset: BEGIN + i, value, headers: [] }
    })
    const bytes = encode(made, BEGIN)
    const serve = (broker: number, isLeader: boolean): void =>
      options.onView(
        {
          ...{ topic: 0, partition: 0, baseOffset: BEGIN, count: made.length, nextOffset: BEGIN + made.length },
          records: new RecordReader().over(bytes, 0, bytes.length, made.length),
          source: { broker, isLeader },
        },
        NOW_US,
      )
    serve(3, false)
    serve(1, true)
    const { counters } = end()['4 measure'] ?? {}
    expect(counters).toMatchObject({ verified: 3, reread: 3, 'served.follower.3': 3 })
    expect(counters).not.toHaveProperty('served.leader.1')
  })

  test('tells missing, repeated and late sequence numbers of each producer apart', () => {
    const { options, end } = rig()
    const made = [
      [1, 5],
      [2, 0],
      [1, 6],
      [1, 9],
      [1, 7],
      [1, 9],
      [2, 1],
      [1, 10],
    ].map(([producer, sequence], i) => {
      const bytes = Buffer.alloc(40)
      writeEnvelope(bytes, 0, { ...PLAIN, producer: producer ?? 0, sequence: sequence ?? 0 })
      return { offset: BEGIN + i, value: bytes, headers: [] }
    })
    const bytes = encode(made, BEGIN)
    const records = new RecordReader().over(bytes, 0, bytes.length, made.length)
    options.onView(
      { topic: 0, partition: 0, baseOffset: BEGIN, records, count: made.length, nextOffset: BEGIN + made.length },
      NOW_US,
    )
    expect(end()['4 measure']?.counters).toMatchObject({
      verified: 8,
      'sequence.skipped': 2,
      'sequence.repeated': 2,
    })
  })

  test('batches that were gone past move the position, and count as corrupt where they were harmed', () => {
    const { role, options, end } = rig()
    options.onPassed({ topic: 0, partition: 0, nextOffset: BEGIN + 5, corrupt: 0 })
    options.onPassed({ topic: 0, partition: 1, nextOffset: 7, corrupt: 7 })
    expect(role.positions()).toEqual([
      { topic: 0, partition: 0, next: BEGIN + 5 },
      { topic: 0, partition: 1, next: 7 },
    ])
    expect(end()['4 measure']?.counters).toEqual({ 'corrupt.batch': 7, received: 7 })
  })
})

const PLAIN = { flags: 0, run: RUN, producer: 0, topic: 4, partition: 0, sequence: 0, intendedUs: T0_US + 3_000_000 }
