// The schedule is the clock every latency is measured against: inverse functions, exact totals, and no arrival owned twice or by nobody.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Arrivals, evenArrivals, makeSchedule, poissonArrivals } from '../../../src/load/schedule.ts'
import type { Segment } from '../../../src/scenario/schema/load.ts'

type Shape = { seconds: number; from: number; to?: number; phase?: 'warmup' | 'measure'; max?: boolean }

function segmentsOf(...shapes: Shape[]): Segment[] {
  return shapes.map(({ seconds, from, to = from, phase = 'measure', max = false }) => ({
    phase,
    kind: max ? 'steady' : to === from ? 'steady' : 'ramp',
    durationMs: seconds * 1000,
    fromPerSecond: max ? 0 : from,
    toPerSecond: max ? 0 : to,
    max,
  }))
}

const shape: fc.Arbitrary<Shape> = fc.record({
  seconds: fc.integer({ min: 1, max: 60 }),
  from: fc.integer({ min: 1, max: 100_000 }),
  to: fc.integer({ min: 1, max: 100_000 }),
})
const shapes = fc.array(shape, { minLength: 1, maxLength: 5 })

function drain(arrivals: Arrivals): { us: number; index: number }[] {
  const out: { us: number; index: number }[] = []
  for (let us = arrivals.peekUs(); us !== Number.POSITIVE_INFINITY; us = arrivals.peekUs()) {
    out.push({ us, index: arrivals.take() })
  }
  return out
}

describe('Λ and its inverse', () => {
  test.each([
    ['constant', segmentsOf({ seconds: 10, from: 500 }), 3.7, 1850],
    ['ramp from 0', segmentsOf({ seconds: 10, from: 0, to: 1000 }), 5, 1250],
    ['ramp down', segmentsOf({ seconds: 10, from: 1000, to: 200 }), 5, 4000],
    ['second step', segmentsOf({ seconds: 2, from: 100 }, { seconds: 2, from: 300 }), 3, 500],
  ])('%s: the area under the rate', (_, segments, atSeconds, expected) => {
    const schedule = makeSchedule(segments, 1)
    expect(schedule.countAt(atSeconds * 1e6)).toBeCloseTo(expected, 9)
    expect(schedule.timeOf(expected)).toBeCloseTo(atSeconds * 1e6, 3)
  })

  test('Λ(Λ⁻¹(n)) = n for every n of every schedule', () => {
    fc.assert(
      fc.property(
        shapes,
        fc.double({ min: 0.05, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 0.999999, noNaN: true }),
        (list, share, at) => {
          const schedule = makeSchedule(segmentsOf(...list), share)
          const n = at * schedule.countAt(schedule.endUs)
          expect(schedule.countAt(schedule.timeOf(n))).toBeCloseTo(n, 4)
        },
      ),
    )
  })

  test('Λ⁻¹(Λ(t)) = t for every t of every schedule', () => {
    fc.assert(
      fc.property(shapes, fc.double({ min: 0, max: 0.999999, noNaN: true }), (list, at) => {
        const schedule = makeSchedule(segmentsOf(...list), 1)
        const us = at * schedule.endUs
        expect(Math.abs(schedule.timeOf(schedule.countAt(us)) - us)).toBeLessThan(0.5)
      }),
    )
  })

  test('Λ is the integral of the rate', () => {
    fc.assert(
      fc.property(shapes, fc.double({ min: 0, max: 1, noNaN: true }), (list, at) => {
        const schedule = makeSchedule(segmentsOf(...list), 1)
        const us = Math.floor((at * schedule.endUs) / 1000) * 1000
        const step = 500
        const middle = us + step / 2
        const slope = (schedule.countAt(us + step) - schedule.countAt(us)) / (step / 1e6)
        if (us + step < schedule.endUs) expect(slope / schedule.rateAt(middle)).toBeCloseTo(1, 3)
      }),
    )
  })

  test('an hour at a high rate has no drift: arrival 359,999,999 of 100k/s is due 10 µs before the end', () => {
    const schedule = makeSchedule(segmentsOf({ seconds: 3600, from: 100_000 }), 1)
    expect(schedule.total).toBe(360_000_000)
    expect(schedule.timeOf(359_999_999)).toBeCloseTo(3.6e9 - 10, 2)
  })
})

