// A client that batches by itself answers when and how it likes; every record must still be counted once, and none may be lost sight of.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Driver, PendingBatch, RecordProducerOptions, RecordResult } from '../../../src/drivers/driver.ts'
import { capabilities } from '../../../src/drivers/scripted/capabilities.ts'
import type { FinalOutcome } from '../../../src/load/accumulator.ts'
import { RecordIntake } from '../../../src/load/record-intake.ts'
import { readEnvelope, UNPLACED } from '../../../src/record/envelope.ts'
import { startVirtual, stretch } from './virtual-producer.ts'

type Final = { firstSeq: number; count: number; intendedUs: number[]; outcome: FinalOutcome; errorClass?: string }

function rig(bufferMemoryBytes = 1000) {
  const sent: PendingBatch[] = []
  const finals: Final[] = []
  const client = { hasRoom: true, flushed: 0 }
  const intake = new RecordIntake(bufferMemoryBytes, {
    nowUs: () => 5,
    producer: {
      hasRoom: () => client.hasRoom,
      send: handful => sent.push(handful),
      flush: () => {
        client.flushed++
      },
    },
    onFinal: ({ firstSeq, count, intended }, outcome, _atUs, errorClass) =>
      finals.push({
        firstSeq,
        count,
        intendedUs: intended.toArray(),
        outcome,
        ...(errorClass === undefined ? {} : { errorClass }),
      }),
  })
  return { intake, sent, finals, client }
}

const result = (
  handful: PendingBatch | undefined,
  at: number,
  count: number,
  more: Partial<RecordResult> = {},
): RecordResult => ({ handful: handful as PendingBatch, at, count, outcome: 'acked', atUs: 9, ...more })

describe('handfuls', () => {
  test('what falls due together goes together, one handful per topic and partition, with sequences of their own', async () => {
    const { intake, sent } = rig(1e6)
    for (let i = 0; i < 3; i++) intake.offer(0, 1, 100, i, 10)
    intake.offer(0, 2, 100, 3, 10)
    intake.offer(1, 1, 100, 4, 10, 7)
    expect(sent).toEqual([])
    await Promise.resolve()
    expect(sent.map(({ topic, partition, firstSeq, count }) => [topic, partition, firstSeq, count])).toEqual([
      [0, 1, 0, 3],
      [0, 2, 0, 1],
      [1, 1, 0, 1],
    ])
    expect(sent[2]?.keys).toEqual([7])
    intake.offer(0, 1, 100, 5, 20)
    await Promise.resolve()
    expect(sent.at(-1)).toMatchObject({ firstSeq: 3, count: 1, attempts: 1 })
    expect([sent.at(-1)?.intended.toArray(), sent.at(-1)?.offered.toArray()]).toEqual([[5], [20]])
  })

  test('a flush hands over at once and tells the client not to linger', () => {
    const { intake, sent, client } = rig()
    intake.offer(0, 0, 100, 1, 1)
    intake.flush()
    expect([sent.length, client.flushed]).toEqual([1, 1])
  })

  test('a poll says whether there was anything to hand over', () => {
    const { intake } = rig()
    expect(intake.poll()).toBe(false)
    intake.offer(0, 0, 100, 1, 1)
    expect([intake.poll(), intake.poll()]).toEqual([true, false])
    intake.offer(0, 0, 100, 2, 1)
    intake.close()
    expect(intake.poll()).toBe(false)
  })
})

