// What windows of a calibration add up to, and what share of it a load takes.
import { describe, expect, test } from 'vitest'
import { capacityOf, peakRate, usedShare } from '../../../src/run/capacity.ts'
import { stretch } from '../load/virtual-producer.ts'

type Report = Parameters<typeof capacityOf>[0][number]

const second = (at: number, acked: number, cpuUs: number, lengthSeconds = 1): Report => ({
  t0Us: at * 1e6,
  t1Us: (at + lengthSeconds) * 1e6,
  counters: { acked, sent: acked, bytes: acked * 100 },
  health: { cpuUs, rssBytes: 0, gcUs: 0, gcMaxUs: 0, loopLateMaxUs: 0 },
})
const WINDOWS = { fromUs: 1e6, lengthUs: 1e6, count: 3 }

describe('capacityOf', () => {
  test('takes the median window without the warm-up, rates and CPU each by its own', () => {
    const reports = [second(0, 9999, 9e6), second(1, 100, 1000), second(2, 300, 1500), second(3, 200, 400)]
    const capacity = capacityOf(reports, WINDOWS)
    expect(capacity.windows).toEqual([100, 300, 200])
    expect(capacity).toMatchObject({ perSecond: 200, bytesPerSecond: 20_000, cpuSecondsPerMillion: 5 })
  })

  test('adds the workers of a group up, and records that nobody acknowledges too', () => {
    const noAck = { ...second(1, 0, 0), counters: { sentNoAck: 50, sent: 50, bytes: 5000 } }
    expect(capacityOf([second(1, 100, 1000), noAck], { ...WINDOWS, count: 1 }).perSecond).toBe(150)
  })

  test('spreads an interval that was closed late over the windows it reaches, and no further', () => {
    const reports = [second(0.5, 300, 3000, 3)]
    expect(capacityOf(reports, WINDOWS).windows).toEqual([100, 100, 50])
  })
})

describe('the share that a load takes', () => {
  const capacity = { perSecond: 1000, cpuSecondsPerMillion: 1000 }

  test('is that of the busiest group where its workers are the limit', () => {
    expect(
      usedShare(
        800,
        [
          { share: 0.75, capacity },
          { share: 0.25, capacity },
        ],
        4,
      ),
    ).toBeCloseTo(0.6)
  })

  test('is that of all cores where groups share them', () => {
    expect(
      usedShare(
        800,
        [
          { share: 0.5, capacity },
          { share: 0.5, capacity },
        ],
        1,
      ),
    ).toBeCloseTo(0.8)
  })

  test('is of the highest rate of the schedule', () => {
    const ramp = { ...stretch('measure', 5, 100), toPerSecond: 700 }
    expect(peakRate([stretch('warmup', 1, 50), ramp])).toBe(700)
    expect(peakRate([stretch('measure', 5, 'max')])).toBe(0)
  })
})
