// A recorded trial as the search sees it: what counts as a change of the cluster, with all brokers and with one that was lost.
import { describe, expect, test } from 'vitest'
import { unpackHistogram } from '../../../src/recording/read.ts'
import { outcomeOf } from '../../../src/search/outcome.ts'
import { madeRecord, T0_US } from '../recording/made.ts'
import { madeTrialAnalysis } from '../verify/made.ts'

type Seen = { underReplicated?: number; offline?: number; leaders?: Record<string, number> }

const PHASES = [
  { name: 'warmup' as const, kind: 'warmup' as const, t0Seconds: 0, t1Seconds: 2 },
  { name: 'measure' as const, kind: 'steady' as const, t0Seconds: 2, t1Seconds: 10 },
]
const GOAL = { deadlineMs: 100, missShare: 0.01 }

const isChanged = (seen: readonly Seen[], isBrokerLost: boolean, fromSecond = 2): boolean => {
  const analysis = madeTrialAnalysis({ phases: PHASES })
  const samples = seen.map((one, index) => ({
    kind: 'cluster' as const,
    atUs: T0_US + (fromSecond + index) * 1e6,
    partitions: 6,
    underReplicated: 0,
    offline: 0,
    leaders: { 1: 3, 2: 3 },
    endOffsetSum: 0,
    lag: {},
    ...one,
  }))
  const trial = {
    number: 1,
    record: { ...madeRecord(), lines: { intervals: 0, events: 0, samples: 0 } },
    intervals: [],
    events: [],
    samples,
    tornBytes: 0,
  }
  return outcomeOf(trial, analysis, { goal: GOAL, isBrokerLost }, unpackHistogram).isClusterChanged
}

describe('isClusterChanged', () => {
  const behind = { underReplicated: 6 }
  test.each<[string, Seen[], boolean, boolean]>([
    ['all replicas in sync', [{}, {}, {}], false, false],
    ['replicas behind from the beginning', [behind, behind, behind], true, false],
    ['replicas that fall behind', [{}, {}, behind], true, true],
    ['further replicas that fall behind', [{ underReplicated: 4 }, behind], true, true],
    ['a partition without a leader', [behind, { ...behind, offline: 1 }], true, true],
    ['leaders that move', [behind, { ...behind, leaders: { 1: 6 } }], true, true],
    ['no sample at all', [], false, false],
  ])('%s: %o', (_, seen, whole, lost) => {
    expect(isChanged(seen, false)).toBe(whole)
    expect(isChanged(seen, true)).toBe(lost)
  })

  test('what happens in the warm-up does not count', () => {
    expect(isChanged([behind, {}, {}, {}], false, 1)).toBe(false)
  })
})

test('how long a trial was loaded is told where it was ended because it was lost, and only there', () => {
  const record = { ...madeRecord(), lines: { intervals: 0, events: 0, samples: 0 } }
  const trial = { number: 1, record, intervals: [], events: [], samples: [], tornBytes: 0 }
  const lost = { tSeconds: 8.1, name: 'trial.lost' }
  const phases = [PHASES[0], { ...PHASES[1], t1Seconds: 8 }] as typeof PHASES
  const loadedMs = (events: (typeof lost)[]) =>
    outcomeOf(trial, madeTrialAnalysis({ phases, events }), { goal: GOAL }, unpackHistogram).loadedMs
  expect(loadedMs([lost])).toBe(6000)
  expect(loadedMs([{ ...lost, name: 'producers.drained' }])).toBeUndefined()
})

describe('growth is told as far as it is sure', () => {
  const record = { ...madeRecord(), lines: { intervals: 0, events: 0, samples: 0 } }
  const trial = { number: 1, record, intervals: [], events: [], samples: [], tornBytes: 0 }
  /** Of 8,340/s, with so many records on their way at the end of each second. */
  const growthOf = (levels: readonly number[]): number => {
    const series = levels.map((level, i) => ({
      ...{
        tSeconds: 2 + i,
        phase: 'measure' as const,
        targetPerSecond: 8340,
        consumedPerSecond: 0,
        errors: 0,
        retries: 0,
      },
      ...{ sentPerSecond: 8340, ackedPerSecond: 8340 - (level - (levels[i - 1] ?? 0)) },
    }))
    return outcomeOf(trial, madeTrialAnalysis({ phases: PHASES, series }), { goal: GOAL }, unpackHistogram)
      .producerGrowthShare
  }

  test('a queue that is one step of the grid too fast grows by nearly as much', () => {
    const levels = Array.from({ length: 8 }, (_, i) => 0.17 * 8340 * (i + 1) + (i % 2 ? 400 : 0))
    expect(growthOf(levels)).toBeGreaterThan(0.12)
  })

  test('levels of a second’s tenth that come and go have a slope, and do not surely grow', () => {
    expect(growthOf([8, 9, 9, 10, 410, 12, 1099, 441])).toBeLessThan(0.001)
    expect(growthOf([400, 20, 300, 0, 410, 12, 390, 40])).toBe(0)
  })
})
