// Several goals in one search: each gets its own interval, brokers are warmed once, and trials are judged for all of them.
import { describe, expect, test } from 'vitest'
import { guardsOf, outcomeFor } from '../../../src/search/goal.ts'
import { searchGoals } from '../../../src/search/goals.ts'
import { searchWithOneDown } from '../../../src/search/one-down.ts'
import type { SearchCluster, SearchOptions } from '../../../src/search/search.ts'
import { scriptedCluster, truthOf } from '../../fixtures/search-models.ts'

const LOOSE = { deadlineMs: 500, missShare: 0.01 }
const TIGHT = { deadlineMs: 50, missShare: 0.01 }
const KNEE_MS = 10
const OPTIONS: SearchOptions = {
  goal: LOOSE,
  gridShare: 0.1,
  trialMs: 10_000,
  saturateMs: 5000,
  soakMs: 20_000,
  budgetMs: 20 * 60_000,
  overheadMs: 3000,
  floorPerSecond: 10,
}

/** Latency S ÷ (1 − used) crosses a deadline where used = 1 − S ÷ deadline. */
const truthAt = (rate: number, { deadlineMs }: typeof LOOSE): number => rate * (1 - KNEE_MS / deadlineMs)

/** Two scripted clusters of one capacity, each of which judges by its own deadline. */
function judgedTwice(rate: number, seed: number): SearchCluster & { loads: string[] } {
  const model = {
    produce: () => rate,
    groups: { a: () => 10 * rate },
    latencyMs: (used: number) => KNEE_MS / (1 - used),
    oneDownShare: 0.6,
  }
  const [loose, tight] = [scriptedCluster(model, LOOSE, seed), scriptedCluster(model, TIGHT, seed)]
  const loads: string[] = []
  return {
    loads,
    loseBroker: async () => {
      await tight.loseBroker?.()
      return (await loose.loseBroker?.()) ?? ''
    },
    saturate: async durationMs => {
      loads.push('saturate')
      await tight.saturate(durationMs)
      return loose.saturate(durationMs)
    },
    runTrial: async request => {
      loads.push(request.purpose)
      const [outcome, other] = [await loose.runTrial(request), await tight.runTrial(request)]
      return { ...other, ...outcome, missShareWithin: { 500: outcome.missShare, 50: other.missShare } }
    },
  }
}

test('a trial is seen by each goal with its own share of misses', () => {
  const outcome = {
    ...{ offeredShare: 1, missShare: 0, missShareWithin: { 500: 0, 50: 0.2 }, errors: 0, producerGrowthShare: 0 },
    ...{ lagGrowthShare: {}, drainMs: 10, isClusterChanged: false, isGeneratorLimited: false },
  }
  expect(guardsOf(outcomeFor(outcome, LOOSE), LOOSE)).toEqual([])
  expect(guardsOf(outcomeFor(outcome, TIGHT), TIGHT)).toEqual(['latency'])
  expect(() => outcomeFor(outcome, { ...TIGHT, deadlineMs: 70 })).toThrow('not judged for 70 ms')
  const { missShareWithin: _, ...alone } = outcome
  expect(guardsOf(outcomeFor(alone, LOOSE), LOOSE)).toEqual([])
})

describe.each([
  ['from the loose to the tight one', [LOOSE, TIGHT] as const],
  ['from the tight to the loose one', [TIGHT, LOOSE] as const],
])('%s', (_, [goal, other]) => {
  test('each interval holds its truth in 95 of 100 seeds, each rate is soaked, and the time is kept', async () => {
    let held = 0
    for (let seed = 1; seed <= 100; seed++) {
      const cluster = judgedTwice(truthOf(seed), seed)
      const results = await searchGoals(cluster, { ...OPTIONS, goal, others: [other] })
      expect(results.map(result => result.goal)).toEqual([goal, other])
      const isIn = results.every(result => {
        const truth = truthAt(truthOf(seed), result.goal)
        return (result.loPerSecond ?? 0) <= truth && truth <= (result.hiPerSecond ?? 0)
      })
      if (isIn) held++
      expect(results.every(result => result.soaked)).toBe(true)
      const spentMs = results.reduce((sum, result) => sum + result.spentMs, 0)
      expect(spentMs).toBeLessThanOrEqual(OPTIONS.budgetMs)
      // Closed loops belong to warming, which happens once.
      expect(cluster.loads.lastIndexOf('saturate')).toBeLessThan(cluster.loads.indexOf('bracket'))
    }
    expect(held).toBeGreaterThanOrEqual(95)
  })
})

test('two goals that differ by nothing cost little more than one', async () => {
  const again = { ...LOOSE, missShare: 0.02 }
  for (let seed = 1; seed <= 20; seed++) {
    const [first, second] = await searchGoals(judgedTwice(truthOf(seed), seed), { ...OPTIONS, others: [again] })
    expect(second?.ratePerSecond).toBe(first.ratePerSecond)
    expect(second?.spentMs, `seed ${seed}`).toBeLessThan(first.spentMs / 2)
  }
})

test('with a broker down the first goal is asked about, and the whole budget is kept', async () => {
  const options = { ...OPTIONS, others: [TIGHT], oneDownMs: 300_000 }
  const result = await searchWithOneDown(judgedTwice(20_000, 1), options)
  expect(result.others.map(other => other.goal)).toEqual([TIGHT])
  expect(result.oneDown?.lost).toBe('broker-3')
  const truth = truthAt(12_000, LOOSE)
  expect(result.oneDown?.loPerSecond).toBeLessThanOrEqual(truth)
  expect(result.oneDown?.hiPerSecond).toBeGreaterThanOrEqual(truth)
  const parts = [result, ...result.others, result.oneDown]
  expect(parts.reduce((sum, part) => sum + (part?.spentMs ?? 0), 0)).toBeLessThanOrEqual(OPTIONS.budgetMs)
})
