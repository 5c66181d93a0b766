// The recommendation on matrices whose best cell is known: who wins, who never may, what counts as equal, and what a step costs.
import { describe, expect, test } from 'vitest'
import type { Analysis, CellAnalysis, Measures, TrialAnalysis, Validity } from '../../../src/analysis/analysis.ts'
import { type Recommendation, recommend } from '../../../src/analysis/recommend.ts'
import type { Verdict } from '../../../src/core/verdict.ts'
import { makeAnalysis } from '../../fixtures/analysis.ts'
import { madeLatency } from '../verify/made.ts'

type Numbers = { p99?: number; rate?: number; cpu?: number; bytes?: number }
type Made = Numbers & { repeats?: number[]; state?: Validity['state']; verdict?: Verdict; partial?: boolean }

/** One trial whose p99 is off by a factor. */
function trialOf(
  { p99 = 10_000, rate = 1000, cpu = 5, bytes = 100 }: Numbers,
  factor: number,
  made: Made,
): TrialAnalysis {
  const measures = {
    latencies: { ack: madeLatency({ quantiles: { p99: p99 * factor } }) },
    throughputPerSecond: rate,
    cpuSecondsPerMillion: cpu,
    wireBytes: bytes * 1000,
    acked: 1000,
    sentNoAck: 0,
  } as unknown as Measures
  return { measures, state: made.partial ? 'partial' : 'complete' } as TrialAnalysis
}

/** Cells along one axis, in the order of its values. */
function along(values: (number | string)[], cells: Made[]): Recommendation {
  const analysis = {
    axes: [{ scope: 'producers', setting: 'linger.ms', name: 'linger.ms', values }],
    cells: cells.map(
      (made, index): CellAnalysis => ({
        index,
        label: `linger.ms=${values[index]}`,
        values: { 'linger.ms': values[index] ?? 0 },
        spread: {},
        validity: { state: made.state ?? 'VALID', reasons: [] },
        trials: (made.repeats ?? [1]).map(factor => trialOf(made, factor, made)),
      }),
    ),
  } as unknown as Analysis
  const verdicts = new Map(cells.map((made, index) => [index, made.verdict ?? 'pass']))
  const found = recommend(analysis, verdicts)
  if (!found) throw new Error('no recommendation')
  return found
}
const chosen = (found: Recommendation): string | undefined => found.chosen?.cell.label
const front = (found: Recommendation): string[] => found.front.map(one => one.cell.label)

