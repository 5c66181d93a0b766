// A reader decides from envelopes what is a latency, what is a repeat and what is harm; each of them is planted here.
import { crc32c } from '@node-rs/crc32'
import { beforeEach, describe, expect, test } from 'vitest'
import type { ConsumerOptions, Driver, ReceivedRecord } from '../../../src/drivers/driver.ts'
import { capabilities } from '../../../src/drivers/kafkajs/capabilities.ts'
import { type ConsumerPorts, ConsumerRole } from '../../../src/load/consume.ts'
import type { ConsumerWorkerSpec } from '../../../src/load/messages.ts'
import { type IntervalReport, Recorder } from '../../../src/load/recorder.ts'
import { ENVELOPE_HEADER, type Envelope, FLAG_CRC, sealCrc, writeEnvelope } from '../../../src/record/envelope.ts'
import { LatencyHistogram } from '../../../src/stats/histogram.ts'
import { stretch, T0_US } from './virtual-producer.ts'

const RUN = 0xabc
const crc = (bytes: Uint8Array): number => crc32c(bytes)

const SPEC: ConsumerWorkerSpec = {
  role: 'consumer',
  worker: 'readers-0',
  group: 'readers',
  groupId: 'g',
  member: 0,
  members: 1,
  start: 'latest',
  driver: 'kafkajs',
  mode: 'tuned',
  settings: {},
  bootstrap: [],
  topics: [{ name: 't', index: 4, partitions: 2 }],
  anchor: { wallUs: T0_US, hrtimeNs: '0' },
  runTag: RUN,
  segments: [stretch('warmup', 2, 100), stretch('measure', 10, 100)],
  processing: { delay: 0, handling: 'batch' },
  commit: 'none',
  verify: true,
  beginOffsets: [[100, 0]],
}

const clock = { nowUs: T0_US }
beforeEach(() => {
  clock.nowUs = T0_US
})

/** A reader whose client is a hand that gives it records. */
function rig(change: Partial<ConsumerWorkerSpec> = {}, checksCrc = false) {
  let options: ConsumerOptions | undefined
  const told: string[] = []
  let wireBytes = 0
  const driver: Driver = {
    capabilities: { ...capabilities, checksCrc },
    createProducer: () => {
      throw new Error('not a producer')
    },
    createConsumer: given => {
      options = given
      return { open: async () => undefined, close: async () => undefined, counters: () => ({ wireBytes, requests: 0 }) }
    },
  }
  const ports: ConsumerPorts = {
    onAssigned: partitions => told.push(`assigned ${partitions.length}`),
    onEvent: name => told.push(name),
    onFatal: message => told.push(`fatal ${message}`),
  }
  const role = new ConsumerRole({ ...SPEC, ...change }, driver, { nowUs: () => clock.nowUs }, ports)
  const reports: IntervalReport[] = []
  const recorder = new Recorder(
    T0_US,
    () => ({ cpuUs: 0, rssBytes: 0, gcUs: 0, gcMaxUs: 0, loopLateMaxUs: 0 }),
    more => reports.push(...more),
  )
  const give = (records: ReceivedRecord[], partition = 0): void =>
    options?.onRecords(0, partition, records, clock.nowUs)
  /** Counters of a phase once everything is closed; the recorder is ended by it. */
  const end = () => {
    recorder.end(clock.nowUs)
    const of = (phase: string): Record<string, number> => {
      const all: Record<string, number> = {}
      for (const report of reports.filter(one => one.phase === phase))
        for (const [name, n] of Object.entries(report.counters)) all[name] = (all[name] ?? 0) + n
      return all
    }
    const histogram = (phase: string, name: string): LatencyHistogram => {
      const merged = new LatencyHistogram({ wide: true })
      for (const report of reports.filter(one => one.phase === phase))
        for (const one of report.histograms) if (one.name === name) merged.add(LatencyHistogram.decode(one.bytes))
      return merged
    }
    return { of, histogram, reports }
  }
  return {
    role,
    recorder,
    give,
    end,
    told,
    options: () => options,
    addWire: (n: number) => (wireBytes += n),
    start: () => role.start(T0_US, recorder),
  }
}

