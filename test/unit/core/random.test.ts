// Plans, payloads and keys are reproducible only as long as these functions give the same numbers on every machine.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { hash32, hashText, seededRandom, shuffled } from '../../../src/core/random.ts'

describe('hash32', () => {
  test('is fixed: another value would change every recorded seed', () => {
    expect([hash32(), hash32(0), hash32(1), hash32(1, 2, 3), hash32(0xffffffff)]).toMatchInlineSnapshot(`
      [
        2654435769,
        822192327,
        3575000764,
        3053600446,
        3651021923,
      ]
    `)
  })

  test('every part and its place count', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(), { minLength: 2, maxLength: 4 }), parts => {
        const changed = parts.map((part, i) => (i === 0 ? part + 1 : part))
        expect(hash32(...changed)).not.toBe(hash32(...parts))
      }),
    )
    expect(hash32(1, 2)).not.toBe(hash32(2, 1))
  })

  test('fills all 32 bits evenly', () => {
    const ones = new Array<number>(32).fill(0)
    const draws = 20_000
    for (let i = 0; i < draws; i++) {
      const h = hash32(7, i)
      for (let bit = 0; bit < 32; bit++) if ((h >>> bit) & 1) ones[bit] = (ones[bit] ?? 0) + 1
    }
    // Six standard deviations of a fair coin.
    for (const count of ones) expect(Math.abs(count - draws / 2)).toBeLessThan(3 * Math.sqrt(draws))
  })
})

test('hashText is FNV-1a', () => {
  expect(hashText('')).toBe(0x811c9dc5)
  expect(hashText('a')).toBe(0xe40c292c)
  expect(hashText('foobar')).toBe(0xbf9cf968)
})

describe('seededRandom', () => {
  test('gives the same sequence for the same seed and another for another', () => {
    const draw = (seed: number): number[] => Array.from({ length: 5 }, seededRandom(seed))
    expect(draw(42)).toEqual(draw(42))
    expect(draw(42)).not.toEqual(draw(43))
    expect(draw(1)).toMatchInlineSnapshot(`
      [
        0.6270739405881613,
        0.002735721180215478,
        0.5274470399599522,
        0.9810509674716741,
        0.9683778982143849,
      ]
    `)
  })

  test('is uniform in [0, 1)', () => {
    const random = seededRandom(3)
    const bins = new Array<number>(20).fill(0)
    for (let i = 0; i < 100_000; i++) {
      const u = random()
      expect(u >= 0 && u < 1).toBe(true)
      bins[Math.floor(u * 20)] = (bins[Math.floor(u * 20)] ?? 0) + 1
    }
    const chi2 = bins.reduce((sum, n) => sum + (n - 5000) ** 2 / 5000, 0)
    // 19 degrees of freedom; 43.8 is passed by one in a thousand.
    expect(chi2).toBeLessThan(43.8)
  })
})

describe('shuffled', () => {
  test('is a permutation, and leaves its input alone', () => {
    fc.assert(
      fc.property(fc.array(fc.integer()), fc.nat(), (items, seed) => {
        const before = [...items]
        const out = shuffled(items, seededRandom(seed))
        expect(items).toEqual(before)
        expect(out.toSorted((a, b) => a - b)).toEqual(before.toSorted((a, b) => a - b))
      }),
    )
  })

  test('every order of three items is as likely as every other', () => {
    const seen = new Map<string, number>()
    const random = seededRandom(11)
    for (let i = 0; i < 12_000; i++) {
      const key = shuffled(['a', 'b', 'c'], random).join('')
      seen.set(key, (seen.get(key) ?? 0) + 1)
    }
    expect(seen.size).toBe(6)
    const chi2 = [...seen.values()].reduce((sum, n) => sum + (n - 2000) ** 2 / 2000, 0)
    expect(chi2).toBeLessThan(20.5)
  })
})