describe('recommend', () => {
  test('the cell that is better in one number and worse in none', () => {
    const found = along([0, 5, 20], [{ p99: 20_000 }, { p99: 10_000 }, { p99: 40_000 }])
    expect(chosen(found)).toBe('linger.ms=5')
    expect(front(found)).toEqual(['linger.ms=5'])
    expect(found.equals).toEqual([])
  })

  test.each<[string, Made]>([
    ['is in doubt', { state: 'NOISY_HOST' }],
    ['has a generator that was too slow', { state: 'GENERATOR_LIMITED' }],
    ['broke a rule', { verdict: 'fail' }],
    ['is inconclusive', { verdict: 'inconclusive' }],
    ['did not come to its end', { partial: true }],
  ])('a cell that %s never wins, however good it looks', (_, trouble) => {
    const found = along([0, 5], [{ p99: 100, cpu: 1, rate: 9e9, ...trouble }, { p99: 90_000 }])
    expect(chosen(found)).toBe('linger.ms=5')
    expect(front(found)).toEqual(['linger.ms=5'])
    expect(found.sound).toBe(1)
  })

  test('where no cell is sound none is recommended', () => {
    const found = along([0, 5], [{ verdict: 'fail' }, { state: 'INVALID' }])
    expect(found).toMatchObject({ sound: 0, front: [], equals: [], neighbours: [] })
    expect(found.chosen).toBeUndefined()
  })

  test('on a front the product of the ratios to the best decides, no number weighing more', () => {
    // Against the best of each number: 1 × 2.0, 1.5 × 1.5, 1.2 × 1.2.
    const cells = [
      { p99: 10_000, cpu: 10 },
      { p99: 15_000, cpu: 7.5 },
      { p99: 12_000, cpu: 6 },
      { p99: 40_000, cpu: 5 },
    ]
    const found = along([0, 5, 10, 20], cells)
    expect(front(found)).toEqual(['linger.ms=0', 'linger.ms=10', 'linger.ms=20'])
    expect(chosen(found)).toBe('linger.ms=10')
  })

  test('more throughput and fewer bytes count as well as less time and CPU', () => {
    expect(chosen(along([0, 5], [{ rate: 1000 }, { rate: 2000 }]))).toBe('linger.ms=5')
    expect(chosen(along([0, 5], [{ bytes: 100 }, { bytes: 50 }]))).toBe('linger.ms=5')
    expect(chosen(along([0, 5], [{ cpu: 10 }, { cpu: 5 }]))).toBe('linger.ms=5')
  })

  test('without repetitions noise is assumed, and what lies within it is called equal', () => {
    const found = along([0, 5, 20], [{ p99: 10_000 }, { p99: 11_400 }, { p99: 11_600 }])
    expect(found.isNoiseMeasured).toBe(false)
    expect(found.noise['ack.p99']).toBeCloseTo(0.15, 10)
    expect(chosen(found)).toBe('linger.ms=0')
    expect(found.equals.map(cell => cell.label)).toEqual(['linger.ms=5'])
    expect(front(found)).toEqual(['linger.ms=0', 'linger.ms=5'])
  })

  test('with repetitions their spread says what is equal: wide ones hide what narrow ones show', () => {
    const wide = [0.8, 1, 1.25]
    const narrow = [0.99, 1, 1.01]
    const cells = (repeats: number[]): Made[] => [
      { p99: 10_000, repeats },
      { p99: 12_000, repeats },
    ]
    const hidden = along([0, 5], cells(wide))
    expect(hidden.isNoiseMeasured).toBe(true)
    expect(hidden.equals.map(cell => cell.label)).toEqual(['linger.ms=5'])
    const seen = along([0, 5], cells(narrow))
    expect(seen.equals).toEqual([])
    expect(front(seen)).toEqual(['linger.ms=0'])
    // t(0.975, 4) = 2.7764; pooled sd of ln(narrow) = 0.0100005; over √(2/3): 2.2929 %.
    expect(seen.noise['ack.p99']).toBeCloseTo(0.0229, 3)
  })

  test('numbers that never vary are still equal within one percent', () => {
    const repeats = [1, 1]
    const found = along(
      [0, 5],
      [
        { rate: 1000, repeats },
        { rate: 1009, repeats },
      ],
    )
    expect(found.noise['throughput']).toBeCloseTo(0.01, 10)
    expect(found.equals).toHaveLength(1)
  })
})

describe('the price of a step', () => {
  test('is that of the next value up and down, in doubt or not', () => {
    const found = along(
      [20, 0, 5, 50],
      [{ p99: 30_000, cpu: 4 }, { p99: 9000, cpu: 9, verdict: 'fail' }, { p99: 10_000 }, { p99: 90_000 }],
    )
    expect(chosen(found)).toBe('linger.ms=5')
    expect(found.neighbours.map(({ from, to, verdict }) => [from, to, verdict])).toEqual([
      ['5', '0', 'fail'],
      ['5', '20', 'pass'],
    ])
    const prices = (at: number) =>
      Object.fromEntries(found.neighbours[at]?.prices.map(one => [one.criterion, one.change]) ?? [])
    expect(prices(0)).toEqual({ 'ack.p99': 'equal', throughput: 'equal', cpu: 'worse', bytes: 'equal' })
    expect(prices(1)).toEqual({ 'ack.p99': 'worse', throughput: 'equal', cpu: 'better', bytes: 'equal' })
    expect(found.neighbours[1]?.prices.find(one => one.criterion === 'ack.p99')?.ratio).toBeCloseTo(3, 10)
  })

  test('where values have no order every other one is a step', () => {
    const found = along(['none', 'lz4', 'zstd'], [{ cpu: 1 }, { cpu: 2 }, { cpu: 3 }])
    expect(found.neighbours.map(one => one.to)).toEqual(['lz4', 'zstd'])
  })

  test('changes one axis alone in a matrix of two', () => {
    const analysis = makeAnalysis({ axes: 2, repeats: 3 })
    const found = recommend(analysis, new Map(analysis.cells.map(cell => [cell.index, 'pass'])))
    const own = found?.chosen?.cell.values ?? {}
    expect(found?.neighbours.length).toBeGreaterThanOrEqual(5)
    for (const { axis, to, cell } of found?.neighbours ?? [])
      expect(cell.values).toEqual({ ...own, [axis]: axis === 'linger.ms' ? Number(to) : to })
  })

  test('a single cell leaves nothing to choose', () => {
    expect(recommend(makeAnalysis({}), new Map([[0, 'pass']]))).toBeUndefined()
  })
})
