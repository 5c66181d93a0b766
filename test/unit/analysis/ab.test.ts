// Sessions of made-up trials: pairs that count, the direction of each metric, noise floors and effects of the slot.
import { describe, expect, test } from 'vitest'
import { type AbMetric, commonCutSeconds, compareArms, type NoiseFloor } from '../../../src/analysis/ab.ts'
import type { Analysis, Validity } from '../../../src/analysis/analysis.ts'
import { seededRandom } from '../../../src/core/random.ts'
import { madeAnalysis, madeCell, madeLatency, madeTrialAnalysis } from '../verify/made.ts'

type Made = { p99: number; throughput?: number; validity?: Validity['state']; cutSeconds?: number }

const trial = (number: number, repetition: number, made: Made) =>
  madeTrialAnalysis({
    number,
    repetition,
    measures: {
      latencies: { ack: madeLatency({ quantiles: { p99: made.p99 } }) },
      throughputPerSecond: made.throughput ?? 100,
    },
    ...(made.validity ? { validity: { state: made.validity, reasons: ['seen'] } } : {}),
    ...(made.cutSeconds ? { steady: { cutSeconds: made.cutSeconds, drifts: [] } } : {}),
  })

/** Pairs of base and candidate; odd ones begin with the candidate. */
function session(pairs: [Made, Made][]): Analysis {
  const numbers = (pair: number): [number, number] =>
    pair % 2 === 0 ? [2 * pair + 1, 2 * pair + 2] : [2 * pair + 2, 2 * pair + 1]
  const cells = [0, 1].map(arm =>
    madeCell(
      pairs.map((pair, i) => trial(numbers(i)[arm] ?? 0, i, pair[arm] as Made)),
      { index: arm },
    ),
  )
  return madeAnalysis(cells, { repeat: pairs.length })
}

const METRICS: AbMetric[] = [
  { name: 'ack.p99', marginShare: 0.15, gating: true },
  { name: 'throughput', marginShare: 0.05, gating: true },
]
const compare = (analysis: Analysis, noise: Record<string, NoiseFloor> = {}) =>
  compareArms(analysis, METRICS, noise, { cutSeconds: 0, random: seededRandom(1) })

const alike: [Made, Made][] = [1, 1.01, 0.99, 1, 1.02].map(noise => [{ p99: 1000 }, { p99: 1000 * noise }])

describe('compareArms', () => {
  test('equal arms are equivalent', () => {
    expect(compare(session(alike))).toMatchObject({
      decision: 'EQUIVALENT',
      pairs: { planned: 5, used: 5, dropped: [] },
    })
  })

  test('more latency is worse, and so is less throughput', () => {
    const slow = alike.map(([a, b]): [Made, Made] => [a, { p99: b.p99 * 1.5 }])
    expect(compare(session(slow)).metrics.map(metric => metric.decision)).toEqual(['REGRESSION', 'EQUIVALENT'])
    const less = alike.map(([a, b]): [Made, Made] => [a, { ...b, throughput: 80 }])
    const { decision, metrics } = compare(session(less))
    expect(decision).toBe('REGRESSION')
    expect(metrics[1]).toMatchObject({
      decision: 'REGRESSION',
      basePer: expect.closeTo(100),
      candidatePer: expect.closeTo(80),
    })
    expect(metrics[1]?.estimate?.ratio).toBeCloseTo(1.25, 10)
  })

  test.each<Validity['state']>(['GENERATOR_LIMITED', 'INVALID'])(
    'a pair with a trial that is %s does not count',
    validity => {
      const pairs: [Made, Made][] = [...alike, [{ p99: 1000 }, { p99: 90_000, validity }]]
      const result = compare(session(pairs))
      expect(result.decision).toBe('EQUIVALENT')
      expect(result.pairs).toMatchObject({
        planned: 6,
        used: 5,
        dropped: [{ pair: 6, why: expect.stringContaining(validity) }],
      })
    },
  )

  test('noise is carried by the interval, and said', () => {
    const noisy = alike.map(([a, b]): [Made, Made] => [a, { ...b, validity: 'NOISY_HOST' }])
    const result = compare(session(noisy))
    expect(result.pairs.used).toBe(5)
    expect(result.notes).toContainEqual(expect.stringContaining('5 trials were NOISY_HOST'))
  })

  test('a noise floor above the margin takes its place, and above the cap leaves only doubt', () => {
    const worse = alike.map(([a, b]): [Made, Made] => [a, { p99: b.p99 * 1.21 }])
    const floor = (floorShare: number) => ({ 'ack.p99': { floorShare, sessions: 5 } })
    expect(compare(session(worse)).decision).toBe('REGRESSION')
    expect(compare(session(worse), floor(0.24)).metrics[0]).toMatchObject({ decision: 'EQUIVALENT', marginShare: 0.24 })
    expect(compare(session(worse), floor(0.9))).toMatchObject({
      decision: 'INCONCLUSIVE',
      metrics: [{ marginShare: 0.25 }, {}],
    })
  })

  test('an effect of the slot is told apart from the arms', () => {
    // Whoever goes second is 10 % slower.
    const pairs = alike.map((_, i): [Made, Made] =>
      i % 2 === 0 ? [{ p99: 100 }, { p99: 110 }] : [{ p99: 110 }, { p99: 100 }],
    )
    expect(compare(session(pairs)).slotRatio['ack.p99']).toBeCloseTo(1.1, 10)
  })

  test('without calibration it says so', () => {
    expect(compare(session(alike)).notes).toContainEqual(expect.stringContaining('uncalibrated'))
  })
})

test('the cut is the longest that any trial of either arm needs', () => {
  expect(
    commonCutSeconds(
      session([
        [
          { p99: 1, cutSeconds: 5 },
          { p99: 1, cutSeconds: 10 },
        ],
      ]),
    ),
  ).toBe(10)
})
