// Open loop stands or falls here: no arrival is lost or doubled, each keeps its intended time, and catching up is bounded and named.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type CatchUp, type Lateness, Pacer } from '../../../src/load/pacer.ts'
import { evenArrivals, makeSchedule, poissonArrivals } from '../../../src/load/schedule.ts'
import type { Segment } from '../../../src/scenario/schema/load.ts'

type Offer = { intendedUs: number; index: number; atUs: number; lateness: Lateness }
type Setup = {
  segments?: readonly Segment[]
  catchUp?: CatchUp
  maxAgeUs?: number
  worker?: number
  workers?: number
  poisson?: boolean
}

const steady = (perSecond: number, seconds = 10): Segment[] => [
  {
    phase: 'measure',
    kind: 'steady',
    durationMs: seconds * 1000,
    fromPerSecond: perSecond,
    toPerSecond: perSecond,
    max: false,
  },
]
const ramp = (from: number, to: number, seconds: number): Segment[] => [
  { phase: 'measure', kind: 'ramp', durationMs: seconds * 1000, fromPerSecond: from, toPerSecond: to, max: false },
]

/** A pacer with everything it did written down; `accepts` says whether the buffer has room. */
function rig(setup: Setup = {}) {
  const {
    segments = steady(1000),
    catchUp = 'bounded',
    maxAgeUs = 10e6,
    worker = 0,
    workers = 1,
    poisson = false,
  } = setup
  const schedule = makeSchedule(segments, 1)
  const arrivals = poisson ? poissonArrivals(schedule, worker, workers, 1) : evenArrivals(schedule, worker, workers)
  const offers: Offer[] = []
  const abandoned: { intendedUs: number; ageUs: number }[] = []
  const room = { for: Number.POSITIVE_INFINITY }
  let refused = 0
  const pacer = new Pacer(
    schedule,
    arrivals,
    { catchUp, maxAgeUs, workers },
    {
      offer: (intendedUs, index, atUs, lateness) => {
        if (room.for <= 0) {
          refused++
          return false
        }
        room.for--
        offers.push({ intendedUs, index, atUs, lateness })
        return true
      },
      abandon: (intendedUs, ageUs) => abandoned.push({ intendedUs, ageUs }),
    },
  )
  /** Wakes every `everyUs` from one time to another, both included. */
  const run = (fromUs: number, toUs: number, everyUs = 1000): void => {
    for (let us = fromUs; us <= toUs; us += everyUs) pacer.step(us)
  }
  return { pacer, schedule, offers, abandoned, room, run, refused: () => refused }
}

const slipOf = ({ atUs, intendedUs }: Offer): number => atUs - intendedUs

describe('on time', () => {
  test('every arrival goes out in order at the first wake-up after its time', () => {
    const { offers, run, pacer } = rig({ segments: steady(5000) })
    run(0, 10e6)
    expect(offers.map(({ index }) => index)).toEqual(Array.from({ length: 50_000 }, (_, i) => i))
    for (const offer of offers) {
      expect(slipOf(offer)).toBeGreaterThanOrEqual(0)
      expect(slipOf(offer)).toBeLessThan(1000)
      expect(offer.lateness).toBe('scheduler')
    }
    expect(pacer.finished).toBe(true)
  })

  test('nothing goes out before its time, and the answer says when to come back', () => {
    const { pacer, offers } = rig({ segments: steady(10) })
    expect(pacer.step(-300_000)).toBe(0)
    expect(offers).toHaveLength(0)
    expect(pacer.step(0)).toBe(100_000)
    expect(pacer.step(99_999)).toBe(100_000)
    expect(offers).toHaveLength(1)
    expect(pacer.step(100_000)).toBe(200_000)
  })

  test.each<CatchUp>(['bounded', 'burst', 'drop'])(
    '%s: late wake-ups of up to 8 ms lose no time to the next one',
    catchUp => {
      const { offers, abandoned, pacer } = rig({ segments: steady(20_000, 2), catchUp })
      let us = 0
      for (let i = 0; us <= 2.1e6; i++) {
        pacer.step(us)
        us += i % 50 === 0 ? 8000 : 1000
      }
      expect(offers).toHaveLength(40_000)
      expect(abandoned).toHaveLength(0)
      for (const offer of offers) expect(slipOf(offer)).toBeLessThanOrEqual(8000)
    },
  )

  test('waiting for the start costs nothing, whatever the ramp looks like from there', () => {
    const { offers, run } = rig({ segments: ramp(1, 10_000, 10) })
    run(-300_000, 10e6)
    expect(offers).toHaveLength(50_005)
    expect(Math.max(...offers.map(slipOf))).toBeLessThanOrEqual(1000)
  })
})

