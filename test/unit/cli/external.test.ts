// What a plan would demand of somebody else's cluster, from real scenarios: the numbers that the caps are held against.
import { describe, expect, it } from 'vitest'
import { demandOf } from '../../../src/cli/shared/external.ts'
import { makePlan } from '../../../src/plan/plan.ts'
import { parseScenario } from '../../../src/scenario/load.ts'

function planOf(lines: { load?: string; topics?: string; producers?: string; matrix?: string; repeat?: number }) {
  const text = [
    'version: 1',
    'name: demand',
    'cluster: { bootstrap.servers: "kafka-1:9092,kafka-2:9092" }',
    `topics: ${lines.topics ?? '[{ name: a, partitions: 4 }, { name: b, count: 2, partitions: 3 }]'}`,
    `producers: ${lines.producers ?? '[{ name: w, workers: 2, values: { size: 1000B } }]'}`,
    'consumers: [{ name: r, groups: 2, members: 3 }]',
    `load: { phases: ${lines.load ?? '[{ phase: warmup, for: 5s, rate: 100/s }, { phase: steady, for: 10s, rate: 500/s }]'} }`,
    ...(lines.matrix === undefined ? [] : [`matrix: ${lines.matrix}`]),
    `repeat: ${lines.repeat ?? 1}`,
  ].join('\n')
  const { scenario, placeOf } = parseScenario(text, 'demand.yaml')
  return makePlan(scenario, { placeOf, cores: 8, maxCells: 200 })
}

describe('demandOf', () => {
  it('takes the highest rate, all of the time, all partitions, and every client on every broker', () => {
    expect(demandOf(planOf({}), 3, false)).toEqual({
      bytesPerSecond: 500_000,
      durationMs: 15_000,
      partitions: 10,
      connections: (2 + 6 + 1) * 3,
    })
  })

  it('counts the top of a ramp, keys and headers', () => {
    const plan = planOf({
      load: '[{ phase: ramp, for: 10s, from: 100/s, to: 2k/s }, { phase: steady, for: 10s, rate: 300/s }]',
      producers:
        '[{ name: w, keys: { distribution: uniform, cardinality: 11, prefix: abcd }, values: { size: 100B }, headers: { count: 2, size: 50B } }]',
    })
    expect(demandOf(plan, 1, false).bytesPerSecond).toBe(2000 * 206)
  })

  it('adds the time of all trials, and partitions only where topics are kept', () => {
    const plan = planOf({ matrix: '{ producers: { linger.ms: [0ms, 5ms] } }', repeat: 3 })
    expect(demandOf(plan, 1, false)).toMatchObject({ durationMs: 6 * 15_000, partitions: 10 })
    expect(demandOf(plan, 1, true)).toMatchObject({ partitions: 60 })
  })

  it('has no bound where the load has none', () => {
    const plan = planOf({ load: '[{ phase: steady, for: 10s, rate: max }]' })
    expect(demandOf(plan, 1, false).bytesPerSecond).toBe(Number.POSITIVE_INFINITY)
  })
})
