// Counts that are held back must come out under the phase they were made in, once, and all of them.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Tally } from '../../../src/load/tally.ts'
import type { PhaseName } from '../../../src/recording/format.ts'

const NAMES = ['sent', 'bytes']
const phase = fc.constantFrom<PhaseName>('warmup', 'measure')
const step = fc.oneof(
  fc.record({ phase, place: fc.nat({ max: NAMES.length - 1 }), by: fc.nat({ max: 1000 }) }),
  fc.constant('flush' as const),
)

test('what was added is told under its phase, whenever it is flushed', () => {
  fc.assert(
    fc.property(fc.array(step), steps => {
      const told: Record<string, number> = {}
      const due: Record<string, number> = {}
      const recorder = {
        count: (phase: PhaseName, name: string, by = 1) => {
          told[`${phase} ${name}`] = (told[`${phase} ${name}`] ?? 0) + by
        },
      }
      const tally = new Tally(NAMES)
      for (const one of steps) {
        if (one === 'flush') tally.flush(recorder)
        else {
          tally.enter(recorder, one.phase)
          tally.add(one.place, one.by)
          const key = `${one.phase} ${NAMES[one.place]}`
          due[key] = (due[key] ?? 0) + one.by
        }
      }
      tally.flush(recorder)
      expect(told).toEqual(due)
    }),
  )
})
