// Which trials stand behind the two ends of a search, and in which order they come.
import { describe, expect, test } from 'vitest'
import { seededRandom } from '../../../src/core/random.ts'
import { type SearchCluster, type SearchOptions, searchRate, type TrialRequest } from '../../../src/search/search.ts'
import { SIX_MINUTES, scriptedCluster, truthOf } from '../../fixtures/search-models.ts'

const OPTIONS: SearchOptions = { ...SIX_MINUTES, gridShare: 0.2 }
const GOAL = OPTIONS.goal

const hard = (seed: number): SearchCluster => scriptedCluster({ produce: () => truthOf(seed), groups: {} }, GOAL, seed)

/** A closed loop that tells too little, so that the bracket becomes wide and takes time. */
function shy(seed: number): SearchCluster {
  const cluster = hard(seed)
  return { ...cluster, saturate: async durationMs => 0.35 * (await cluster.saturate(durationMs)) }
}

test('a soak comes after trials of its own rate, not after those that overload', async () => {
  for (let seed = 1; seed <= 50; seed++) {
    const { probes } = await searchRate(hard(seed), { ...OPTIONS, budgetMs: 240_000 + 2000 * seed })
    const first = probes.findIndex(probe => probe.purpose === 'soak')
    const [before, soak] = [probes[first - 1]?.ratePerSecond, probes[first]?.ratePerSecond]
    expect(before, `seed ${seed}`).toBe(soak)
  }
})

test('what is left of the time after the soak goes to the upper end first, and then to the lower one', async () => {
  let [spent, low] = [0, 0]
  for (let seed = 1; seed <= 50; seed++) {
    const { probes } = await searchRate(shy(seed), { ...OPTIONS, budgetMs: 220_000 + 500 * seed })
    const last = probes.findLastIndex(probe => probe.purpose === 'soak')
    const after = probes.slice(last + 1)
    const soaked = probes[last]?.ratePerSecond ?? 0
    const rates = after.map(probe => probe.ratePerSecond)
    const firstLow = rates.includes(soaked) ? rates.indexOf(soaked) : rates.length
    for (const [i, rate] of rates.entries()) {
      expect(after[i]?.purpose, `seed ${seed}`).toBe('confirm')
      if (i < firstLow) expect(rate, `seed ${seed}`).toBeGreaterThan(soaked)
      else expect(rate, `seed ${seed}`).toBe(soaked)
    }
    spent += firstLow
    low += rates.length - firstLow
  }
  expect(spent).toBeGreaterThan(50)
  expect(low).toBeGreaterThan(0)
})

test('nothing above the ceiling is tried, however trials there disagree', async () => {
  for (let seed = 1; seed <= 100; seed++) {
    const cluster = hard(seed)
    const random = seededRandom(seed)
    const fickle: SearchCluster = {
      ...cluster,
      runTrial: async request => {
        const outcome = await cluster.runTrial(request)
        return random() < 0.5 ? { ...outcome, missShare: 0.05 } : outcome
      },
    }
    const options = { ...OPTIONS, budgetMs: 900_000, ceilingPerSecond: 10_000, soakMs: seed % 2 ? 0 : 20_000 }
    const { probes } = await searchRate(fickle, options)
    expect(Math.max(...probes.map(probe => probe.ratePerSecond))).toBeLessThanOrEqual(10_000)
  }
})

test('wherever time runs out, no rate stays inside the interval at which nothing but failures was seen', async () => {
  for (let seed = 1; seed <= 300; seed++) {
    const budgetMs = 100_000 + 1000 * seed
    const { state, ratePerSecond = 0, hiPerSecond = 0, probes } = await searchRate(shy(seed), { ...OPTIONS, budgetMs })
    if (state !== 'found') continue
    const high = hiPerSecond / (1 + OPTIONS.gridShare / 2)
    const inside = probes.filter(
      probe => probe.ratePerSecond > ratePerSecond * 1.01 && probe.ratePerSecond < high * 0.99,
    )
    const refuted = inside.filter(({ state: one, ratePerSecond: rate }) =>
      one === 'bad' ? inside.every(other => other.ratePerSecond !== rate || other.state === 'bad') : false,
    )
    expect(refuted, `budget of ${budgetMs} ms`).toEqual([])
  }
})

/** Holds up to its truth, but where trials fail for a reason that passes. */
function passing(seed: number, isBad: (request: TrialRequest, soaks: number) => boolean): SearchCluster {
  const cluster = hard(seed)
  let soaks = 0
  return {
    ...cluster,
    saturate: async durationMs => 0.6 * (await cluster.saturate(durationMs)),
    runTrial: async request => {
      const outcome = await cluster.runTrial(request)
      const isLost = isBad(request, soaks)
      if (request.purpose === 'soak') soaks++
      return isLost ? { ...outcome, missShare: 0.05 } : outcome
    },
  }
}

