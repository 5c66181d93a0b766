// The search against scripted clusters whose capacity is known: its interval holds the truth, ends in time, and is never zero.
import { describe, expect, test } from 'vitest'
import type { Goal } from '../../../src/search/goal.ts'
import { guardsOf, type TrialOutcome } from '../../../src/search/goal.ts'
import {
  type SearchCluster,
  type SearchOptions,
  type SearchResult,
  searchRate,
  type TrialRequest,
} from '../../../src/search/search.ts'
import { type Model, scriptedCluster, truthOf } from '../../fixtures/search-models.ts'

const GOAL: Goal = { deadlineMs: 100, missShare: 0.01 }
const GRID = 0.05
const OPTIONS: SearchOptions = {
  goal: GOAL,
  gridShare: GRID,
  trialMs: 15_000,
  saturateMs: 10_000,
  soakMs: 60_000,
  budgetMs: 15 * 60_000,
  overheadMs: 3000,
  floorPerSecond: 10,
}

const search = (model: Model, seed: number, change: Partial<SearchOptions> = {}): Promise<SearchResult> => {
  const options = { ...OPTIONS, ...change }
  return searchRate(scriptedCluster(model, options.goal, seed), options)
}

const constant = (rate: number) => () => rate
/** Normal from one uniform draw, well enough for noise. */
const normalOf = (u: number): number => 5.5556 * (1 - ((1 - u) / Math.max(u, 1e-9)) ** 0.1186)
const noisy = (rate: number, sd: number) => (_: number, random: () => number) =>
  rate * Math.exp(sd * normalOf(random()))

type Case = { name: string; model: (truth: number) => Model; truth?: (rate: number) => number }

const KNEE_MS = 2
const CASES: Case[] = [
  { name: 'hard', model: truth => ({ produce: constant(truth), groups: { a: constant(10 * truth) } }) },
  {
    // Latency S ÷ (1 − used) crosses the deadline where used = 1 − S ÷ deadline.
    name: 'soft knee',
    model: rate => ({
      produce: constant(rate),
      groups: { a: constant(10 * rate) },
      latencyMs: used => KNEE_MS / (1 - used),
    }),
    truth: rate => rate * (1 - KNEE_MS / GOAL.deadlineMs),
  },
  { name: 'noisy', model: truth => ({ produce: noisy(truth, 0.02), groups: { a: constant(10 * truth) } }) },
  { name: 'consumer-limited', model: truth => ({ produce: constant(4 * truth), groups: { a: constant(truth) } }) },
  {
    name: 'two groups, the second slower',
    model: truth => ({ produce: constant(4 * truth), groups: { a: constant(3 * truth), b: constant(truth) } }),
  },
  {
    // Too fast to miss a deadline of 100 ms: what counts is the mean.
    name: 'oscillating',
    model: truth => ({
      produce: t => truth * (1 + 0.3 * Math.sin(2 * Math.PI * t * 5)),
      groups: { a: constant(10 * truth) },
    }),
  },
  {
    name: 'stalling 6 s, twice',
    model: truth => ({
      produce: t => ((t > 30 && t < 36) || (t > 120 && t < 126) ? 0 : truth),
      groups: { a: t => (t > 70 && t < 76 ? 0 : 10 * truth) },
    }),
  },
]

describe.each(CASES)('$name', ({ model, truth = rate => rate }) => {
  test('in 95 of 100 seeds the interval holds the truth, the rate is at most a step above it, and never zero', async () => {
    let held = 0
    for (let seed = 1; seed <= 100; seed++) {
      const rate = truthOf(seed)
      const real = truth(rate)
      const result = await search(model(rate), seed)
      expect(result.spentMs).toBeLessThanOrEqual(OPTIONS.budgetMs)
      expect(result.ratePerSecond).toBeGreaterThan(0)
      expect(result.ratePerSecond).toBeLessThanOrEqual(real * (1 + GRID) * 1.0001)
      const { loPerSecond = 0, hiPerSecond = 0 } = result
      if (loPerSecond <= real && real <= hiPerSecond) held++
      expect(hiPerSecond / loPerSecond).toBeLessThan((1 + GRID) ** 6)
    }
    expect(held).toBeGreaterThanOrEqual(95)
  })
})