describe('after a stall of the generator', () => {
  const RATE = 10_000
  const STALL_US = 500_000

  function stalled(catchUp: CatchUp, setup: Setup = {}) {
    const made = rig({ segments: steady(RATE), catchUp, ...setup })
    made.run(0, 2e6)
    const wakeUs = 2e6 + STALL_US
    made.run(wakeUs, 10.1e6)
    return { ...made, wakeUs, late: made.offers.filter(offer => offer.atUs >= wakeUs) }
  }

  test('bounded: no 10 ms window after the first wake-up holds more than twice the rate', () => {
    const { late, wakeUs } = stalled('bounded')
    const perMs = new Map<number, number>()
    for (const { atUs } of late) perMs.set(atUs, (perMs.get(atUs) ?? 0) + 1)
    // The wake-up itself hands out the bucket: 10 ms at twice the rate.
    expect(perMs.get(wakeUs)).toBeLessThanOrEqual(2 * RATE * 0.01)
    for (let from = wakeUs; from < 10e6; from += 1000) {
      let inWindow = 0
      for (let us = from + 1000; us <= from + 10_000; us += 1000) inWindow += perMs.get(us) ?? 0
      expect(inWindow, `window from ${from}`).toBeLessThanOrEqual(2 * RATE * 0.01 + 1)
    }
  })

  test('bounded: catching up takes as long as the stall did, and intended times are kept', () => {
    const { offers, late, wakeUs, abandoned } = stalled('bounded')
    expect(offers.map(({ index }) => index)).toEqual(Array.from({ length: 100_000 }, (_, i) => i))
    expect(abandoned).toHaveLength(0)
    for (const { intendedUs, index } of offers) expect(intendedUs).toBeCloseTo(index * 100, 3)
    const caughtUpUs = late.find(offer => slipOf(offer) < 1000)?.atUs ?? 0
    expect((caughtUpUs - wakeUs) / STALL_US).toBeGreaterThan(0.9)
    expect((caughtUpUs - wakeUs) / STALL_US).toBeLessThan(1.02)
  })

  test('burst: everything overdue goes out at the first wake-up', () => {
    const { late, wakeUs } = stalled('burst')
    expect(late.filter(offer => offer.atUs === wakeUs)).toHaveLength(STALL_US / 100)
  })

  test('drop: what is older than 10 ms is given up with its age, the rest goes out at once', () => {
    const { late, abandoned, wakeUs, offers } = stalled('drop')
    expect(abandoned).toHaveLength(STALL_US / 100 - 101)
    for (const { intendedUs, ageUs } of abandoned) {
      expect(ageUs).toBeCloseTo(wakeUs - intendedUs, 3)
      expect(ageUs).toBeGreaterThan(10_000)
    }
    expect(offers.length + abandoned.length).toBe(100_000)
    expect(late.filter(offer => offer.atUs === wakeUs)).toHaveLength(101)
  })

  test('bounded: older than max age is given up, the rest kept', () => {
    const { offers, abandoned } = stalled('bounded', { maxAgeUs: 200_000 })
    expect(abandoned.length).toBeGreaterThan(0)
    for (const { ageUs } of abandoned) expect(ageUs).toBeGreaterThan(200_000)
    for (const offer of offers) expect(slipOf(offer)).toBeLessThanOrEqual(200_000)
    const seen = offers.length + abandoned.length
    expect(seen).toBe(100_000)
  })

  test('burst never gives anything up', () => {
    expect(stalled('burst', { maxAgeUs: 1 }).abandoned).toHaveLength(0)
  })

  test('catching up goes on after the last arrival was due, at twice the rate the overdue ones had', () => {
    const { offers, run } = rig({ segments: [...steady(10_000, 1), ...steady(10, 1)] })
    run(0, 900_000)
    run(1_100_000, 3e6)
    const fast = offers.filter(({ index }) => index < 10_000)
    expect(fast).toHaveLength(10_000)
    expect(Math.max(...fast.map(({ atUs }) => atUs))).toBeLessThan(1_160_000)
  })
})