describe('the edges', () => {
  const schedule = makeSchedule(
    segmentsOf({ seconds: 2, from: 100, phase: 'warmup' }, { seconds: 3, from: 10, to: 90 }),
    0.5,
  )

  test('totals count the share of every stretch', () => {
    expect(schedule.total).toBe((200 + 150) / 2)
    expect(schedule.endUs).toBe(5e6)
  })

  test.each([
    [-1, 'warmup', 50],
    [0, 'warmup', 50],
    [1_999_999, 'warmup', 50],
    [2_000_000, 'measure', 5],
    [3_500_000, 'measure', 25],
    [5_000_000, 'measure', 45],
    [9_000_000, 'measure', 45],
  ])('at %i µs the phase is %s and the rate %f', (us, phase, rate) => {
    expect(schedule.phaseAt(us)).toBe(phase)
    expect(schedule.rateAt(us)).toBeCloseTo(rate, 4)
  })

  test('nothing is due before the start, and nothing more after the end', () => {
    expect([schedule.countAt(-5), schedule.countAt(0)]).toEqual([0, 0])
    expect(schedule.countAt(8e6)).toBe(schedule.countAt(5e6))
  })

  test('before a ramp begins its rate is the one it begins with, never below', () => {
    expect(makeSchedule(segmentsOf({ seconds: 10, from: 1, to: 10_000 }), 1).rateAt(-300_000)).toBe(1)
  })

  test('closed-loop stretches have no arrivals', () => {
    const mixed = makeSchedule(
      segmentsOf({ seconds: 1, from: 10, phase: 'warmup' }, { seconds: 5, from: 0, max: true }),
      1,
    )
    expect(mixed.total).toBe(10)
    expect([mixed.isClosedLoopAt(0), mixed.isClosedLoopAt(1e6), mixed.isClosedLoopAt(9e6)]).toEqual([false, true, true])
    const late = makeSchedule(
      segmentsOf({ seconds: 1, from: 0, max: true, phase: 'warmup' }, { seconds: 1, from: 10 }),
      1,
    )
    expect(late.timeOf(0)).toBe(1e6)
  })

  test('a schedule of nothing is refused', () => {
    expect(() => makeSchedule([], 1)).toThrow(RangeError)
  })
})

describe('even arrivals', () => {
  test('the stripes of all workers hold every arrival exactly once, each at its time', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            seconds: fc.integer({ min: 1, max: 3 }),
            from: fc.integer({ min: 1, max: 200 }),
            to: fc.integer({ min: 1, max: 200 }),
          }),
          { minLength: 1, maxLength: 3 },
        ),
        fc.integer({ min: 1, max: 9 }),
        (list, workers) => {
          const schedule = makeSchedule(segmentsOf(...list), 1)
          const owned = Array.from({ length: workers }, (_, worker) => drain(evenArrivals(schedule, worker, workers)))
          for (const [worker, own] of owned.entries()) for (const { index } of own) expect(index % workers).toBe(worker)
          const all = owned.flat().toSorted((a, b) => a.index - b.index)
          expect(all.map(({ index }) => index)).toEqual(Array.from({ length: schedule.total }, (_, i) => i))
          for (const { us, index } of all) expect(us).toBe(schedule.timeOf(index))
          expect(all.at(-1)?.us ?? 0).toBeLessThan(schedule.endUs)
        },
      ),
      { numRuns: 50 },
    )
  })

  test('dueBy counts the arrivals whose time has come, however they are taken', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 500 }),
        fc.integer({ min: 1, max: 7 }),
        fc.integer({ min: -10, max: 2_500_000 }),
        (rate, workers, us) => {
          const schedule = makeSchedule(segmentsOf({ seconds: 2, from: rate }), 1)
          for (let worker = 0; worker < workers; worker++) {
            const due = drain(evenArrivals(schedule, worker, workers)).filter(arrival => arrival.us <= us + 1e-3).length
            expect(evenArrivals(schedule, worker, workers).dueBy(us)).toBe(due)
          }
        },
      ),
    )
  })
})