/** Keeps 20,000 a second, and yet its first four trials fail. */
function unlucky(seed: number): SearchCluster {
  const cluster = scriptedCluster({ produce: constant(20_000), groups: {} }, GOAL, seed)
  let trials = 0
  return {
    ...cluster,
    runTrial: async request => {
      const outcome = await cluster.runTrial(request)
      return ++trials <= 4 ? { ...outcome, missShare: 0.05 } : outcome
    },
  }
}

test('trials that failed by bad luck at the beginning do not keep the search far below the truth', async () => {
  for (const seed of [1, 2, 3, 4, 5]) {
    const { loPerSecond = 0, hiPerSecond = 0 } = await searchRate(unlucky(seed), { ...OPTIONS, gridShare: 0.15 })
    expect(loPerSecond).toBeLessThanOrEqual(20_000)
    expect(hiPerSecond).toBeGreaterThanOrEqual(20_000)
  }
})

test('however short the time, the upper end is a rate that failed', async () => {
  for (let budgetMs = 120_000; budgetMs <= 900_000; budgetMs += 30_000) {
    const options = { ...OPTIONS, gridShare: 0.15, budgetMs }
    const { state, hiPerSecond = 0, probes } = await searchRate(unlucky(budgetMs), options)
    const failed = probes.filter(probe => probe.state === 'bad').map(probe => probe.ratePerSecond * 1.075)
    if (state === 'found') expect(failed.some(rate => Math.abs(rate / hiPerSecond - 1) < 1e-6)).toBe(true)
  }
})

describe('seven ways in which another search failed', () => {
  const model: Model = { produce: constant(800_000), groups: { a: constant(8_000_000) } }

  test('1: zero is absorbing: a start from nothing, or a stall at the start, does not end at nothing', async () => {
    const cluster = scriptedCluster(model, GOAL, 1)
    const result = await searchRate({ ...cluster, saturate: async () => 0 }, { ...OPTIONS, budgetMs: 3_600_000 })
    expect(result.ratePerSecond).toBeGreaterThan(720_000)
    const stalled: Model = { ...model, produce: t => (t < 26 ? 0 : 800_000) }
    expect((await search(stalled, 1, { budgetMs: 3_600_000 })).ratePerSecond).toBeGreaterThan(720_000)
  })

  test.each([2, 5, 20])('2: %i ms between ack and delivery are a latency, not a backlog', async delayMs => {
    const result = await search({ ...model, latencyMs: () => delayMs }, 1)
    expect(result.ratePerSecond).toBeGreaterThan(740_000)
  })

  test('3: a consumer-limited cluster gives one rate, not a swing around it', async () => {
    const slow: Model = { produce: constant(3_000_000), groups: { a: constant(800_000) } }
    const results = await Promise.all([1, 2, 3].map(seed => search(slow, seed)))
    const rates = results.map(result => result.ratePerSecond ?? 0)
    expect(Math.max(...rates) / Math.min(...rates)).toBeLessThan((1 + GRID) ** 2)
    expect(results[0]?.limitedBy.join()).toContain('lag of a')
  })

  test('4: the lag of every group counts, and no group at all is no lag', async () => {
    const two: Model = { produce: constant(900_000), groups: { a: constant(900_000), b: constant(100_000) } }
    expect((await search(two, 1)).ratePerSecond).toBeLessThan(105_000)
    expect((await search({ ...model, groups: {} }, 1)).ratePerSecond).toBeGreaterThan(740_000)
  })

  test('5: latency is a criterion, and a tighter deadline gives a lower rate', async () => {
    const knee: Model = { ...model, latencyMs: used => 2 / (1 - used) }
    const tight = await search(knee, 1, { goal: { deadlineMs: 8, missShare: 0.01 } })
    const loose = await search(knee, 1, { goal: { deadlineMs: 1000, missShare: 0.01 } })
    expect((tight.ratePerSecond ?? 0) / (loose.ratePerSecond ?? 1)).toBeLessThan(0.8)
    expect(tight.limitedBy[0]).toBe('latency')
  })

  test('6: nothing of one trial reaches into the next: the debt of an overload is not carried over', async () => {
    const result = await search(model, 1)
    const overload = result.probes.findIndex(probe => probe.state === 'bad')
    expect(result.probes.slice(overload + 1).some(probe => probe.state === 'good')).toBe(true)
    expect(result.loPerSecond).toBeLessThanOrEqual(800_000)
    expect(result.hiPerSecond).toBeGreaterThanOrEqual(800_000)
  })

  test('7: a generator that cannot go faster is named, and not taken for the cluster', async () => {
    const result = await search({ ...model, generatorPerSecond: 100_000 }, 1)
    expect(result).toMatchObject({ state: 'above', limitedBy: [] })
    expect(result.hiPerSecond).toBeUndefined()
    expect(result.reasons.join()).toContain('the generator was the limit')
    expect(result.ratePerSecond).toBeGreaterThan(85_000)
  })
})