describe('outcomes', () => {
  test('come in parts and in any order, each record once with its own times', () => {
    const { intake, sent, finals } = rig(1e6)
    for (let i = 0; i < 5; i++) intake.offer(0, 0, 100, 10 + i, 20)
    intake.poll()
    intake.settle([
      result(sent[0], 3, 2),
      result(sent[0], 0, 1, { outcome: 'unknown', errorClass: 'TimeoutException' }),
    ])
    expect(intake.isEmpty).toBe(false)
    expect(intake.outstanding().map(({ firstSeq, count }) => [firstSeq, count])).toEqual([[1, 2]])
    intake.settle([result(sent[0], 1, 2, { outcome: 'failed' })])
    expect(intake.isEmpty).toBe(true)
    expect(finals).toEqual([
      { firstSeq: 3, count: 2, intendedUs: [13, 14], outcome: 'acked' },
      { firstSeq: 0, count: 1, intendedUs: [10], outcome: 'unknown', errorClass: 'TimeoutException' },
      { firstSeq: 1, count: 2, intendedUs: [11, 12], outcome: 'failed' },
    ])
  })

  test('a second answer for a record is a bug that ends the worker', () => {
    const { intake, sent } = rig()
    intake.offer(0, 0, 100, 1, 1)
    intake.offer(0, 0, 100, 2, 1)
    intake.poll()
    intake.settle([result(sent[0], 0, 1)])
    expect(() => intake.settle([result(sent[0], 0, 2)])).toThrow(/answered twice/)
  })
})

describe('a full buffer', () => {
  test('buffer.memory counts what has no outcome yet', () => {
    const { intake, sent } = rig(250)
    expect([0, 1, 2].map(i => intake.offer(0, 0, 100, i, 1))).toEqual(['newBatch', 'appended', 'full'])
    intake.poll()
    intake.settle([result(sent[0], 0, 1)])
    expect(intake.offer(0, 0, 100, 3, 1)).toBe('newBatch')
  })

  test('a client without room is full too, but one record always goes, however large', () => {
    const { intake, client } = rig(250)
    client.hasRoom = false
    expect(intake.offer(0, 0, 9000, 1, 1)).toBe('newBatch')
    expect(intake.offer(0, 0, 10, 1, 1)).toBe('full')
  })
})

describe('a producer worker as shipped', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  test('leaves partitions to the client, counts its batches, and censors what never came back', async () => {
    const seen: { partition: number; sequence: number }[] = []
    const counts = { requests: 0, wireBytes: 0, compressedBytes: 0, uncompressedBytes: 0 }
    const made = { batches: 0, batchRecords: 0, batchBytes: 0 }
    const driver: Driver = {
      capabilities: { ...capabilities, kind: 'record' },
      createRecordProducer: (options: RecordProducerOptions) => ({
        open: async () => undefined,
        hasRoom: () => true,
        flush: () => undefined,
        counters: () => ({ ...counts, made: { ...made } }),
        close: async () => undefined,
        send: handful => {
          counts.requests++
          made.batches += 2
          made.batchRecords += handful.count
          for (let at = 0; at < handful.count; at++) {
            const reading = readEnvelope(options.record.value(handful, at))
            if (reading.ok) seen.push(reading.envelope)
          }
          const answered = seen.length < 950
          setTimeout(() => {
            if (answered)
              options.onResults([{ handful, at: 0, count: handful.count, outcome: 'acked', atUs: options.nowUs() }])
          }, 2)
        },
      }),
    }
    const run = await startVirtual({ mode: 'as-shipped', segments: [stretch('measure', 1, 1000)] }, driver)
    await run.advance(1000)
    await run.finish(100)
    const { counters } = run.merged()
    expect(seen.map(({ partition }) => partition)).toEqual(seen.map(() => UNPLACED))
    expect(seen.map(({ sequence }) => sequence)).toEqual(seen.map((_, at) => at))
    expect([counters['sent'], seen.length]).toEqual([1000, 1000])
    expect((counters['acked'] ?? 0) + (counters['unknown'] ?? 0)).toBe(1000)
    expect(counters['unknown']).toBeGreaterThan(0)
    expect(counters['unknown']).toBeLessThanOrEqual(52)
    expect(counters).toMatchObject({ requests: counts.requests, batches: made.batches, batchRecords: 1000 })
  })
})
