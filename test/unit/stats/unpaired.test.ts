// Decisions over trials that are no pairs: planted effects, too few trials, how many would decide, and how rarely equal runs are told apart.
import { describe, expect, test } from 'vitest'
import { type Random, seededRandom } from '../../../src/core/random.ts'
import { type Decision, decideSession } from '../../../src/stats/decision.ts'
import { deviationOf } from '../../../src/stats/pairs.ts'
import { decideUnpaired, estimateUnpaired, trialsNeeded, type UnpairedMetric } from '../../../src/stats/unpaired.ts'

const normal = (random: Random): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
const trials = (random: Random, n: number, middle: number, sd: number): number[] =>
  Array.from({ length: n }, () => middle + sd * normal(random))

const tight = [7, 7.01, 6.99, 7.02, 6.98]
const moved = (by: number): number[] => tight.map(value => value + by)
const metric = (candidate: readonly number[], change: Partial<UnpairedMetric> = {}): UnpairedMetric => ({
  name: 'ack.p99',
  base: tight,
  candidate,
  marginShare: 0.15,
  gating: true,
  ...change,
})
const decide = (...metrics: UnpairedMetric[]): Decision[] => decideUnpaired(metrics).map(one => one.decision)

describe('decideUnpaired', () => {
  test.each<[string, number[], Decision]>([
    ['no move', tight, 'EQUIVALENT'],
    ['a sure move near the margin', moved(0.13), 'WARN'],
    ['far beyond the margin', moved(0.3), 'REGRESSION'],
    ['far better', moved(-0.3), 'IMPROVED'],
    ['all over the place', [6.5, 7.4, 7.1, 6.8, 7.3], 'INCONCLUSIVE'],
    ['a hair beyond the margin', moved(Math.log(1.1501)), 'INCONCLUSIVE'],
  ])('%s → %s', (_, candidate, decision) => expect(decide(metric(candidate))).toEqual([decision]))

  test.each([
    [5, 2, 'no more of the baseline and 1 more of the recording'],
    [1, 3, '2 more of the baseline and no more of the recording'],
    [0, 0, '3 more of the baseline and 3 more of the recording'],
  ])('%i and %i trials decide nothing, and it says how many are missing', (a, b, reason) => {
    const [one] = decideUnpaired([metric(tight.slice(0, b), { base: tight.slice(0, a) })])
    expect(one).toMatchObject({ decision: 'INCONCLUSIVE', reason: expect.stringContaining(reason) })
    expect(one?.estimate).toBeUndefined()
  })

  test('three trials of each without any spread are decided', () => {
    const same = [7, 7, 7]
    expect(decide(metric(same, { base: same }), metric([8, 8, 8], { base: same }))).toEqual([
      'EQUIVALENT',
      'REGRESSION',
    ])
  })

  test('doubt says how many trials of each side would end it, and one fewer would not', () => {
    const candidate = [6.8, 7.25, 7.05, 6.9, 7.12]
    const [one] = decideUnpaired([metric(candidate)])
    const needed = one?.trialsNeeded ?? 0
    expect(needed).toBeGreaterThan(candidate.length)
    const { mean } = estimateUnpaired(tight, candidate)
    // Samples of so many trials with the very same means and spreads.
    const like = (values: readonly number[], n: number): number[] => {
      const middle = values.reduce((sum, value) => sum + value, 0) / values.length
      const raw = Array.from({ length: n }, (_, i) => i - (n - 1) / 2)
      return raw.map(value => middle + (value * deviationOf(values)) / deviationOf(raw))
    }
    const at = (n: number): Decision[] => decide(metric(like(candidate, n), { base: like(tight, n) }))
    expect(at(needed)).toEqual(['EQUIVALENT'])
    expect(at(needed - 1)).toEqual(['INCONCLUSIVE'])
    expect(trialsNeeded([0, 0], mean, 0.15)).toBe(3)
  })

  test('metrics that gate together must be surer than one alone', () => {
    const borderline = metric(
      [0.24, 0.16, 0.3, 0.13, 0.2].map(by => 7 + by),
      { marginShare: 0.13 },
    )
    const quiet = (name: string): UnpairedMetric => metric(tight, { name })
    expect(decide(borderline)).toEqual(['REGRESSION'])
    expect(decide(borderline, quiet('a'), quiet('b'))[0]).not.toBe('REGRESSION')
    expect(decide(borderline, { ...quiet('a'), gating: false }, { ...quiet('b'), gating: false })[0]).toBe('REGRESSION')
  })
})

describe('simulated', () => {
  const SESSIONS = 1000

  test('the interval covers the truth as often as it says, within two points, for unlike spreads and sizes too', () => {
    const random = seededRandom(17)
    for (const [a, b] of [
      [5, 5],
      [5, 10],
    ] as const) {
      let covered = 0
      for (let i = 0; i < 4 * SESSIONS; i++) {
        const { lo, hi } = estimateUnpaired(trials(random, a, 7, 0.05), trials(random, b, 7.1, 0.1))
        if (lo <= Math.exp(0.1) && Math.exp(0.1) <= hi) covered++
      }
      expect(Math.abs(covered / (4 * SESSIONS) - 0.9), `${a} and ${b}`).toBeLessThan(0.02)
    }
  })

  test.each([0.02, 0.05, 0.1, 0.2])('equal runs with a spread of %f: at most 1%% are told apart', sd => {
    const random = seededRandom(19)
    let wrong = 0
    for (let i = 0; i < SESSIONS; i++) {
      const session = ['a', 'b', 'c'].map(name =>
        metric(trials(random, 5, 7, sd), { name, base: trials(random, 5, 7, sd), marginShare: 0.1 }),
      )
      if (['REGRESSION', 'IMPROVED'].includes(decideSession(decideUnpaired(session)))) wrong++
    }
    expect(wrong / SESSIONS).toBeLessThanOrEqual(0.01)
  })
})
