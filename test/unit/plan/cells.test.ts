// A cell is one experiment: what it sets must arrive where it belongs, and nothing else may change.
import { describe, expect, test } from 'vitest'
import { applyCell, countCells, expandCells, labelOf, valuesOfScope } from '../../../src/plan/cells.ts'
import type { Axis, MatrixSpec } from '../../../src/scenario/schema/matrix.ts'
import { loaded, scenarioText } from './made.ts'

const axis = (name: string, values: Axis['values'], scope: Axis['scope'] = 'producers'): Axis => ({
  scope,
  setting: name,
  name,
  values,
})
const matrix = (axes: Axis[], change: Partial<MatrixSpec> = {}): MatrixSpec => ({
  axes,
  include: [],
  exclude: [],
  ...change,
})
const ACKS = axis('acks', ['0', '1', 'all'])
const LINGER = axis('linger.ms', [0, 5])

const labels = (spec: MatrixSpec): string[] => expandCells(spec).map(({ label }) => label)

describe('expandCells', () => {
  test('is every combination, the first axis slowest', () => {
    expect(labels(matrix([ACKS, LINGER]))).toEqual([
      'acks=0 linger.ms=0',
      'acks=0 linger.ms=5',
      'acks=1 linger.ms=0',
      'acks=1 linger.ms=5',
      'acks=all linger.ms=0',
      'acks=all linger.ms=5',
    ])
    expect(expandCells(matrix([ACKS])).map(({ index }) => index)).toEqual([0, 1, 2])
  })

  test('without axes is one cell without values', () => {
    expect(expandCells(matrix([]))).toEqual([{ index: 0, values: {}, label: 'single cell' }])
  })

  test('leaves out every cell that has all the values of an exclude', () => {
    expect(labels(matrix([ACKS, LINGER], { exclude: [{ acks: '0' }, { acks: 'all', 'linger.ms': 0 }] }))).toEqual([
      'acks=1 linger.ms=0',
      'acks=1 linger.ms=5',
      'acks=all linger.ms=5',
    ])
  })

  test('adds included cells once, and excluding does not touch them', () => {
    const spec = matrix([ACKS, LINGER], {
      exclude: [{ acks: '0' }],
      include: [
        { acks: '0', 'linger.ms': 100 },
        { acks: '1', 'linger.ms': 5 },
        { acks: '0', 'linger.ms': 100 },
      ],
    })
    expect(labels(spec)).toEqual([
      'acks=1 linger.ms=0',
      'acks=1 linger.ms=5',
      'acks=all linger.ms=0',
      'acks=all linger.ms=5',
      'acks=0 linger.ms=100',
    ])
  })

  test('values are compared as text, so that 1 and "1" are one', () => {
    expect(labels(matrix([ACKS], { exclude: [{ acks: 1 }] }))).toEqual(['acks=0', 'acks=all'])
  })
})

describe('countCells', () => {
  test('is the number of cells', () => {
    for (const spec of [
      matrix([]),
      matrix([ACKS, LINGER]),
      matrix([ACKS, LINGER], { exclude: [{ acks: '0' }], include: [{ acks: '0', 'linger.ms': 9 }] }),
    ]) {
      expect(countCells(spec)).toBe(expandCells(spec).length)
    }
  })
})

test('labelOf names values in their order', () => {
  expect(labelOf({ acks: 'all', 'values.size': 1024 })).toBe('acks=all values.size=1024')
})

test('valuesOfScope finds an axis by its name and gives it under its setting', () => {
  const axes: Axis[] = [
    { ...axis('compression.type', ['zstd']), name: 'producers.compression.type' },
    { ...axis('compression.type', ['gzip'], 'topics'), name: 'topics.compression.type' },
  ]
  const cell = { 'producers.compression.type': 'zstd', 'topics.compression.type': 'gzip' }
  expect(valuesOfScope(cell, axes, 'producers')).toEqual({ 'compression.type': 'zstd' })
  expect(valuesOfScope(cell, axes, 'topics')).toEqual({ 'compression.type': 'gzip' })
  expect(valuesOfScope(cell, axes, 'brokers')).toEqual({})
})

describe('applyCell', () => {
  const { scenario } = loaded(
    scenarioText(`consumers: [{ name: readers }]
matrix:
  producers: { workers: [1, 3], driver: [kafkajs, "null"], values.size: [100B, 2KiB], values.compressible: [0%, 90%], linger.ms: [0, 5ms] }
  consumers: { groups: [1, 2], members: [1, 4], commit: [auto, none], fetch.min.bytes: [1, 1KiB] }
  topics: { partitions: [3, 12], replication.factor: [1], count: [1, 2], compression.type: [producer, gzip] }
  brokers: { num.io.threads: [2, 4] }
  load: { rate: [500/s, max] }
`),
  )
  const cell = {
    workers: 3,
    driver: 'null',
    'values.size': 2048,
    'values.compressible': 0.9,
    'linger.ms': 5,
    groups: 2,
    members: 4,
    commit: 'none',
    'fetch.min.bytes': 1024,
    partitions: 12,
    'replication.factor': 1,
    count: 2,
    'compression.type': 'gzip',
    'num.io.threads': 4,
    rate: 500,
  }

  test('puts every value where it belongs', () => {
    const { scenario: set, matrix: settings } = applyCell(scenario, cell)
    expect(set.producers[0]).toMatchObject({ workers: 3, driver: 'null', values: { size: 2048, compressible: 0.9 } })
    expect(set.consumers[0]).toMatchObject({ groups: 2, members: 4, commit: 'none' })
    expect(set.topics[0]).toMatchObject({
      partitions: 12,
      replicationFactor: 1,
      count: 2,
      config: { 'compression.type': 'gzip' },
    })
    expect(set.load.segments.map(({ fromPerSecond, toPerSecond, max }) => [fromPerSecond, toPerSecond, max])).toEqual([
      [500, 500, false],
      [500, 500, false],
    ])
    expect(settings).toEqual({
      producers: { 'linger.ms': 5 },
      consumers: { 'fetch.min.bytes': 1024 },
      brokers: { 'num.io.threads': 4 },
    })
  })

  test('max is the closed loop', () => {
    const { scenario: set } = applyCell(scenario, { ...cell, rate: 'max' })
    expect(set.load.segments.every(segment => segment.max && segment.fromPerSecond === 0)).toBe(true)
  })

  test('of no values changes nothing', () => {
    expect(applyCell(scenario, {}).scenario).toEqual(scenario)
    expect(applyCell(scenario, {}).matrix).toEqual({ producers: {}, consumers: {}, brokers: {} })
  })

  test('leaves the scenario itself alone', () => {
    const before = structuredClone(scenario)
    applyCell(scenario, cell)
    expect(scenario).toEqual(before)
  })
})