describe('a full buffer', () => {
  test('holds the schedule back, and what waited is tagged backpressure until it has caught up', () => {
    const { offers, room, run, pacer } = rig({ segments: steady(1000) })
    run(0, 1e6)
    const before = offers.length
    room.for = 0
    run(1_001_000, 1.5e6)
    expect(offers).toHaveLength(before)
    expect(pacer.dueBy(1.5e6)).toBe(1501)
    room.for = Number.POSITIVE_INFINITY
    run(1_501_000, 10.1e6)
    expect(offers.map(({ index }) => index)).toEqual(Array.from({ length: 10_000 }, (_, i) => i))
    const caughtUp = offers.findIndex(
      (offer, i) => i > before && slipOf(offer) === 0 && (offers[i + 1]?.lateness ?? '') === 'scheduler',
    )
    expect(caughtUp).toBeGreaterThan(before)
    for (const offer of offers.slice(before, before + 500)) expect(offer.lateness).toBe('backpressure')
    for (const offer of offers.slice(0, before)) expect(offer.lateness).toBe('scheduler')
    for (const offer of offers.slice(-5000)) expect(offer.lateness).toBe('scheduler')
  })

  test('tells how many it holds back at any time, and none once there is room', () => {
    const { offers, room, run, pacer } = rig({ segments: steady(1000) })
    run(0, 1e6)
    expect(pacer.heldBack(pacer.dueBy(1e6))).toBe(0)
    room.for = 0
    run(1_001_000, 1.5e6)
    expect(pacer.heldBack(pacer.dueBy(1.5e6))).toBe(1501 - offers.length)
    room.for = Number.POSITIVE_INFINITY
    run(1_501_000, 3e6)
    expect(pacer.heldBack(pacer.dueBy(3e6))).toBe(0)
  })

  test('a stall of the generator alone is never called backpressure', () => {
    const { offers, run, pacer } = rig({ segments: steady(1000) })
    run(0, 1e6)
    run(1.5e6, 1_501_000)
    expect(pacer.dueBy(1_501_000)).toBeGreaterThan(offers.length + 100)
    expect(pacer.heldBack(pacer.dueBy(1_501_000))).toBe(0)
    run(1_502_000, 10.1e6)
    expect(offers.every(offer => offer.lateness === 'scheduler')).toBe(true)
  })

  test('an arrival that waited too long for room is given up once, not offered again', () => {
    const { offers, abandoned, room, run } = rig({ segments: steady(100, 2), maxAgeUs: 300_000 })
    run(0, 500_000)
    room.for = 0
    run(501_000, 1.2e6)
    room.for = Number.POSITIVE_INFINITY
    run(1_201_000, 3e6)
    const seen = [...offers.map(({ intendedUs }) => intendedUs), ...abandoned.map(({ intendedUs }) => intendedUs)]
    expect(seen.toSorted((a, b) => a - b).map(us => Math.round(us))).toEqual(
      Array.from({ length: 200 }, (_, i) => i * 10_000),
    )
    expect(abandoned.length).toBeGreaterThan(30)
  })
})

describe('never loses or doubles an arrival', () => {
  test('whatever the wake-ups, the room, the policy and the number of workers', () => {
    const wake = fc.record({ gapUs: fc.integer({ min: 0, max: 60_000 }), room: fc.integer({ min: 0, max: 40 }) })
    fc.assert(
      fc.property(
        fc.array(wake, { minLength: 5, maxLength: 60 }),
        fc.constantFrom<CatchUp>('bounded', 'burst', 'drop'),
        fc.integer({ min: 1, max: 4 }),
        fc.boolean(),
        fc.constantFrom(steady(900, 1), ramp(1, 1500, 1), [...steady(50, 1), ...steady(1200, 1)]),
        (wakes, catchUp, workers, poisson, segments) => {
          for (let worker = 0; worker < workers; worker++) {
            const { pacer, offers, abandoned, room, schedule } = rig({
              segments,
              catchUp,
              maxAgeUs: 150_000,
              worker,
              workers,
              poisson,
            })
            let us = 0
            for (const { gapUs, room: space } of wakes) {
              room.for = space
              pacer.step((us += gapUs))
              expect(offers.length + abandoned.length).toBeLessThanOrEqual(pacer.dueBy(us))
            }
            room.for = Number.POSITIVE_INFINITY
            for (; !pacer.finished; us += 5000) pacer.step(us)
            const twin = rig({ segments, worker, workers, poisson, catchUp: 'burst' })
            twin.pacer.step(schedule.endUs + 1)
            const all = [...offers.map(offer => offer.intendedUs), ...abandoned.map(gone => gone.intendedUs)]
            expect(all.toSorted((a, b) => a - b)).toEqual(twin.offers.map(offer => offer.intendedUs))
            expect(pacer.dueBy(schedule.endUs)).toBe(all.length)
          }
        },
      ),
      { numRuns: 60 },
    )
  })
})