/** A record as the producer of this trial would write it. */
function record(offset: number, change: Partial<Envelope> = {}, harm?: (value: Buffer) => void): ReceivedRecord {
  const value = Buffer.alloc(100, 0x33)
  writeEnvelope(value, 0, {
    flags: FLAG_CRC,
    run: RUN,
    producer: 0,
    topic: 4,
    partition: 0,
    sequence: offset,
    intendedUs: T0_US + 3_000_000,
    slipUs: 1500,
    ...change,
  })
  sealCrc(value, 0, value.length, crc)
  harm?.(value)
  return { value, headers: undefined, offset }
}

describe('good records', () => {
  test('are counted in the phase they were meant for, with response and service time', () => {
    const { give, start, end } = rig()
    start()
    clock.nowUs = T0_US + 3_010_000
    give([record(100), record(101, { intendedUs: T0_US + 1_000_000, slipUs: 0 })])
    const { of, histogram } = end()
    expect(of('measure')).toMatchObject({ received: 1, verified: 1, receivedBytes: 100 })
    expect(of('warmup')).toMatchObject({ received: 1, verified: 1 })
    expect(histogram('measure', 'e2e').quantileUs(0.5) / 10_000).toBeCloseTo(1, 2)
    expect(histogram('measure', 'e2e.service').quantileUs(0.5) / 8500).toBeCloseTo(1, 2)
    expect(histogram('warmup', 'e2e').quantileUs(0.5) / 2_010_000).toBeCloseTo(1, 3)
  })

  test('with the envelope in a header are read from there', () => {
    const { give, start, end } = rig()
    start()
    const inner = record(100)
    give([
      {
        offset: 100,
        value: Buffer.from('anything'),
        headers: { [ENVELOPE_HEADER]: (inner.value as Buffer).subarray(0, 40).fill(0, 36).fill(4, 3, 4) },
      },
    ])
    expect(end().of('measure')).toMatchObject({ received: 1, verified: 1, receivedBytes: 8 })
  })

  test('that arrive before they were meant to are counted below zero, not dropped', () => {
    const { give, start, end } = rig()
    start()
    clock.nowUs = T0_US + 2_999_000
    give([record(100)])
    const { reports, histogram } = end()
    expect(histogram('measure', 'e2e').count).toBe(1)
    expect(reports.flatMap(({ histograms }) => histograms).find(({ name }) => name === 'e2e')?.negative).toBe(1)
  })

  test('of verify: counts are counted and not opened', () => {
    const { give, start, end } = rig({ verify: false })
    start()
    give([{ value: Buffer.alloc(7), headers: undefined, offset: 100 }])
    const { of, histogram } = end()
    expect(of('warmup')).toMatchObject({ received: 1, receivedBytes: 7 })
    expect(of('warmup')['verified']).toBeUndefined()
    expect(histogram('warmup', 'e2e').count).toBe(0)
  })
})

describe('harm', () => {
  test.each<[string, ReceivedRecord, string]>([
    ['a flipped bit in the payload', record(100, {}, value => (value[77] = (value[77] ?? 0) ^ 1)), 'corrupt.crc'],
    [
      'a flag that says there is no CRC',
      record(100, {}, value => (value[3] = (value[3] ?? 0) ^ FLAG_CRC)),
      'corrupt.crc',
    ],
    ['foreign bytes', { value: Buffer.alloc(100, 1), headers: undefined, offset: 100 }, 'corrupt.magic'],
    ['a value cut short', { value: Buffer.alloc(10), headers: undefined, offset: 100 }, 'corrupt.short'],
    ['no value at all', { value: null, headers: undefined, offset: 100 }, 'corrupt.short'],
    ['another trial’s record', record(100, { run: 99 }), 'foreign'],
    ['a record of another partition', record(100, { partition: 1 }), 'corrupt.place'],
    ['a record of another topic', record(100, { topic: 5 }), 'corrupt.place'],
    ['a sequence that no writer can have reached', record(100, { sequence: 2 ** 53 }), 'corrupt.range'],
    ['a time that no clock of a writer tells', record(100, { intendedUs: 2 ** 53 }), 'corrupt.range'],
  ])('%s is counted as %s', (_, harmed, counter) => {
    const { give, start, end } = rig()
    start()
    give([harmed])
    const { of, histogram } = end()
    expect(of('warmup')).toMatchObject({ [counter]: 1, received: 1 })
    expect(of('warmup')['verified']).toBeUndefined()
    expect(histogram('measure', 'e2e').count).toBe(0)
  })

  test('a missing CRC is no harm where the client checks the batch’s own', () => {
    const { give, start, end } = rig({}, true)
    start()
    give([record(100, { flags: 0 }, value => value.writeUInt32BE(0, 36))])
    expect(end().of('measure')).toMatchObject({ verified: 1 })
  })
})

