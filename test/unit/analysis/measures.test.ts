// Every headline number is made here from counters and histograms, so each is held against a sum done by hand.
import { describe, expect, test } from 'vitest'
import {
  addMerged,
  latencyOf,
  type Merged,
  measuresOf,
  measureWindow,
  mergeIntervals,
} from '../../../src/analysis/measures.ts'
import { unpackHistogram } from '../../../src/recording/read.ts'
import { LatencyHistogram } from '../../../src/stats/histogram.ts'
import { madeInterval, madeRecord, packed, T0_US } from '../recording/made.ts'

const CONTEXT = {
  durationMs: 8000,
  completed: 4000,
  completedBytes: 400_000,
  stored: 5000,
  consumed: 4900,
  lagMax: 12,
  producerCpuUs: 2_000_000,
  producerRecords: 4000,
}

const merged = (counters: Record<string, number>): Merged => ({ counters, histograms: new Map() })

describe('mergeIntervals', () => {
  const intervals = [
    madeInterval(0, { counters: { acked: 2, sent: 3 }, histograms: { ack: packed([100, 300]), slip: packed([5]) } }),
    madeInterval(1, { counters: { acked: 5 }, histograms: { ack: packed([200]) } }),
  ]

  test('adds counters and histograms', () => {
    const { counters, histograms } = mergeIntervals(intervals, unpackHistogram)
    expect(counters).toEqual({ acked: 7, sent: 3 })
    expect([...histograms.keys()]).toEqual(['ack', 'slip'])
    expect(histograms.get('ack')?.count).toBe(3)
    expect([0.01, 0.5, 1].map(q => histograms.get('ack')?.quantileUs(q))).toEqual([100, 200, 300])
  })

  test('unpacks only what is asked for', () => {
    const unpacked: string[] = []
    const { histograms } = mergeIntervals(intervals, text => (unpacked.push(text), unpackHistogram(text)), ['slip'])
    expect([...histograms.keys()]).toEqual(['slip'])
    expect(unpacked).toHaveLength(1)
  })

  test('of nothing is nothing', () => {
    expect(mergeIntervals([], unpackHistogram)).toEqual(merged({}))
  })

  test('merging merged is the same as merging all at once, and leaves its input alone', () => {
    const [a, b] = intervals.map(interval => mergeIntervals([interval], unpackHistogram)) as [Merged, Merged]
    const into: Merged = { counters: {}, histograms: new Map() }
    addMerged(into, a)
    addMerged(into, b)
    const whole = mergeIntervals(intervals, unpackHistogram)
    expect(into.counters).toEqual(whole.counters)
    for (const [name, histogram] of whole.histograms)
      expect(into.histograms.get(name)?.encode()).toEqual(histogram.encode())
    expect(a.histograms.get('ack')?.count).toBe(2)
  })
})

describe('measuresOf', () => {
  test('counts are taken over, ratios are of sums', () => {
    const measures = measuresOf(
      merged({
        scheduled: 4000,
        sent: 3990,
        sentOnTime: 3980,
        acked: 3900,
        sentNoAck: 5,
        failed: 60,
        unknown: 30,
        dropped: 10,
        retries: 7,
        requests: 50,
        wireBytes: 900,
        batches: 40,
        batchBytes: 400_040,
        batchRecords: 3990,
        compressedBytes: 100,
        uncompressedBytes: 250,
      }),
      CONTEXT,
    )
    expect(measures).toMatchObject({
      durationMs: 8000,
      scheduled: 4000,
      sent: 3990,
      sentOnTime: 3980,
      acked: 3900,
      sentNoAck: 5,
      failed: 60,
      unknown: 30,
      dropped: 10,
      retries: 7,
      requests: 50,
      wireBytes: 900,
      stored: 5000,
      consumed: 4900,
      lagMax: 12,
      throughputPerSecond: 500,
      throughputBytesPerSecond: 50_000,
      achieved: 0.995,
      batchSizeAvgBytes: 10_001,
      recordsPerBatchAvg: 99.75,
      compressionRatio: 2.5,
      cpuSecondsPerMillion: 500,
    })
  })

  test('errors are told by class, those of readers apart', () => {
    const { errorsByClass, readerErrors } = measuresOf(
      merged({
        'error.TIMEOUT': 3,
        'error.LOST': 1,
        'readerError.NOT_LEADER': 2,
        'corrupt.crc': 4,
        'corrupt.place': 1,
        foreign: 5,
        acked: 9,
      }),
      CONTEXT,
    )
    expect(errorsByClass).toEqual({ TIMEOUT: 3, LOST: 1, 'reader NOT_LEADER': 2, 'corrupt crc': 4, 'corrupt place': 1 })
    expect(readerErrors).toBe(2 + 4 + 1 + 5)
  })

  test('what was not measured is not a number, rather than zero or one', () => {
    const { achieved, batchSizeAvgBytes, recordsPerBatchAvg } = measuresOf(merged({}), CONTEXT)
    for (const value of [achieved, batchSizeAvgBytes, recordsPerBatchAvg]) expect(value).toBeNaN()
    expect(measuresOf(merged({}), { ...CONTEXT, producerRecords: 0 }).cpuSecondsPerMillion).toBeUndefined()
  })

  test('without a codec the ratio is one', () => {
    expect(measuresOf(merged({ uncompressedBytes: 500 }), CONTEXT).compressionRatio).toBe(1)
  })
})

describe('latencyOf', () => {
  test('takes every number from the histogram, and doubts from the counters', () => {
    const histogram = new LatencyHistogram()
    for (let us = 1; us <= 1000; us++) histogram.record(us)
    const latency = latencyOf(histogram, { censored: 3, 'negative.ack': 2, 'above.ack': 1, 'negative.e2e': 9 }, 'ack')
    expect(latency).toMatchObject({
      count: 1000,
      minUs: 1,
      maxUs: 1000,
      censored: 3,
      negative: 2,
      above: 1,
      quantiles: { p50: 500, p90: 900, p99: 990, p999: 999 },
    })
    expect(latency.meanUs).toBeCloseTo(500.5, 0)
    expect(latency.curve).toEqual(histogram.curve())
  })

  test('only acknowledgements can be censored', () => {
    const histogram = new LatencyHistogram()
    histogram.record(1)
    for (const name of ['ack.service', 'e2e', 'slip'] as const)
      expect(latencyOf(histogram, { censored: 3 }, name)).toMatchObject({ censored: 0, negative: 0 })
    expect(latencyOf(histogram, {}, 'e2e')).not.toHaveProperty('above')
  })
})

describe('measureWindow', () => {
  test('spans all measured phases and no warm-up', () => {
    expect(measureWindow(madeRecord())).toEqual({ t0Us: T0_US + 2e6, t1Us: T0_US + 10e6 })
    const steps = { name: 'measure', kind: 'step', fromPerSecond: 1, toPerSecond: 1, max: false } as const
    expect(
      measureWindow({
        phases: [
          { ...steps, t0Us: 5, t1Us: 7 },
          { ...steps, t0Us: 7, t1Us: 9 },
        ],
      }),
    ).toEqual({ t0Us: 5, t1Us: 9 })
  })
})
