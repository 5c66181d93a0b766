// Seconds are cut by completion and phases by intention; nothing may fall between two intervals or into both.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type IntervalReport, Recorder } from '../../../src/load/recorder.ts'
import type { WorkerHealth } from '../../../src/recording/format.ts'
import { LatencyHistogram } from '../../../src/stats/histogram.ts'

const T0_US = 1_790_000_000_000_000
const SECOND_US = 1_000_000
const HEALTH: WorkerHealth = { cpuUs: 1, rssBytes: 2, gcUs: 3, gcMaxUs: 4, loopLateMaxUs: 5 }

function rig() {
  const reports: IntervalReport[] = []
  let asked = 0
  const recorder = new Recorder(
    T0_US,
    () => {
      asked++
      return HEALTH
    },
    more => reports.push(...more),
  )
  return { recorder, reports, asked: () => asked }
}

const histogramOf = (report: IntervalReport | undefined, name: string): LatencyHistogram | undefined => {
  const found = report?.histograms.find(histogram => histogram.name === name)
  return found && LatencyHistogram.decode(found.bytes)
}

describe('seconds', () => {
  test('close at their end, not before, and carry what came in between', () => {
    const { recorder, reports } = rig()
    recorder.count('measure', 'sent', 3)
    recorder.tick(T0_US + SECOND_US - 1)
    expect(reports).toHaveLength(0)
    recorder.tick(T0_US + SECOND_US)
    recorder.count('measure', 'sent', 4)
    recorder.tick(T0_US + 2 * SECOND_US)
    expect(reports).toMatchObject([
      { seq: 0, t0Us: T0_US, t1Us: T0_US + SECOND_US, phase: 'measure', counters: { sent: 3 } },
      { seq: 1, t0Us: T0_US + SECOND_US, t1Us: T0_US + 2 * SECOND_US, counters: { sent: 4 } },
    ])
  })

  test('a late tick closes one long interval that says so, and the next begins where it ended', () => {
    const { recorder, reports } = rig()
    recorder.count('measure', 'sent')
    recorder.tick(T0_US + 3.4 * SECOND_US)
    recorder.count('measure', 'sent')
    recorder.tick(T0_US + 4 * SECOND_US)
    expect(reports.map(({ seq, t0Us, t1Us }) => [seq, (t0Us - T0_US) / SECOND_US, (t1Us - T0_US) / SECOND_US])).toEqual(
      [
        [0, 0, 3],
        [3, 3, 4],
      ],
    )
  })

  test('the end closes a short one', () => {
    const { recorder, reports } = rig()
    recorder.tick(T0_US + SECOND_US)
    recorder.count('drain', 'acked')
    recorder.end(T0_US + 1.25 * SECOND_US)
    expect(reports.at(-1)).toMatchObject({
      seq: 1,
      t0Us: T0_US + SECOND_US,
      t1Us: T0_US + 1.25 * SECOND_US,
      counters: { acked: 1 },
    })
  })

  test('whatever the ticks, intervals touch, their numbers rise, and every count is in one of them', () => {
    const step = fc.record({ gapUs: fc.integer({ min: 0, max: 2_500_000 }), counts: fc.nat(5) })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), steps => {
        const { recorder, reports } = rig()
        let us = T0_US
        let total = 0
        for (const { gapUs, counts } of steps) {
          us += gapUs
          recorder.tick(us)
          recorder.count('measure', 'acked', counts)
          recorder.latency('measure', 'ack', counts, counts + 1)
          total += counts
        }
        recorder.end(us + 1)
        expect(reports.reduce((sum, report) => sum + (report.counters['acked'] ?? 0), 0)).toBe(total)
        expect(reports.reduce((sum, report) => sum + (histogramOf(report, 'ack')?.count ?? 0), 0)).toBe(
          total + steps.length,
        )
        for (const [i, report] of reports.entries()) {
          expect(report.t0Us).toBe(reports[i - 1]?.t1Us ?? T0_US)
          expect(report.seq).toBeGreaterThan(reports[i - 1]?.seq ?? -1)
          expect(report.t0Us - T0_US).toBe(report.seq * SECOND_US)
        }
        expect(reports.at(-1)?.t1Us).toBe(us + 1)
      }),
    )
  })
})

describe('phases', () => {
  test('of one second are told apart, and health comes once', () => {
    const { recorder, reports, asked } = rig()
    recorder.count('warmup', 'acked', 2)
    recorder.latency('warmup', 'ack', 10)
    recorder.count('measure', 'acked', 5)
    recorder.latency('measure', 'ack', 20, 5)
    recorder.tick(T0_US + SECOND_US)
    expect(reports.map(({ phase, counters }) => [phase, counters])).toEqual([
      ['warmup', { acked: 2 }],
      ['measure', { acked: 5 }],
    ])
    expect(reports.map(report => histogramOf(report, 'ack')?.count)).toEqual([1, 5])
    expect(reports.map(({ health }) => health)).toEqual([HEALTH, undefined])
    expect(asked()).toBe(1)
  })

  test('a second in which nothing happened still tells the generator’s health', () => {
    const { recorder, reports } = rig()
    recorder.tick(T0_US + SECOND_US)
    expect(reports).toMatchObject([{ seq: 0, counters: {}, histograms: [], health: HEALTH }])
  })
})

describe('histograms', () => {
  test('are used again and hold nothing of the second before', () => {
    const { recorder, reports } = rig()
    for (let second = 1; second <= 5; second++) {
      recorder.latency('measure', 'ack', second * 1000)
      recorder.latency('measure', 'slip', -second)
      recorder.tick(T0_US + second * SECOND_US)
    }
    for (const [i, report] of reports.entries()) {
      expect(histogramOf(report, 'ack')?.count).toBe(1)
      expect(histogramOf(report, 'ack')?.quantileUs(1)).toBeCloseTo((i + 1) * 1000, -1)
      expect(report.histograms.map(({ name, negative }) => [name, negative])).toEqual([
        ['ack', 0],
        ['slip', 1],
      ])
    }
  })

  test('values above a day are counted beside them', () => {
    const { recorder, reports } = rig()
    recorder.latency('measure', 'e2e', 86_400_000_001, 3)
    recorder.latency('measure', 'e2e', 5)
    recorder.end(T0_US + 5)
    expect(reports[0]?.counters).toEqual({ 'above.e2e': 3 })
    expect(histogramOf(reports[0], 'e2e')?.count).toBe(4)
  })
})
