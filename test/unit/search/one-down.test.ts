// The search with one broker down, on scripted clusters that lose a known share of their capacity with it.
import { describe, expect, test } from 'vitest'
import type { Goal } from '../../../src/search/goal.ts'
import { type OneDownOptions, searchWithOneDown } from '../../../src/search/one-down.ts'
import { isUndecided, type SearchCluster } from '../../../src/search/search.ts'
import { type Model, scriptedCluster, truthOf } from '../../fixtures/search-models.ts'

const GOAL: Goal = { deadlineMs: 100, missShare: 0.01 }
const GRID = 0.05
const OPTIONS: OneDownOptions = {
  goal: GOAL,
  gridShare: GRID,
  trialMs: 15_000,
  saturateMs: 10_000,
  soakMs: 60_000,
  budgetMs: 15 * 60_000,
  oneDownMs: 5 * 60_000,
  overheadMs: 3000,
  floorPerSecond: 10,
}

const model = (truth: number, oneDownShare?: number): Model => ({
  produce: () => truth,
  groups: { a: () => 10 * truth },
  ...(oneDownShare === undefined ? {} : { oneDownShare }),
})
const ask = async (of: Model, seed: number, change: Partial<OneDownOptions> = {}) => {
  const cluster = scriptedCluster(of, GOAL, seed)
  return { cluster, result: await searchWithOneDown(cluster, { ...OPTIONS, ...change }) }
}

describe.each([0.5, 2 / 3, 0.9])('a cluster that keeps %f of its capacity', share => {
  test('in 95 of 100 seeds both intervals hold their truths, and both end within the one budget', async () => {
    let [held, heldDown] = [0, 0]
    for (let seed = 1; seed <= 100; seed++) {
      const truth = truthOf(seed)
      const { result } = await ask(model(truth, share), seed)
      const { oneDown } = result
      const within = (real: number, one = result as Pick<typeof result, 'loPerSecond' | 'hiPerSecond'>): boolean =>
        (one.loPerSecond ?? 0) <= real && real <= (one.hiPerSecond ?? 0)
      if (within(truth)) held++
      if (oneDown && within(share * truth, oneDown)) heldDown++
      expect(oneDown?.lost).toBe('broker-3')
      expect(oneDown?.ratePerSecond).toBeLessThanOrEqual(share * truth * (1 + GRID) * 1.0001)
      expect(result.spentMs + (oneDown?.spentMs ?? 0)).toBeLessThanOrEqual(OPTIONS.budgetMs)
    }
    expect(held).toBeGreaterThanOrEqual(95)
    expect(heldDown).toBeGreaterThanOrEqual(95)
  })
})

test('where nothing is lost with the broker, three trials at the rate say so and nothing higher is tried', async () => {
  const { cluster, result } = await ask(model(30_000, 1), 1)
  expect(result.oneDown).toMatchObject({ state: 'above', ratePerSecond: result.ratePerSecond })
  expect(result.oneDown?.probes.map(probe => probe.ratePerSecond)).toEqual(Array(3).fill(result.ratePerSecond))
  expect(cluster.trials).toHaveLength(result.probes.length + 3)
})

