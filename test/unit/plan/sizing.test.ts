// Leader skew is exact arithmetic; a plan points it out where it matters.
import { describe, expect, test } from 'vitest'
import { leaderSkew, skewNote } from '../../../src/plan/sizing.ts'
import { planOf, scenarioText } from './made.ts'

describe('leaderSkew', () => {
  test.each([
    [3, 3, 1],
    [4, 3, 1.5],
    [5, 3, 1.2],
    [10, 5, 1],
    [10, 7, 1.4],
    [20, 7, 1.05],
    [30, 9, 1.2],
    [36, 9, 1],
    [1, 3, 3],
  ])('%i partitions on %i brokers: %f', (partitions, brokers, skew) =>
    expect(leaderSkew(partitions, brokers)).toBeCloseTo(skew, 10),
  )
})

test('a plan says what would be even, and is silent where it is', () => {
  expect(skewNote('events', 4, 3)).toContain('6 would be even')
  expect(skewNote('events', 20, 7)).toBeUndefined()
  expect(skewNote('events', 1, 1)).toBeUndefined()
  const plan = planOf(scenarioText('matrix:\n  topics: { partitions: [3, 4] }\n', { layout: 'three-brokers' }))
  expect(plan.notes.filter(note => note.includes('would be even'))).toEqual([
    'topic events: 4 partitions on 3 brokers give the busiest 1.50 times its share of leaders; 6 would be even',
  ])
})
