// The finder that keeps its answer must agree with the schedule that is asked every time.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { PhaseFinder } from '../../../src/load/phases.ts'
import { makeSchedule } from '../../../src/load/schedule.ts'
import { stretch } from './virtual-producer.ts'

const segment = fc
  .tuple(fc.constantFrom('warmup' as const, 'measure' as const), fc.integer({ min: 1, max: 4 }))
  .map(([phase, seconds]) => stretch(phase, seconds, 10))
const time = fc.oneof(
  fc.integer({ min: -2_000_000, max: 30_000_000 }),
  fc.nat({ max: 30 }).map(s => s * 1_000_000),
)

test('any times in any order are in the phase the schedule says', () => {
  fc.assert(
    fc.property(fc.array(segment, { minLength: 1, maxLength: 5 }), fc.array(time), (segments, times) => {
      const finder = new PhaseFinder(segments)
      const schedule = makeSchedule(segments, 1)
      for (const us of times) expect(finder.at(us)).toBe(schedule.phaseAt(us))
    }),
  )
})

test('without a segment there is no phase', () => {
  expect(() => new PhaseFinder([])).toThrow(RangeError)
})
