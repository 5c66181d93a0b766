// When a trial is lost: not before enough is seen, not by what might yet come, and then by whoever missed the deadline.
import { describe, expect, it } from 'vitest'
import type { IntervalReport } from '../../../src/load/recorder.ts'
import { type Lost, LostWatch } from '../../../src/run/lost.ts'
import { cutAt, phasesOf } from '../../../src/run/phases.ts'
import { LatencyHistogram } from '../../../src/stats/histogram.ts'

const T0_US = 1.79e15
const GOAL = { deadlineMs: 100, missShare: 0.01 }
const WARM_SECONDS = 3
const WRITERS = { role: 'producer', group: 'writers' } as const
const READERS = { role: 'consumer', group: 'billing' } as const

type Told = { late?: number; inTime?: number; counters?: Record<string, number>; phase?: IntervalReport['phase'] }

function report(seq: number, name: 'ack' | 'e2e', told: Told): IntervalReport {
  const histogram = new LatencyHistogram()
  histogram.record(5000, told.inTime ?? 1000)
  if (told.late) histogram.record(150_000, told.late)
  return {
    seq,
    t0Us: T0_US + seq * 1e6,
    t1Us: T0_US + (seq + 1) * 1e6,
    phase: told.phase ?? 'measure',
    counters: told.counters ?? {},
    histograms: [{ name, bytes: histogram.encode(), negative: 0 }],
  }
}

/** What was lost after each second in turn, of 20,000 records that 20 s of 1,000/s would send. */
async function lostBy(told: (second: number, of: 'ack' | 'e2e') => Told, seconds = 20): Promise<Lost | undefined> {
  const watch = new LostWatch(GOAL, 20_000, WARM_SECONDS * 1000)
  for (let second = 0; second < seconds; second++) {
    watch.interval(WRITERS, report(WARM_SECONDS + second, 'ack', told(second, 'ack')))
    watch.interval(READERS, report(WARM_SECONDS + second, 'e2e', told(second, 'e2e')))
    const lost = await Promise.race([watch.met, new Promise<undefined>(resolve => setImmediate(resolve, undefined))])
    if (lost) return lost
  }
  return undefined
}

const endOf = (second: number): number => T0_US + (WARM_SECONDS + second + 1) * 1e6

describe('a trial of which one in a hundred may be late', () => {
  it('is lost with the record after the two hundredth', async () => {
    const late = (second: number, of: string): Told => ({ late: of === 'ack' ? (second < 10 ? 20 : 1) : 0 })
    expect(await lostBy(late)).toEqual({ atUs: endOf(10), missed: 201, of: 20_000, by: 'producers' })
  })

  it('is held by exactly as many', async () => {
    expect(await lostBy(() => ({ late: 10 }))).toBeUndefined()
  })

  it('is lost by a group that reads late, however early producers had their answers', async () => {
    const late = (_: number, of: string): Told => ({ late: of === 'e2e' ? 30 : 0 })
    expect(await lostBy(late)).toEqual({ atUs: endOf(6), missed: 210, of: 20_000, by: 'group billing' })
  })

  it('is lost by records that failed, or whose end is unknown', async () => {
    const told = (_: number, of: string): Told => (of === 'ack' ? { counters: { failed: 15, unknown: 15 } } : {})
    expect(await lostBy(told)).toMatchObject({ atUs: endOf(6), missed: 210 })
  })

  it('is not ended before five seconds, which tell what grew', async () => {
    expect(await lostBy(() => ({ late: 1000 }))).toMatchObject({ atUs: endOf(4), missed: 5000 })
  })

  it('begins after the warm-up, though a worker that is a little late tells its first records with those before', async () => {
    const watch = new LostWatch(GOAL, 20_000, WARM_SECONDS * 1000)
    const after = (seconds: number) => watch.interval(READERS, report(seconds - 1, 'e2e', { late: 1000 }))
    for (let seconds = WARM_SECONDS; seconds < WARM_SECONDS + 5; seconds++) after(seconds)
    const soon = new Promise(resolve => setImmediate(resolve, 'not yet'))
    expect(await Promise.race([watch.met, soon])).toBe('not yet')
    after(WARM_SECONDS + 5)
    expect(await watch.met).toMatchObject({ atUs: endOf(4) })
  })

  it('is not ended by what is told after its end', async () => {
    const watch = new LostWatch(GOAL, 20_000, WARM_SECONDS * 1000)
    watch.end()
    watch.interval(WRITERS, report(WARM_SECONDS + 20, 'ack', { late: 1000 }))
    const soon = new Promise(resolve => setImmediate(resolve, 'not ended'))
    expect(await Promise.race([watch.met, soon])).toBe('not ended')
  })

  it('is not lost in its warm-up', async () => {
    expect(await lostBy(() => ({ late: 1000, phase: 'warmup' }))).toBeUndefined()
  })
})

it('phases that never come are cut off, and the one that was on is shorter', () => {
  const segment = { kind: 'steady', fromPerSecond: 10, toPerSecond: 10, max: false } as const
  const phases = phasesOf(
    [
      { ...segment, phase: 'warmup', durationMs: 1000 },
      { ...segment, phase: 'measure', durationMs: 4000 },
      { ...segment, phase: 'measure', durationMs: 4000 },
    ],
    T0_US,
  )
  const [warmup, first, second] = phases
  expect(phases.map(({ t0Us, t1Us }) => [t0Us - T0_US, t1Us - T0_US])).toEqual([
    [0, 1e6],
    [1e6, 5e6],
    [5e6, 9e6],
  ])
  expect(cutAt(phases, T0_US + 3e6)).toEqual([warmup, { ...first, t1Us: T0_US + 3e6 }])
  expect(cutAt(phases, T0_US + 5e6)).toEqual([warmup, first])
  expect(cutAt(phases, T0_US + 60e6)).toEqual([warmup, first, second])
})
