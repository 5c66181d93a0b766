// Units: what each writing means, what is refused and why, and that what is written can be read back.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  formatBytes,
  formatCount,
  formatDurationMs,
  formatUs,
  parseBytesPerSecond,
  parseCount,
  parseDurationMs,
  parseNumber,
  parsePerSecond,
  parseRatePerSecond,
  parseRatio,
  parseSizeBytes,
  UNIT_PATTERNS,
  type UnitResult,
} from '../../../src/core/units.ts'

type Parser = (text: string) => UnitResult

const refused = (result: UnitResult): string =>
  result.ok ? `read as ${result.value}` : `${result.kind}: ${result.reason} → ${result.hint}`

describe.each<[string, Parser, [string, number][]]>([
  [
    'durations',
    parseDurationMs,
    [
      ['5ms', 5],
      ['0ms', 0],
      ['1.5s', 1500],
      ['.5s', 500],
      ['2m', 120_000],
      ['1h', 3_600_000],
      ['250us', 0.25],
      [' 5 ms ', 5],
      ['0.3s', 300],
      ['+5ms', 5],
      ['168h', 604_800_000],
    ],
  ],
  [
    'sizes',
    parseSizeBytes,
    [
      ['100B', 100],
      ['1kB', 1000],
      ['64KiB', 65_536],
      ['1MB', 1_000_000],
      ['1.5MiB', 1_572_864],
      ['1GB', 1e9],
      ['1024GiB', 2 ** 40],
      ['0.001kB', 1],
    ],
  ],
  [
    'rates',
    parseRatePerSecond,
    [
      ['500/s', 500],
      ['20k/s', 20_000],
      ['1.001k/s', 1001],
      ['0.5/s', 0.5],
      ['1M/s', 1e6],
      ['20k / s', 20_000],
      ['1000M/s', 1e9],
    ],
  ],
  [
    'rates of rules',
    parsePerSecond,
    [
      ['0/s', 0],
      ['20k/s', 20_000],
    ],
  ],
  [
    'bytes per second',
    parseBytesPerSecond,
    [
      ['10MB/s', 1e7],
      ['512KiB/s', 524_288],
    ],
  ],
  [
    'counts',
    parseCount,
    [
      ['300', 300],
      ['10k', 10_000],
      ['2M', 2e6],
      ['1.1k', 1100],
      ['0', 0],
    ],
  ],
  [
    'ratios',
    parseRatio,
    [
      ['50%', 0.5],
      ['0.5', 0.5],
      ['1', 1],
      ['150%', 1.5],
      ['99.9%', 0.999],
      ['0', 0],
    ],
  ],
  [
    'numbers',
    parseNumber,
    [
      ['2.5', 2.5],
      ['-3', -3],
    ],
  ],
])('%s', (_name, parse, table) => {
  it.each(table)('%s is %d', (text, value) => {
    expect(parse(text)).toEqual({ ok: true, value })
  })
})

describe('what is refused', () => {
  it.each<[Parser, string, RegExp]>([
    [parseDurationMs, '5', /^unit: 5 has no unit → write 5ms, 5s or 5m$/],
    [parseDurationMs, '5 sec', /^unit: "sec" is not a unit of duration → did you mean 5s\?/],
    [parseDurationMs, '5S', /did you mean 5s\?/],
    [parseDurationMs, '1d', /units: us, ms, s, m, h/],
    [parseDurationMs, '-5ms', /^low: -5ms is negative/],
    [parseDurationMs, '-0s', /^low/],
    [parseDurationMs, '169h', /^high: 169h is too large → the largest duration is 168h/],
    [parseDurationMs, '1_000ms', /without separators/],
    [parseDurationMs, '1e3ms', /"e3ms" is not a unit/],
    [parseDurationMs, '', /^number: "" is not a duration/],
    [parseDurationMs, 'soon', /^number: "soon" is not a duration → write 500ms/],
    [parseDurationMs, 'Infinity', /^number/],
    [parseDurationMs, '5constructor', /"constructor" is not a unit/],
    [parseDurationMs, '5__proto__', /"__proto__" is not a unit/],
    [parseDurationMs, '5toString', /"toString" is not a unit/],
    [parseSizeBytes, '10', /write 10B, 10KiB or 10MiB/],
    [parseSizeBytes, '64KB', /did you mean 64KiB\?/],
    [parseSizeBytes, '64K', /did you mean 64KiB\?/],
    [parseSizeBytes, '64mib', /did you mean 64MiB\?/],
    [parseSizeBytes, '0.5B', /is not a whole number of bytes/],
    [parseSizeBytes, '1025GiB', /^high/],
    [parseRatePerSecond, '0/s', /^low: 0\/s is not greater than zero/],
    [parseRatePerSecond, '-5/s', /^low/],
    [parseRatePerSecond, '500', /^unit: 500 has no unit → rates are per second: write 500\/s/],
    [parseRatePerSecond, '500/m', /"\/m" is not a unit of rate/],
    [parseRatePerSecond, '500/', /is not a unit of rate/],
    [parseRatePerSecond, 'fast/s', /is not a rate/],
    [parseRatePerSecond, '1001M/s', /^high/],
    [parseBytesPerSecond, '10MB', /is not bytes per second/],
    [parseCount, '10K', /use k \(thousand\) or M/],
    [parseCount, '-1', /^low/],
    [parseCount, '9999999999M', /^high/],
    [parseRatio, '99', /^high: 99 is 9900% → did you mean 99%\?/],
    [parseRatio, '-5%', /^low/],
    [parseRatio, '5x', /is not a unit of ratio/],
    [parseNumber, '2.5x', /is not a plain number/],
  ])('%o %s', (parse, text, answer) => {
    expect(refused(parse(text))).toMatch(answer)
  })
})

