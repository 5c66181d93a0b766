// Resampled sessions of a campaign: pairs are neighbours in time, half of them swapped, and decided as real sessions are.
import { describe, expect, test } from 'vitest'
import type { Analysis } from '../../../src/analysis/analysis.ts'
import { seededRandom } from '../../../src/core/random.ts'
import { neighboursOf, resampledSession, type TrialPair } from '../../../tools/bench/campaign-resample.ts'
import { madeAnalysis, madeCell, madeLatency, madeTrialAnalysis } from '../verify/made.ts'

/** A session of two arms whose trials, in the order of time, had these p99. */
function session(p99s: readonly number[]): Analysis {
  const trials = p99s.map((p99, index) =>
    madeTrialAnalysis({
      number: index + 1,
      repetition: Math.floor(index / 2),
      measures: { latencies: { ack: madeLatency({ quantiles: { p99 } }) } },
    }),
  )
  const arm = (side: number) => madeCell(trials.filter((_, index) => index % 2 === side))
  return madeAnalysis([arm(0), arm(1)])
}

const METRICS = [{ name: 'ack.p99', marginShare: 0.15, gating: true }]
const resample = (analysis: Analysis, stored: readonly TrialPair[], seed: number, pairs = 6) =>
  resampledSession(analysis, stored, { pairs, metrics: METRICS, random: seededRandom(seed) })

test('neighbours follow each other, whatever arm they are of; a trial that is missing has none', () => {
  const whole = session([1, 2, 3, 4])
  expect(neighboursOf(whole).map(pair => pair.map(trial => trial.number))).toEqual([
    [1, 2],
    [2, 3],
    [3, 4],
  ])
  const [base, candidate] = whole.cells
  const gap = { ...whole, cells: [base, { ...candidate, trials: candidate?.trials.slice(1) }] } as Analysis
  expect(neighboursOf(gap).map(pair => pair.map(trial => trial.number))).toEqual([[3, 4]])
})

describe('resampledSession', () => {
  test('has as many pairs as were asked for, and counts them all', () => {
    const analysis = session([1000, 1010, 990, 1005])
    expect(resample(analysis, neighboursOf(analysis), 1).pairs).toEqual({ planned: 6, used: 6, dropped: [] })
  })

  test('alike trials are equivalent', () => {
    const analysis = session([1000, 1010, 990, 1005, 1000, 995])
    expect(resample(analysis, neighboursOf(analysis), 1).decision).toBe('EQUIVALENT')
  })

  test('a second trial that is always slower is no difference of the arms', () => {
    const analysis = session([1000, 1300])
    for (let seed = 1; seed <= 50; seed++) {
      const result = resample(analysis, neighboursOf(analysis), seed)
      expect(result.metrics[0]?.estimate?.ratio).toBeCloseTo(1, 10)
      expect(result.slotRatio['ack.p99']).toBeCloseTo(1.3, 10)
    }
  })

  test('trials that scatter by a fifth are told apart in at most one session of a hundred', () => {
    const random = seededRandom(4)
    const analysis = session(Array.from({ length: 80 }, () => 1000 * Math.exp(0.2 * (random() - 0.5))))
    const stored = neighboursOf(analysis)
    const wrong = Array.from({ length: 500 }, (_, seed) => resample(analysis, stored, seed + 1).decision).filter(
      decision => decision === 'REGRESSION' || decision === 'IMPROVED',
    )
    expect(wrong.length).toBeLessThanOrEqual(5)
  })
})
