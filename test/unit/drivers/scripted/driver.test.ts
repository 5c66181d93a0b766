// The stand-in that calibrates all measuring must itself keep to its script to the microsecond.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { Times } from '../../../../src/core/times.ts'
import type { BatchResult, PendingBatch, Scripted } from '../../../../src/drivers/driver.ts'
import { driver, scriptedLatencyUs } from '../../../../src/drivers/scripted/driver.ts'

const T0_US = 1_790_000_000_000_000

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'Date'], now: T0_US / 1000 })
})
afterEach(() => {
  vi.useRealTimers()
})

const nowUs = (): number => Date.now() * 1000

function batchAt(seq: number, count = 1): PendingBatch {
  return {
    topic: 0,
    partition: 0,
    firstSeq: seq,
    count,
    rawBytes: 100,
    intended: Times.of(Array.from({ length: count }, nowUs)),
    offered: Times.of(Array.from({ length: count }, nowUs)),
    createdUs: nowUs(),
    attempts: 1,
    notBeforeUs: 0,
    ambiguous: false,
  }
}

function rig(scripted: Scripted | undefined, acks = 'all') {
  const results: BatchResult[] = []
  const producer = driver.createProducer({
    bootstrap: [],
    clientId: 'x',
    settings: { acks },
    topics: [],
    record: { value: () => Buffer.alloc(0), key: () => null, headers: () => undefined },
    nowUs,
    ...(scripted ? { scripted } : {}),
  })
  const send = (seq: number, count = 1): void =>
    producer.dispatch(1, [batchAt(seq, count)], answers => results.push(...answers))
  return { producer, results, send }
}

describe('latencies', () => {
  test('shares are met exactly over every 10,000 records', () => {
    const latency = [
      { share: 0.6, us: 1 },
      { share: 0.39, us: 2 },
      { share: 0.01, us: 3 },
    ]
    const counts = [0, 0, 0, 0]
    for (let seq = 0; seq < 20_000; seq++)
      counts[scriptedLatencyUs(latency, seq)] = (counts[scriptedLatencyUs(latency, seq)] ?? 0) + 1
    expect(counts).toEqual([0, 12_000, 7800, 200])
  })

  test('shares that do not quite add up give the rest to the last', () => {
    const latency = [
      { share: 1 / 3, us: 1 },
      { share: 1 / 3, us: 2 },
      { share: 1 / 3 - 1e-9, us: 3 },
    ]
    for (let seq = 0; seq < 10_000; seq++) expect([1, 2, 3]).toContain(scriptedLatencyUs(latency, seq))
  })

  test('an answer comes after its latency and says when that was', () => {
    const { results, send } = rig({ latency: [{ share: 1, us: 7000 }] })
    send(0)
    vi.advanceTimersByTime(6)
    expect(results).toHaveLength(0)
    vi.advanceTimersByTime(1)
    expect(results).toMatchObject([{ outcome: 'acked', atUs: T0_US + 7000 }])
  })

  test('without a script it is a millisecond', () => {
    expect(scriptedLatencyUs(undefined, 5)).toBe(1000)
  })

  test('acks=0 is never called acknowledged', () => {
    const { results, send } = rig(undefined, '0')
    send(0)
    vi.advanceTimersByTime(10)
    expect(results).toMatchObject([{ outcome: 'sentNoAck' }])
  })
})

describe('a stall', () => {
  const SCRIPT: Scripted = { latency: [{ share: 1, us: 1000 }], stall: { atMs: 100, forMs: 50 }, drainPerSecond: 1000 }

  /** Sends one record each 2 ms and returns the delay of each answer in ms, by record. */
  function delays(script: Scripted, untilMs: number): number[] {
    const { results, send } = rig(script)
    for (let ms = 0; ms < untilMs; ms += 2) {
      send(ms / 2)
      vi.advanceTimersByTime(2)
    }
    vi.advanceTimersByTime(10_000)
    return results
      .toSorted((a, b) => a.batch.firstSeq - b.batch.firstSeq)
      .map(({ batch, atUs }) => (atUs - batch.intended.first) / 1000)
  }

  test('holds every answer due in it to its end, and then serves one after another', () => {
    const seen = delays(SCRIPT, 400)
    // An independent walk through the same queue, record by record.
    let servedMs = Number.NEGATIVE_INFINITY
    const expected = Array.from({ length: 200 }, (_, i) => {
      const [sentMs, dueMs] = [2 * i, 2 * i + 1]
      if ((dueMs < 100 || dueMs >= 150) && dueMs >= servedMs) return dueMs - sentMs
      servedMs = Math.max(servedMs, 150) + 1
      return Math.max(dueMs, servedMs) - sentMs
    })
    expect(seen).toEqual(expected)
    expect(seen[49]).toBe(1)
    expect(Math.max(...seen)).toBe(51)
    // 25 records waited and 1,000/s serve twice what comes: the last of the next 25 finds the queue empty.
    expect(seen.filter(ms => ms > 1)).toHaveLength(49)
    expect(seen.at(-1)).toBe(1)
  })

  test('without a drain rate everything that waited comes at its end', () => {
    const { drainPerSecond: _, ...script } = SCRIPT
    const seen = delays(script, 400)
    expect(seen.filter(ms => ms > 1)).toHaveLength(25)
    for (const [i, ms] of seen.entries()) if (ms > 1) expect(2 * i + ms).toBe(150)
  })

  test('a queue that has emptied saves up no capacity', () => {
    const { results, send } = rig(SCRIPT)
    send(0)
    vi.advanceTimersByTime(120)
    send(1)
    vi.advanceTimersByTime(500)
    send(2, 100)
    vi.advanceTimersByTime(500)
    expect(results.map(({ batch, atUs }) => atUs - batch.createdUs)).toEqual([1000, 31_000, 1000])
  })

  test('a batch takes as long as its records', () => {
    const { results, send } = rig(SCRIPT)
    send(0)
    vi.advanceTimersByTime(120)
    send(1, 40)
    vi.advanceTimersByTime(500)
    expect(results[1]?.atUs).toBe(T0_US + 190_000)
  })
})