describe('round trips', () => {
  const units: [keyof typeof UNIT_PATTERNS, Parser, Record<string, number>, number][] = [
    ['duration', parseDurationMs, { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }, 168],
    ['size', parseSizeBytes, { B: 1, kB: 1000, KiB: 1024, MB: 1e6, MiB: 2 ** 20, GiB: 2 ** 30 }, 1024],
    ['rate', parseRatePerSecond, { '/s': 1, 'k/s': 1000, 'M/s': 1e6 }, 1000],
    ['count', parseCount, { '': 1, k: 1000, M: 1e6 }, 1e6],
  ]

  it.each(units)('whole %ss come back exactly, and editors accept them', (name, parse, table, most) => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: most }), fc.constantFrom(...Object.keys(table)), (number, unit) => {
        expect(parse(`${number}${unit}`)).toEqual({ ok: true, value: number * (table[unit] ?? 0) })
        expect(`${number}${unit}`).toMatch(new RegExp(UNIT_PATTERNS[name]))
      }),
    )
  })

  it('decimals carry no noise of binary fractions', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 999_999 }), thousandths => {
        const text = (thousandths / 1000).toFixed(3)
        expect(parseCount(`${text}k`)).toEqual({ ok: true, value: thousandths })
        expect(parseDurationMs(`${text}s`)).toEqual({ ok: true, value: thousandths })
      }),
    )
  })

  it('no text makes a parser throw, or gives a value that is not a finite number of at least zero', () => {
    const parsers = [
      parseDurationMs,
      parseSizeBytes,
      parseRatePerSecond,
      parsePerSecond,
      parseBytesPerSecond,
      parseCount,
      parseRatio,
    ]
    const text = fc.oneof(
      fc.string(),
      fc
        .tuple(fc.double(), fc.constantFrom('ms', 'KiB', '/s', '%', 'k', 'constructor'))
        .map(([n, unit]) => `${n}${unit}`),
    )
    fc.assert(
      fc.property(text, fc.constantFrom(...parsers), (written, parse) => {
        const result = parse(written)
        if (result.ok) expect(Number.isFinite(result.value) && result.value >= 0).toBe(true)
        else expect(result.hint).not.toBe('')
      }),
      { numRuns: 2000 },
    )
  })
})

describe('formatting', () => {
  it.each([
    [0, '0 B'],
    [1536, '1.5 KiB'],
    [1_048_576, '1 MiB'],
    [1e9, '954 MiB'],
    [2 ** 31, '2 GiB'],
  ])('%d bytes: %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text)
  })
  it.each([
    [0, '0 µs'],
    [999, '999 µs'],
    [999.7, '1 ms'],
    [1500, '1.5 ms'],
    [999_700, '1 s'],
    [2_500_000, '2.5 s'],
    [Number.NaN, '–'],
    [Number.POSITIVE_INFINITY, '–'],
  ])('%d µs: %s', (us, text) => {
    expect(formatUs(us)).toBe(text)
  })
  it.each([
    [0, '0'],
    [9999, '9999'],
    [20_000, '20k'],
    [1_500_000, '1.5M'],
  ])('count %d: %s', (count, text) => {
    expect(formatCount(count)).toBe(text)
  })
  it.each([
    [0, '0ms'],
    [999, '999ms'],
    [999.9, '1s'],
    [59_900, '59.9s'],
    [59_990, '1m00s'],
    [65_000, '1m05s'],
    [119_600, '2m00s'],
    [3_600_000, '1h00m'],
    [5_430_000, '1h30m'],
  ])('%d ms: %s', (ms, text) => {
    expect(formatDurationMs(ms)).toBe(text)
  })
})
