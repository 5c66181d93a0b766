// Soaks that are lost before their end: they cost what they ran, leave the rest to another one, and say nothing about other goals.
import { describe, expect, test } from 'vitest'
import { searchGoals } from '../../../src/search/goals.ts'
import { type SearchCluster, type SearchOptions, searchRate, type TrialRequest } from '../../../src/search/search.ts'
import { SIX_MINUTES, scriptedCluster, truthOf } from '../../fixtures/search-models.ts'

const OPTIONS: SearchOptions = { ...SIX_MINUTES, gridShare: 0.2 }
const GOAL = OPTIONS.goal
const LOST_AFTER_MS = 6000

/** Trials hold up to the truth, and soaks only well below: they are lost after six seconds, and may be ended then. */
function tiring(seed: number, endsEarly: boolean, soaksHoldBelow: number): SearchCluster {
  const cluster = scriptedCluster({ produce: () => truthOf(seed), groups: {} }, GOAL, seed)
  return {
    ...cluster,
    runTrial: async request => {
      const outcome = await cluster.runTrial(request)
      if (request.purpose !== 'soak' || request.ratePerSecond < soaksHoldBelow) return outcome
      const lost = { ...outcome, missShare: Math.max(0.05, outcome.missShare) }
      return endsEarly && request.endsOnceMissed ? { ...lost, loadedMs: LOST_AFTER_MS } : lost
    },
  }
}

test('what a lost soak leaves of its time is spent on another one, a step down', async () => {
  let [early, late] = [0, 0]
  for (let seed = 1; seed <= 50; seed++) {
    const soaksHoldBelow = truthOf(seed) / 1.7
    const search = (endsEarly: boolean) =>
      searchRate(tiring(seed, endsEarly, soaksHoldBelow), { ...OPTIONS, budgetMs: 215_000 })
    const [ended, whole] = [await search(true), await search(false)]
    expect(ended.spentMs).toBeLessThanOrEqual(215_000)
    if (ended.soaked) early++
    if (whole.soaked) late++
  }
  expect(early).toBe(50)
  expect(late).toBeLessThan(25)
})

test('only soaks may end early, and for the goal that is searched', async () => {
  const asked: TrialRequest[] = []
  const cluster = tiring(3, true, 0)
  const watched: SearchCluster = {
    ...cluster,
    runTrial: request => {
      asked.push(request)
      return cluster.runTrial(request)
    },
  }
  await searchRate(watched, OPTIONS)
  for (const { purpose, endsOnceMissed } of asked) expect(endsOnceMissed).toEqual(purpose === 'soak' ? GOAL : undefined)
  expect(new Set(asked.map(({ purpose }) => purpose)).has('soak')).toBe(true)
})

describe('of several goals', () => {
  const loose = { deadlineMs: 500, missShare: 0.01 }

  test('one that a lost soak had not missed yet is soaked on its own', async () => {
    const soaks: TrialRequest[] = []
    const cluster = scriptedCluster({ produce: () => truthOf(7), groups: {} }, GOAL, 7)
    const both: SearchCluster = {
      ...cluster,
      runTrial: async request => {
        const outcome = await cluster.runTrial(request)
        const within = (missShare: number) => ({ missShareWithin: { 500: outcome.missShare, 100: missShare } })
        if (request.purpose !== 'soak') return { ...outcome, ...within(outcome.missShare) }
        soaks.push(request)
        const isLost = request.endsOnceMissed?.deadlineMs === GOAL.deadlineMs
        return isLost
          ? { ...outcome, ...within(0.05), loadedMs: LOST_AFTER_MS }
          : { ...outcome, ...within(outcome.missShare) }
      },
    }
    const [strict, other] = await searchGoals(both, { ...OPTIONS, budgetMs: 900_000, others: [loose] })
    expect(strict.soaked).toBe(false)
    expect(other?.soaked).toBe(true)
    const own = soaks.filter(({ endsOnceMissed }) => endsOnceMissed?.deadlineMs === loose.deadlineMs)
    expect(own.map(({ ratePerSecond }) => ratePerSecond)).toContain(other?.ratePerSecond)
  })
})
