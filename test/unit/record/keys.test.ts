// Keys must land where a Java producer would put them, and be as skewed as the scenario says.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { keyDraw, murmur2, partitionOfKey } from '../../../src/record/keys.ts'

const bytes = (text: string): Uint8Array => Buffer.from(text)

describe('murmur2', () => {
  // The values of Kafka's own UtilsTest.
  test.each([
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
    ['abc', 479470107],
  ])('of %s is Java’s %i', (text, expected) => {
    expect(murmur2(bytes(text))).toBe(expected)
  })

  test('bytes above 127 are taken unsigned, as Java does with & 0xff', () => {
    // toPositive(murmur2) of three such tails, each of another length.
    expect([murmur2(Uint8Array.of(0xff)), murmur2(Uint8Array.of(1, 0x80)), murmur2(Uint8Array.of(1, 2, 0xfe))]).toEqual(
      [0xff, 0x80, 0xfe].map((_, i) => referenceMurmur2([[0xff], [1, 0x80], [1, 2, 0xfe]][i] as number[])),
    )
  })

  test('agrees with a second implementation in 64-bit arithmetic', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), data => {
        expect(murmur2(data)).toBe(referenceMurmur2([...data]))
      }),
    )
  })

  test('the partition is (hash & 0x7fffffff) mod n', () => {
    expect(partitionOfKey(bytes('21'), 7)).toBe((-973932308 & 0x7fffffff) % 7)
    expect(partitionOfKey(bytes('abc'), 12)).toBe(479470107 % 12)
  })
})

/** murmur2 with big integers cut to 32 bits, as the paper has it. */
function referenceMurmur2(data: number[]): number {
  const mask = 0xffffffffn
  const m = 0x5bd1e995n
  const mix = (k: bigint): bigint => {
    const a = (k * m) & mask
    return ((a ^ (a >> 24n)) * m) & mask
  }
  let h = 0x9747b28cn ^ BigInt(data.length)
  let i = 0
  for (; i + 4 <= data.length; i += 4) {
    const k = data.slice(i, i + 4).reduceRight((all, byte) => (all << 8n) | BigInt(byte), 0n)
    h = ((h * m) & mask) ^ mix(k)
  }
  const tail = data.slice(i)
  if (tail.length > 0) h = ((h ^ tail.reduceRight((all, byte) => (all << 8n) | BigInt(byte), 0n)) * m) & mask
  h = ((h ^ (h >> 13n)) * m) & mask
  return Number(BigInt.asIntN(32, h ^ (h >> 15n)))
}

describe('keyDraw', () => {
  const draws = 100_000
  const histogram = (draw: (index: number) => number, size: number): number[] => {
    const counts = new Array<number>(size).fill(0)
    for (let i = 0; i < draws; i++) counts[draw(i)] = (counts[draw(i)] ?? 0) + 1
    return counts
  }

  test('uniform: every key as often as every other', () => {
    const counts = histogram(keyDraw({ distribution: 'uniform', cardinality: 50, exponent: 1, prefix: '' }, 3), 50)
    const chi2 = counts.reduce((sum, n) => sum + (n - draws / 50) ** 2 / (draws / 50), 0)
    // 49 degrees of freedom; 85.4 is passed by one in a thousand.
    expect(chi2).toBeLessThan(85.4)
  })

  test.each([0.8, 1, 1.5])('zipf with exponent %f: key k falls in proportion to (k + 1)^−s', exponent => {
    const size = 200
    const counts = histogram(keyDraw({ distribution: 'zipf', cardinality: size, exponent, prefix: '' }, 9), size)
    const weights = counts.map((_, k) => (k + 1) ** -exponent)
    const sum = weights.reduce((a, b) => a + b)
    const chi2 = counts.reduce((total, n, k) => {
      const expected = (draws * (weights[k] ?? 0)) / sum
      return total + (n - expected) ** 2 / expected
    }, 0)
    // 199 degrees of freedom; 267 is passed by one in a thousand.
    expect(chi2).toBeLessThan(267)
  })

  test('is pure in seed and index, and beyond 32 bits of index', () => {
    const spec = { distribution: 'uniform', cardinality: 1_000_000, exponent: 1, prefix: '' } as const
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 0, max: 2 ** 40 }), (seed, index) => {
        expect(keyDraw(spec, seed)(index)).toBe(keyDraw(spec, seed)(index))
      }),
    )
    const draw = keyDraw(spec, 1)
    expect(draw(5)).not.toBe(draw(5 + 2 ** 32))
  })

  test('stays inside its cardinality', () => {
    for (const distribution of ['uniform', 'zipf'] as const) {
      const draw = keyDraw({ distribution, cardinality: 3, exponent: 2, prefix: '' }, 1)
      for (let i = 0; i < 2000; i++) expect([0, 1, 2]).toContain(draw(i))
    }
  })
})
