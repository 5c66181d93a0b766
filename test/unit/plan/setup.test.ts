// One cell made concrete: topics, groups and amounts, which everything that runs takes as given.
import { describe, expect, test } from 'vitest'
import { expandCells } from '../../../src/plan/cells.ts'
import { meanSize, resolveTrial } from '../../../src/plan/setup.ts'
import { loaded, planOf, scenarioText } from './made.ts'

describe('topics', () => {
  const topicsOf = (text: string) => planOf(text).setups[0]?.topics ?? []

  test('replicate three times where there are brokers for it, else as often as there are', () => {
    expect(topicsOf(scenarioText())[0]).toMatchObject({
      declared: 'events',
      name: 'events',
      partitions: 3,
      replicationFactor: 1,
      config: { 'min.insync.replicas': '1' },
    })
    expect(topicsOf(scenarioText('', { layout: 'three-brokers' }))[0]).toMatchObject({
      replicationFactor: 3,
      config: { 'min.insync.replicas': '2' },
    })
  })

  test('what the scenario says wins over ours, and its source is told', () => {
    const text = scenarioText('', { layout: 'three-brokers' }).replace(
      'partitions: 3',
      'partitions: 3, config: { min.insync.replicas: 1, retention.ms: 1h }',
    )
    const [topic] = topicsOf(text)
    expect(topic?.config).toEqual({ 'min.insync.replicas': '1', 'retention.ms': '3600000' })
    expect(topic?.sources.map(({ name, source }) => [name, source])).toEqual([
      ['min.insync.replicas', 'scenario'],
      ['retention.ms', 'scenario'],
    ])
  })

  test('a count makes a family, which groups name by its declared name', () => {
    const [setup] = planOf(scenarioText().replace('partitions: 3', 'partitions: 2, count: 3')).setups
    expect(setup?.topics.map(({ name, declared }) => [name, declared])).toEqual([
      ['events-0', 'events'],
      ['events-1', 'events'],
      ['events-2', 'events'],
    ])
    expect(setup?.producers[0]?.topicNames).toEqual(['events-0', 'events-1', 'events-2'])
  })
})

describe('groups', () => {
  test('get the settings of matrix over flags over scenario over properties file', () => {
    const { scenario } = loaded(
      scenarioText(
        'consumers: [{ name: readers, config: { fetch.min.bytes: 5 } }]\nmatrix:\n  producers: { linger.ms: [7] }\n',
        { producer: 'config: { linger.ms: 1, batch.size: 2 }' },
      ),
    )
    const [cell] = expandCells(scenario.matrix)
    const setup = resolveTrial(
      scenario,
      cell as NonNullable<typeof cell>,
      {
        under: [{ source: 'properties file', values: { 'linger.ms': 5, 'batch.size': 5, retries: 6 } }],
        over: [{ source: 'flag', values: { 'linger.ms': 3, 'batch.size': 4 } }],
      },
      { under: [], over: [{ source: 'flag', values: { 'fetch.max.wait.ms': 9 } }] },
    )
    expect(setup.producers[0]?.settings).toMatchObject({ 'linger.ms': 7, 'batch.size': 4, retries: 6 })
    expect(setup.consumers[0]?.settings).toMatchObject({ 'fetch.min.bytes': 5, 'fetch.max.wait.ms': 9 })
  })
})

describe('amounts', () => {
  test('records are the area under the rate, bytes follow shares and sizes', () => {
    const producer =
      'share: 25%\n    values: { size: 100B }\n  - name: others\n    share: 75%\n    values: { size: { distribution: uniform, min: 100B, max: 300B } }'
    const text = scenarioText('', { producer }).replace(
      '{ phase: steady, for: 10s, rate: 1k/s }',
      '{ phase: ramp, for: 10s, from: 100/s, to: 300/s }',
    )
    const [setup] = planOf(text).setups
    expect(setup).toMatchObject({ records: 200 + 2000, durationMs: 12_000, bytes: 2200 * (0.25 * 100 + 0.75 * 200) })
  })

  test.each([
    [100, 100],
    [{ distribution: 'uniform', min: 100, max: 300, sigma: 1 }, 200],
    [{ distribution: 'lognormal', min: 1, max: 1e9, median: 1000, sigma: 0.5 }, 1000 * Math.exp(0.125)],
    [{ distribution: 'lognormal', min: 1, max: 1050, median: 1000, sigma: 0.5 }, 1050],
  ] as const)('the mean of %j is %f', (size, mean) => {
    expect(meanSize(size)).toBeCloseTo(mean, 6)
  })
})