describe('Poisson arrivals', () => {
  const schedule = makeSchedule(segmentsOf({ seconds: 100, from: 1000 }), 1)

  test('gaps are exponential: mean 1/R, variance 1/R², a share 1/e longer than the mean', () => {
    const times = drain(poissonArrivals(schedule, 0, 1, 17)).map(({ us }) => us)
    const gaps = times.slice(1).map((us, i) => us - (times[i] as number))
    const mean = gaps.reduce((a, b) => a + b) / gaps.length
    const variance = gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length
    expect(mean / 1000).toBeCloseTo(1, 1)
    expect(variance / 1e6).toBeCloseTo(1, 1)
    expect(gaps.filter(gap => gap > mean).length / gaps.length).toBeCloseTo(Math.exp(-1), 2)
  })

  test('counts per 100 ms have a variance as large as their mean, unlike even ones', () => {
    const dispersion = (arrivals: Arrivals): number => {
      const bins = new Array<number>(1000).fill(0)
      for (const { us } of drain(arrivals)) bins[Math.floor(us / 100_000)] = (bins[Math.floor(us / 100_000)] ?? 0) + 1
      const mean = bins.reduce((a, b) => a + b) / bins.length
      return bins.reduce((sum, n) => sum + (n - mean) ** 2, 0) / bins.length / mean
    }
    expect(dispersion(poissonArrivals(schedule, 0, 1, 5))).toBeGreaterThan(0.85)
    expect(dispersion(poissonArrivals(schedule, 0, 1, 5))).toBeLessThan(1.15)
    expect(dispersion(evenArrivals(schedule, 0, 1))).toBeLessThan(0.01)
  })

  test('workers share the rate, are independent, and their indices never collide', () => {
    const workers = Array.from({ length: 4 }, (_, worker) => drain(poissonArrivals(schedule, worker, 4, 3)))
    for (const own of workers) expect(own.length / 25_000).toBeCloseTo(1, 1)
    const indices = workers.flat().map(({ index }) => index)
    expect(new Set(indices).size).toBe(indices.length)
    expect(workers[0]?.[0]?.us).not.toBe(workers[1]?.[0]?.us)
  })

  test('follow a ramp: the first half of 0 → R holds a quarter', () => {
    const ramp = makeSchedule(segmentsOf({ seconds: 100, from: 0, to: 2000 }), 1)
    const times = drain(poissonArrivals(ramp, 0, 1, 2)).map(({ us }) => us)
    expect(times.filter(us => us < 50e6).length / times.length).toBeCloseTo(0.25, 2)
    expect(Math.max(...times)).toBeLessThanOrEqual(ramp.endUs)
  })

  test('dueBy looks ahead without taking, and taking does not change it', () => {
    const arrivals = poissonArrivals(schedule, 0, 1, 8)
    const expected = drain(poissonArrivals(schedule, 0, 1, 8)).map(({ us }) => us)
    for (const us of [0, 1000, 50_000, 1_000_000]) {
      expect(arrivals.dueBy(us)).toBe(expected.filter(at => at <= us).length)
    }
    for (const us of expected.slice(0, 500)) {
      expect(arrivals.peekUs()).toBe(us)
      arrivals.take()
    }
    expect(arrivals.dueBy(1_000_000)).toBe(expected.filter(at => at <= 1_000_000).length)
  })

  test('is the same for the same seed only', () => {
    const first = (seed: number): number => poissonArrivals(schedule, 0, 1, seed).peekUs()
    expect(first(4)).toBe(first(4))
    expect(first(4)).not.toBe(first(5))
  })
})
