// The set of sequences must say the same as a plain set of numbers, whatever is added in whatever order.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SeqSet, TooManyGaps } from '../../../src/verify/seq-set.ts'

const range = fc.record({ seq: fc.nat({ max: 60 }), n: fc.integer({ min: 1, max: 20 }) })

test('tells new, late and repeated numbers as a plain set would', () => {
  fc.assert(
    fc.property(fc.array(range, { maxLength: 30 }), range, (added, asked) => {
      const set = new SeqSet({ left: 1000 })
      const plain = new Set<number>()
      for (const { seq, n } of added) {
        const highest = Math.max(-1, ...plain)
        const told: [string, number][] = []
        set.add(seq, n, (part, from, count) => {
          for (let i = 0; i < count; i++) told.push([part, from + i])
        })
        const expected = Array.from({ length: n }, (_, i): [string, number] => {
          const number = seq + i
          return [number > highest ? 'new' : plain.has(number) ? 'repeated' : 'late', number]
        })
        expect(told).toEqual(expected)
        for (let i = 0; i < n; i++) plain.add(seq + i)
      }
      const met: number[] = []
      set.forEachRange((from, count) => met.push(...Array.from({ length: count }, (_, i) => from + i)))
      expect(met).toEqual([...plain].sort((a, b) => a - b))
      const split: boolean[] = []
      set.split(asked.seq, asked.n, (isMet, _, count) => split.push(...Array.from({ length: count }, () => isMet)))
      expect(split).toEqual(Array.from({ length: asked.n }, (_, i) => plain.has(asked.seq + i)))
    }),
    { numRuns: 2000 },
  )
})

test('gives up where memory for gaps ends, and takes back what was filled', () => {
  const set = new SeqSet({ left: 2 })
  const ignore = (): void => undefined
  for (let i = 0; i < 10; i++) {
    set.add(4 * i + 2, 1, ignore)
    set.add(4 * i, 2, ignore)
    set.add(4 * i + 3, 1, ignore)
  }
  expect(set.isWhole).toBe(true)
  set.add(100, 1, ignore)
  set.add(110, 1, ignore)
  expect(() => set.add(120, 1, ignore)).toThrow(TooManyGaps)
})
