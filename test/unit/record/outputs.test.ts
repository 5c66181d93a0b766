// Which output a record becomes is computed twice, by who writes it and by who looks for it; both must mean the same.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { outputOf, outputsOf } from '../../../src/record/outputs.ts'

test('consecutive records go to all partitions in turn, and each gets the next sequence there', () => {
  expect([0, 1, 2, 3, 4].map(at => outputOf(at, 3))).toEqual([
    { partition: 0, sequence: 0 },
    { partition: 1, sequence: 0 },
    { partition: 2, sequence: 0 },
    { partition: 0, sequence: 1 },
    { partition: 1, sequence: 1 },
  ])
})

test('a stretch of records becomes exactly what its records become one by one', () => {
  const numbers = fc.tuple(fc.nat({ max: 500 }), fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 9 }))
  fc.assert(
    fc.property(numbers, ([at, n, partitions]) => {
      const stretches = outputsOf(at, n, partitions).flatMap(({ partition, seq0, n: count }) =>
        Array.from({ length: count }, (_, i) => `${partition}:${seq0 + i}`),
      )
      const single = Array.from({ length: n }, (_, i) => outputOf(at + i, partitions))
      expect(stretches.sort()).toEqual(single.map(({ partition, sequence }) => `${partition}:${sequence}`).sort())
    }),
  )
})
