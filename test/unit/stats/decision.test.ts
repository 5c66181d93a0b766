// Decisions over pairs: planted effects are found, equal arms are not told apart, and so rarely wrong as promised.
import { describe, expect, test } from 'vitest'
import { type Random, seededRandom } from '../../../src/core/random.ts'
import { type Decision, decideMetrics, decideSession, type PairedMetric } from '../../../src/stats/decision.ts'
import { estimatePairs, pairsNeeded, smallestVisible } from '../../../src/stats/pairs.ts'

/** A normal deviate (Box and Muller). */
const normal = (random: Random): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())

const pairs = (random: Random, n: number, effect: number, sd: number): number[] =>
  Array.from({ length: n }, () => effect + sd * normal(random))

const metric = (logRatios: readonly number[], change: Partial<PairedMetric> = {}): PairedMetric => ({
  name: 'ack.p99',
  logRatios,
  marginShare: 0.15,
  gating: true,
  ...change,
})
const decide = (...metrics: PairedMetric[]): Decision[] =>
  decideMetrics(metrics, seededRandom(1)).map(one => one.decision)

describe('decideMetrics', () => {
  const tight = [-0.01, 0.01, 0, 0.02, -0.02]
  const moved = (by: number): number[] => tight.map(value => value + by)

  test.each<[string, number[], Decision]>([
    ['no move', tight, 'EQUIVALENT'],
    ['a small sure move within the margin', moved(0.05), 'EQUIVALENT'],
    ['a sure move near the margin', moved(0.13), 'WARN'],
    ['far beyond the margin', moved(0.3), 'REGRESSION'],
    ['far better', moved(-0.3), 'IMPROVED'],
    ['all over the place', [-0.5, 0.4, 0.1, -0.2, 0.3], 'INCONCLUSIVE'],
    ['at the margin itself', moved(Math.log(1.15)), 'INCONCLUSIVE'],
  ])('%s → %s', (_, logRatios, decision) => expect(decide(metric(logRatios))).toEqual([decision]))

  test('too few pairs decide nothing', () => {
    const [one] = decideMetrics([metric([0, 0])], seededRandom(1))
    expect(one).toMatchObject({ decision: 'INCONCLUSIVE', reason: expect.stringContaining('2 pairs') })
  })

  test('doubt says how many pairs would end it, and that many do', () => {
    const values = [-0.2, 0.25, 0.05, -0.1, 0.12]
    const [one] = decideMetrics([metric(values)], seededRandom(1))
    const needed = one?.pairsNeeded ?? 0
    expect(needed).toBeGreaterThan(values.length)
    const { mean, sd } = estimatePairs(values)
    expect(pairsNeeded({ n: needed, mean, sd }, 0.15)).toBe(needed)
    expect(pairsNeeded({ n: 3, mean, sd }, 0.15)).toBe(needed)
  })

  test('metrics that gate together must be surer than one alone', () => {
    // One-sided p of 0.04 against the margin: enough alone, not among three.
    const borderline = metric([0.24, 0.16, 0.3, 0.13, 0.2], { marginShare: 0.13 })
    const quiet = (name: string): PairedMetric => metric(tight, { name })
    expect(decide(borderline)).toEqual(['REGRESSION'])
    expect(decide(borderline, quiet('a'), quiet('b'))[0]).not.toBe('REGRESSION')
    expect(decide(borderline, { ...quiet('a'), gating: false }, { ...quiet('b'), gating: false })[0]).toBe('REGRESSION')
  })
})

test('a session is as bad as its worst gating metric', () => {
  const found = decideMetrics(
    [
      metric([0.5, 0.51, 0.49], { name: 'shown only', gating: false }),
      metric([0, 0.01, -0.01], { name: 'ack.p99' }),
      metric([-0.5, -0.51, -0.49], { name: 'ack.p50' }),
    ],
    seededRandom(1),
  )
  expect(found.map(one => one.decision)).toEqual(['REGRESSION', 'EQUIVALENT', 'IMPROVED'])
  expect(decideSession(found)).toBe('IMPROVED')
  expect(decideSession([])).toBe('INCONCLUSIVE')
})

describe('simulated', () => {
  const SESSIONS = 1000

  test('the interval covers the truth as often as it says, within two points', () => {
    const random = seededRandom(7)
    for (const n of [5, 10]) {
      let covered = 0
      for (let i = 0; i < 4 * SESSIONS; i++) {
        const { lo, hi } = estimatePairs(pairs(random, n, 0.1, 0.08))
        if (lo <= Math.exp(0.1) && Math.exp(0.1) <= hi) covered++
      }
      expect(Math.abs(covered / (4 * SESSIONS) - 0.9), `n = ${n}`).toBeLessThan(0.02)
    }
  })

  test.each([0.02, 0.05, 0.1, 0.2])('equal arms with a pair spread of %f: at most 1%% are told apart', sd => {
    const random = seededRandom(11)
    let wrong = 0
    for (let i = 0; i < SESSIONS; i++) {
      const session = ['a', 'b', 'c'].map(name => metric(pairs(random, 7, 0, sd), { name, marginShare: 0.1 }))
      if (['REGRESSION', 'IMPROVED'].includes(decideSession(decideMetrics(session, random)))) wrong++
    }
    expect(wrong / SESSIONS).toBeLessThanOrEqual(0.01)
  })

  test('an effect as large as is said to be visible is found four times out of five', () => {
    const random = seededRandom(13)
    const effect = Math.log1p(smallestVisible(0.05, 7, 0.15))
    let found = 0
    for (let i = 0; i < SESSIONS; i++) if (decide(metric(pairs(random, 7, effect, 0.05)))[0] === 'REGRESSION') found++
    expect(Math.abs(found / SESSIONS - 0.8)).toBeLessThan(0.03)
  })
})