describe('brokers with limits, once one is gone', () => {
  /** Each trial within limits fails until one has run without them since the broker was lost. */
  const unpractised = () => {
    const cluster = scriptedCluster(model(30_000, 1), GOAL, 1)
    const seen: string[] = []
    let [isLost, isLifted, isPractised] = [false, false, false]
    const watched: SearchCluster = {
      ...cluster,
      loseBroker: async () => {
        seen.push('lost')
        isLost = true
        return 'broker-3'
      },
      liftLimits: async () => {
        isLifted = true
        if (isLost) seen.push('lifted')
        return async () => {
          isLifted = false
          if (isLost) seen.push('back')
        }
      },
      runTrial: async request => {
        const outcome = await cluster.runTrial(request)
        if (!isLost) return outcome
        seen.push(request.purpose)
        if (isLifted) isPractised = true
        return isPractised ? outcome : { ...outcome, missShare: 0.8 }
      },
    }
    return { watched, seen }
  }

  test('are loaded once without them at the rate that is asked about, and nobody judges that', async () => {
    const { watched, seen } = unpractised()
    const { ratePerSecond, oneDown } = await searchWithOneDown(watched, OPTIONS)
    expect(seen).toEqual(['lost', 'lifted', 'warm', 'back', ...Array(3).fill('confirm')])
    expect(oneDown).toMatchObject({ state: 'above', ratePerSecond, liftedMs: OPTIONS.trialMs + OPTIONS.overheadMs })
    expect(oneDown?.probes.map(probe => probe.state)).toEqual(Array(3).fill('good'))
  })

  const ONE_MS = OPTIONS.trialMs + OPTIONS.overheadMs
  test.each([
    [ONE_MS - 1, []],
    [ONE_MS, ['confirm']],
    [2 * ONE_MS - 1, ['confirm']],
    [2 * ONE_MS, ['lifted', 'warm', 'back', 'confirm']],
  ])('with %i ms left: %j, so that one that is judged has time', async (leftMs, ran) => {
    const { watched, seen } = unpractised()
    let elapsedMs = 0
    const timed: SearchCluster = {
      ...watched,
      elapsedMs: () => elapsedMs,
      loseBroker: async () => {
        elapsedMs = OPTIONS.budgetMs - leftMs
        return (await watched.loseBroker?.()) ?? ''
      },
      runTrial: async request => {
        elapsedMs += request.durationMs + OPTIONS.overheadMs
        return watched.runTrial(request)
      },
    }
    await searchWithOneDown(timed, OPTIONS)
    expect(seen).toEqual(['lost', ...ran])
    expect(elapsedMs).toBeLessThanOrEqual(OPTIONS.budgetMs)
  })

  test('have them back where that trial breaks', async () => {
    const { watched, seen } = unpractised()
    const broken: SearchCluster = {
      ...watched,
      runTrial: async request => {
        if (seen.includes('lifted')) throw new Error('gone')
        return watched.runTrial(request)
      },
    }
    await expect(searchWithOneDown(broken, OPTIONS)).rejects.toThrow('gone')
    expect(seen).toEqual(['lost', 'lifted', 'back'])
  })
})

test('a rate that held only by luck is not said to hold', async () => {
  const flaky: Model = { produce: (_, random) => (random() < 0.5 ? 40_000 : 20_000), groups: {}, oneDownShare: 1 }
  for (let seed = 1; seed <= 20; seed++) {
    const { oneDown } = (await ask(flaky, seed)).result
    if (oneDown?.state !== 'above') continue
    const good = oneDown.probes.filter(probe => probe.state === 'good').length
    expect(good).toBeGreaterThanOrEqual(oneDown.probes.length - good + 2)
  }
})

test('a rate of which two trials held and one failed when time ran out is neither told to hold nor to fail', async () => {
  const cluster = scriptedCluster(model(30_000, 1), GOAL, 1)
  let [elapsedMs, trialsAfter, isLost] = [0, 0, false]
  const slow: SearchCluster = {
    elapsedMs: () => elapsedMs,
    saturate: cluster.saturate,
    loseBroker: async () => {
      elapsedMs = OPTIONS.budgetMs - 3.5 * (OPTIONS.trialMs + OPTIONS.overheadMs)
      isLost = true
      return 'broker-3'
    },
    runTrial: async request => {
      elapsedMs += request.durationMs + OPTIONS.overheadMs
      const outcome = await cluster.runTrial(request)
      return isLost && ++trialsAfter === 1 ? { ...outcome, missShare: 0.2 } : outcome
    },
  }
  const { oneDown } = await searchWithOneDown(slow, OPTIONS)
  expect(oneDown?.probes.map(({ state }) => state)).toEqual(['bad', 'good', 'good'])
  expect(oneDown).toMatchObject({ state: 'below', reasons: ['trials did not agree: 2 held, 1 failed'] })
  expect(oneDown && isUndecided(oneDown)).toBe(true)
})

test('a cluster that takes nothing any more has no rate, and the search ends in time', async () => {
  const { result } = await ask(model(30_000, 0), 1)
  expect(result.oneDown).toMatchObject({ state: 'below' })
  expect(result.oneDown && isUndecided(result.oneDown)).toBe(false)
  expect(result.spentMs + (result.oneDown?.spentMs ?? 0)).toBeLessThanOrEqual(OPTIONS.budgetMs)
})

test('a short budget is kept, and what it was too short for is said', async () => {
  const { result } = await ask(model(30_000, 2 / 3), 1, { budgetMs: 360_000, oneDownMs: 90_000 })
  const { oneDown } = result
  expect(result.spentMs).toBeLessThanOrEqual(270_000)
  expect(result.spentMs + (oneDown?.spentMs ?? 0)).toBeLessThanOrEqual(360_000)
  expect(oneDown?.reasons.join()).toContain('time ran out')
})

test.each([
  ['no broker can be spared', model(30_000), {}],
  ['it is off', model(30_000, 0.5), { oneDownMs: 0 }],
  ['there is no rate to ask about', model(0, 0.5), {}],
])('is not asked where %s', async (_, of, change) => {
  expect((await ask(of, 1, change)).result.oneDown).toBeUndefined()
})