describe('an upper end that failed only while the brokers were young is not told, wherever time runs out', () => {
  const SEEDS = 300
  const from = 0.55
  test.each<[string, (seed: number) => SearchCluster]>([
    [
      'failures on the way up',
      seed =>
        passing(seed, ({ purpose, ratePerSecond }) => purpose === 'bracket' && ratePerSecond > from * truthOf(seed)),
    ],
    [
      'failures of trials that were meant to confirm it, before the soak',
      seed => passing(seed, ({ ratePerSecond }, soaks) => soaks === 0 && ratePerSecond > from * truthOf(seed)),
    ],
  ])('%s', async (_, clusterOf) => {
    const states: string[] = []
    for (let seed = 1; seed <= SEEDS; seed++) {
      const options = { ...OPTIONS, budgetMs: 110_000 + 900 * seed }
      const { state, ratePerSecond = 0, hiPerSecond, probes } = await searchRate(clusterOf(seed), options)
      const last = probes.findLastIndex(probe => probe.purpose === 'soak')
      const isAsked = probes.slice(last + 1).some(probe => probe.ratePerSecond > ratePerSecond)
      if (!isAsked) continue
      states.push(state)
      if (hiPerSecond !== undefined) expect(hiPerSecond, `seed ${seed}`).toBeGreaterThanOrEqual(truthOf(seed))
    }
    expect(states.filter(state => state === 'found').length, 'found').toBeGreaterThan(SEEDS / 2)
  })
})

test('an upper end that was refuted before the soak is asked once more after it, on brokers as old as those that held', async () => {
  for (let seed = 1; seed <= 50; seed++) {
    const {
      probes,
      ratePerSecond = 0,
      hiPerSecond = 0,
    } = await searchRate(hard(seed), {
      ...OPTIONS,
      budgetMs: 600_000,
    })
    const high = hiPerSecond / (1 + OPTIONS.gridShare / 2)
    const soaked = probes.findLastIndex(probe => probe.purpose === 'soak')
    const last = probes.slice(soaked).findLast(probe => probe.ratePerSecond > ratePerSecond)
    expect(last, `seed ${seed}`).toMatchObject({ purpose: 'confirm', state: 'bad' })
    expect(last?.ratePerSecond, `seed ${seed}`).toBeCloseTo(high, 6)
  }
})

test('where the upper end holds after the soak the search goes up two steps at once, and then asks the one between', async () => {
  let asked = 0
  for (let seed = 1; seed <= 100; seed++) {
    const young = passing(seed, ({ ratePerSecond }, soaks) => soaks === 0 && ratePerSecond > 0.55 * truthOf(seed))
    const { probes } = await searchRate(young, { ...OPTIONS, budgetMs: 600_000 })
    const last = probes.findLastIndex(probe => probe.purpose === 'soak')
    const steps = probes.slice(last + 1).map(probe => Math.round(Math.log(probe.ratePerSecond) / Math.log(1.2)))
    const [first = 0, ...rest] = steps
    if (rest.every(step => step <= first)) continue
    asked++
    const isUp = rest.filter(step => step > first)
    expect(isUp[0], `seed ${seed}`).toBe(first + 2)
    // The truth lies in an interval of one step in the end, which no step of two was left of.
    expect(new Set(isUp).has(Math.max(...isUp) - 1), `seed ${seed}`).toBe(true)
  }
  expect(asked).toBeGreaterThan(25)
})

test('a ceiling one step above an upper end that holds is asked as well', async () => {
  let asked = 0
  for (let seed = 1; seed <= 100; seed++) {
    const young = passing(seed, ({ ratePerSecond }, soaks) => soaks === 0 && ratePerSecond > 0.7 * truthOf(seed))
    const ceilingPerSecond = truthOf(seed) * 0.95
    const options = { ...OPTIONS, budgetMs: 600_000, ceilingPerSecond }
    const { probes, ratePerSecond = 0 } = await searchRate(young, options)
    expect(Math.max(...probes.map(probe => probe.ratePerSecond))).toBeLessThanOrEqual(ceilingPerSecond * 1.0001)
    const last = probes.findLastIndex(probe => probe.purpose === 'soak')
    const above = probes.slice(last + 1).filter(probe => probe.ratePerSecond > ratePerSecond)
    const rates = above.map(probe => probe.ratePerSecond / ceilingPerSecond)
    if (!rates.some(rate => Math.abs(rate - 1 / 1.2) < 0.01)) continue
    asked++
    expect(rates.at(-1), `seed ${seed}`).toBeCloseTo(1, 3)
  }
  expect(asked).toBeGreaterThan(50)
})

test('a soak is one of the three trials that stand behind the lower end, and comes as soon as one of them held', async () => {
  const { probes, ratePerSecond = 0, reasons } = await searchRate(hard(3), { ...OPTIONS, budgetMs: 600_000 })
  const behind = probes.filter(probe => probe.ratePerSecond === ratePerSecond && probe.purpose !== 'bracket')
  expect(behind.map(({ purpose }) => purpose).filter(purpose => purpose !== 'narrow')).toEqual([
    'confirm',
    'soak',
    'confirm',
  ])
  expect(reasons).toEqual([])
})