describe('offsets', () => {
  test('what was there before the trial is neither a record of it nor a repeat', () => {
    const { give, start, end } = rig()
    start()
    give([record(98), record(99), record(100)])
    const { of } = end()
    expect(of('measure')['received']).toBe(1)
    expect(of('warmup')).toEqual({ handlings: 1 })
  })

  test('what is read again is a repeat, not another record', () => {
    const { give, start, end, role } = rig()
    start()
    give([record(100), record(101), record(102)])
    give([record(101), record(102), record(103)])
    expect(role.positions()).toEqual([{ topic: 0, partition: 0, next: 104 }])
    const { of } = end()
    expect(of('measure')['received']).toBe(4)
    expect(of('warmup')).toMatchObject({ reread: 2, handlings: 2 })
  })

  test('each partition has its own position, and an older delivery does not move it back', () => {
    const { give, start, role } = rig()
    start()
    give([record(105)])
    give([record(100)])
    give([record(7, { partition: 1 })], 1)
    expect(role.positions()).toEqual([
      { topic: 0, partition: 0, next: 106 },
      { topic: 0, partition: 1, next: 8 },
    ])
  })

  test('nothing handed over is nothing', () => {
    const { give, start, role } = rig()
    start()
    give([])
    expect(role.positions()).toEqual([])
  })
})

describe('seconds and trouble', () => {
  test('a second that has ended is closed before the next one is counted', () => {
    const { give, start, end } = rig()
    start()
    clock.nowUs = T0_US + 3_900_000
    give([record(100)])
    clock.nowUs = T0_US + 4_000_010
    give([record(101), record(102)])
    const perSecond = end().reports.map(({ seq, counters }) => [seq, counters['received']])
    expect(perSecond.filter(([, received]) => received !== undefined)).toEqual([
      [3, 1],
      [4, 2],
    ])
  })

  test('errors are counted by class, those before the start too, and only fatal ones end the trial', () => {
    const made = rig()
    made.options()?.onError('NOT_LEADER', 'gone', false)
    made.start()
    made.options()?.onError('FENCED', 'for good', true)
    expect(made.told).toEqual(['fatal FENCED: for good'])
    expect(made.end().of('warmup')).toEqual({ 'readerError.NOT_LEADER': 1, 'readerError.FENCED': 1 })
  })

  test('bytes read from sockets are counted once, for the phase and the second in which they came', () => {
    const made = rig()
    made.start()
    made.addWire(700)
    made.role.tick()
    clock.nowUs = T0_US + 1_010_000
    made.role.tick()
    made.addWire(5)
    clock.nowUs = T0_US + 2_010_000
    made.role.tick()
    made.role.tick()
    made.addWire(90)
    const { of, reports } = made.end()
    expect([of('warmup'), of('measure')]).toEqual([{ wireBytesIn: 705 }, { wireBytesIn: 90 }])
    expect(reports.map(({ seq, counters }) => [seq, counters['wireBytesIn']])).toEqual([
      [0, 700],
      [1, 5],
      [2, 90],
    ])
  })

  test('a reader that begins in the middle of the load counts nothing for the phase before', () => {
    const made = rig()
    clock.nowUs = T0_US + 2_010_000
    made.start()
    made.addWire(7)
    made.role.tick()
    const { of } = made.end()
    expect([of('warmup'), of('measure')]).toEqual([{}, { wireBytesIn: 7 }])
  })

  test('what the group tells is passed on', () => {
    const made = rig()
    made.options()?.onAssigned([{ topic: 0, partition: 0 }])
    made.options()?.onEvent('group.join', {})
    expect(made.told).toEqual(['assigned 1', 'group.join'])
  })

  test('a driver without a consumer is refused at once', () => {
    const driver: Driver = {
      capabilities,
      createProducer: () => {
        throw new Error('no')
      },
    }
    const ports: ConsumerPorts = { onAssigned: () => undefined, onEvent: () => undefined, onFatal: () => undefined }
    expect(() => new ConsumerRole(SPEC, driver, { nowUs: () => 0 }, ports)).toThrow(/has no consumer/)
  })
})
