// Times are kept as runs, and must read as the plain list that they stand for.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Times } from '../../../src/core/times.ts'

const runs = fc.array(fc.tuple(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 1, max: 4 })), { maxLength: 20 })

describe('Times', () => {
  test('read as the list they stand for, in any order', () => {
    fc.assert(
      fc.property(runs, fc.array(fc.nat()), (list, places) => {
        const times = new Times()
        for (const [us, count] of list) times.add(us, count)
        const plain = list.flatMap(([us, count]) => Array.from({ length: count }, () => us))
        expect(times.count).toBe(plain.length)
        expect(times.toArray()).toEqual(plain)
        for (const place of plain.length === 0 ? [] : places) {
          expect(times.at(place % plain.length)).toBe(plain[place % plain.length])
        }
        for (const from of places)
          expect(times.slice(from % 80, from % 7).toArray()).toEqual(plain.slice(from % 80, (from % 80) + (from % 7)))
        const visited: number[] = []
        times.forEachRun((us, count) => visited.push(...Array.from({ length: count }, () => us)))
        expect(visited).toEqual(plain)
      }),
    )
  })

  test('equal neighbours share one entry', () => {
    const times = Times.of([7, 7, 7, 8, 7])
    expect(times.us).toEqual([7, 8, 7])
    expect(times.until).toEqual([3, 4, 5])
    expect([times.first, times.last]).toEqual([7, 7])
  })

  test('a place that does not exist is an error, and nothing has no first time', () => {
    expect(() => Times.of([1]).at(1)).toThrow(RangeError)
    expect(() => Times.of([1]).at(-1)).toThrow(RangeError)
    expect([new Times().first, new Times().last]).toEqual([Number.NaN, Number.NaN])
  })
})
