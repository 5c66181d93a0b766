// Which trials stand behind the two ends of a search, and in which order they come.
import { expect, test } from 'vitest'
import { seededRandom } from '../../../src/core/random.ts'
import { type SearchCluster, type SearchOptions, searchRate } from '../../../src/search/search.ts'
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

test('what is left of the time after the soak goes to the upper end', async () => {
  let spent = 0
  for (let seed = 1; seed <= 50; seed++) {
    const { probes } = await searchRate(shy(seed), { ...OPTIONS, budgetMs: 220_000 + 500 * seed })
    const last = probes.findLastIndex(probe => probe.purpose === 'soak')
    const after = probes.slice(last + 1)
    for (const probe of after) {
      expect(probe.purpose, `seed ${seed}`).toBe('confirm')
      expect(probe.ratePerSecond, `seed ${seed}`).toBeGreaterThan(probes[last]?.ratePerSecond ?? 0)
    }
    spent += after.length
  }
  expect(spent).toBeGreaterThan(50)
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