describe('time', () => {
  const model: Model = { produce: constant(50_000), groups: { a: constant(500_000) } }

  test.each([90_000, 180_000, 360_000])(
    'a budget of %i ms is kept, and what it was too short for is said',
    async budgetMs => {
      const result = await search(model, 1, { budgetMs })
      expect(result.spentMs).toBeLessThanOrEqual(budgetMs)
      if (result.state === 'found') {
        expect(result.loPerSecond).toBeLessThanOrEqual(50_000)
        expect(result.hiPerSecond).toBeGreaterThanOrEqual(50_000)
      } else expect(result.reasons.length).toBeGreaterThan(0)
    },
  )

  test('whatever second the time runs out in, the search ends and what it says holds', async () => {
    for (let budgetMs = 60_000; budgetMs <= 420_000; budgetMs += 1000) {
      const { state, spentMs, reasons, ...result } = await search(model, budgetMs / 1000, { budgetMs })
      expect(spentMs).toBeLessThanOrEqual(Math.max(budgetMs, 26_000))
      if (state !== 'found') expect(reasons.length).toBeGreaterThan(0)
      else {
        expect(result.loPerSecond).toBeLessThanOrEqual(50_000)
        expect(result.hiPerSecond).toBeGreaterThanOrEqual(50_000)
        expect(result.ratePerSecond).toBeGreaterThan(20_000)
      }
    }
  })

  test('trials that cost more than was thought are learnt from, so that the budget is kept all the same', async () => {
    for (const budgetMs of [180_000, 360_000, 900_000]) {
      const cluster = scriptedCluster(model, GOAL, 1)
      let elapsedMs = 0
      const slow = {
        runTrial: (request: TrialRequest) => {
          elapsedMs += request.durationMs + 20_000
          return cluster.runTrial(request)
        },
        saturate: (durationMs: number) => {
          elapsedMs += durationMs + 20_000
          return cluster.saturate(durationMs)
        },
        elapsedMs: () => elapsedMs,
      }
      const result = await searchRate(slow, { ...OPTIONS, budgetMs })
      expect(result.spentMs).toBe(elapsedMs)
      expect(result.spentMs).toBeLessThanOrEqual(budgetMs)
    }
  })

  test('is kept for a second soak, a step down, where the rate of short trials does not hold for long', async () => {
    const short = { gridShare: 0.15, trialMs: 8000, saturateMs: 5000, soakMs: 20_000, budgetMs: 360_000 }
    for (let seed = 1; seed <= 20; seed++) {
      const cluster = scriptedCluster(model, GOAL, seed)
      const tiring: SearchCluster = {
        ...cluster,
        runTrial: async request => {
          const outcome = await cluster.runTrial(request)
          const isTooLong = request.purpose === 'soak' && request.ratePerSecond > 40_000
          return isTooLong ? { ...outcome, missShare: 0.05 } : outcome
        },
      }
      const result = await searchRate(tiring, { ...OPTIONS, ...short, overheadMs: 9000 })
      expect(result).toMatchObject({ state: 'found', soaked: true })
      expect(result.ratePerSecond).toBeLessThanOrEqual(40_000)
      expect(result.spentMs).toBeLessThanOrEqual(short.budgetMs)
    }
  })

  test('a soak that did not hold is an upper end, where time ran out before a trial found one', async () => {
    const cluster = scriptedCluster({ produce: constant(1e12), groups: {} }, GOAL, 1)
    let soaks = 0
    const tiring: SearchCluster = {
      ...cluster,
      saturate: () => Promise.resolve(10_000),
      runTrial: async request => {
        const outcome = await cluster.runTrial(request)
        return request.purpose === 'soak' && ++soaks === 1 ? { ...outcome, missShare: 0.05 } : outcome
      },
    }
    const result = await searchRate(tiring, { ...OPTIONS, gridShare: 0.2, budgetMs: 200_000, soakMs: 20_000 })
    const [failed, held] = result.probes.slice(-2)
    expect([failed, held].map(probe => [probe?.purpose, probe?.state])).toEqual([
      ['soak', 'bad'],
      ['soak', 'good'],
    ])
    expect(result).toMatchObject({ state: 'found', soaked: true, ratePerSecond: held?.ratePerSecond })
    expect(result.hiPerSecond).toBeCloseTo((failed?.ratePerSecond ?? 0) * 1.1, 6)
    expect(result.limitedBy).toEqual(['latency'])
    expect(result.reasons).toContain('fewer than three trials that agree stand behind the upper end: 0 held, 1 failed')
  })

  test('wherever time runs out, no rate is told that the trials meant to confirm it have refuted', async () => {
    const short = { gridShare: 0.15, trialMs: 8000, saturateMs: 5000, soakMs: 20_000, overheadMs: 7000 }
    for (let seed = 1; seed <= 300; seed++) {
      const cluster = scriptedCluster({ produce: constant(20_000), groups: {} }, GOAL, seed)
      // What leads there is kinder than what asks again.
      const fickle: SearchCluster = {
        ...cluster,
        runTrial: async request => {
          const outcome = await cluster.runTrial(request)
          return request.purpose === 'confirm' && request.ratePerSecond > 12_000
            ? { ...outcome, missShare: 0.05 }
            : outcome
        },
      }
      const budgetMs = 60_000 + 1000 * seed
      const { state, ratePerSecond, probes, hiPerSecond } = await searchRate(fickle, { ...OPTIONS, ...short, budgetMs })
      const refuted = probes
        .filter(probe => probe.purpose === 'confirm' && probe.state === 'bad')
        .map(probe => probe.ratePerSecond)
      const lowest = Math.min(...refuted.filter(rate => refuted.filter(other => other === rate).length >= 3))
      if (state !== 'below') expect(ratePerSecond, `budget of ${budgetMs} ms`).toBeLessThan(lowest)
      if (hiPerSecond !== undefined && lowest < Number.POSITIVE_INFINITY)
        expect(hiPerSecond, `budget of ${budgetMs} ms`).toBeLessThan(lowest * (1 + short.gridShare))
    }
  })

  test('a cluster that takes nothing has no rate, and the search ends', async () => {
    const result = await search({ produce: constant(0), groups: {} }, 1)
    expect(result).toMatchObject({ state: 'below', soaked: false })
    expect(result.ratePerSecond).toBeUndefined()
  })
})

describe('guardsOf', () => {
  const good: TrialOutcome = {
    offeredShare: 1,
    missShare: 0.01,
    errors: 0,
    producerGrowthShare: 0.005,
    lagGrowthShare: { a: 0.005 },
    drainMs: 2000,
    isClusterChanged: false,
    isGeneratorLimited: false,
  }
  test.each<[string, Partial<TrialOutcome>, string[]]>([
    ['all at their limits', {}, []],
    ['misses', { missShare: 0.0101 }, ['latency']],
    ['not offered', { offeredShare: 0.994 }, ['producer queue']],
    ['queue', { producerGrowthShare: 0.006 }, ['producer queue']],
    ['lag of one group', { lagGrowthShare: { a: 0, b: 0.01 } }, ['lag of b']],
    ['an error', { errors: 1 }, ['errors']],
    ['drain', { drainMs: 2001 }, ['drain']],
    ['leaders moved', { isClusterChanged: true }, ['cluster changed']],
  ])('%s', (_, change, guards) => expect(guardsOf({ ...good, ...change }, GOAL)).toEqual(guards))
})
