// Rows and columns for any number of axes, excluded cells and included ones with values of their own.
import { describe, expect, it } from 'vitest'
import type { Analysis } from '../../../src/analysis/analysis.ts'
import { rankSound, tiedFirst } from '../../../src/report/charts/best.ts'
import { axesOf, gridOf } from '../../../src/report/charts/grid.ts'
import { headlines, shellWord } from '../../../src/report/summary.ts'
import { HEADLINE_METRICS } from '../../../src/stats/comparison.ts'
import { makeAnalysis } from '../../fixtures/analysis.ts'
import { makeJudgement } from '../../fixtures/analysis-judgement.ts'

const matrix = makeAnalysis({ axes: 2 })

describe('gridOf', () => {
  it('gives the longer of two axes to the rows, in the order of the scenario', () => {
    const grid = gridOf(matrix)
    expect(grid?.rows).toEqual(['none', 'gzip', 'snappy', 'lz4', 'zstd'])
    expect(grid?.columns).toEqual(['0', '5', '20'])
    expect(grid?.at('lz4', '20')?.label).toBe('compression.type=lz4 linger.ms=20')
  })

  it('joins axes where there are more than two', () => {
    const acks = { scope: 'producers', setting: 'acks', name: 'acks', values: ['1', 'all'] }
    const cells = ['1', 'all'].flatMap(value =>
      matrix.cells.map(cell => ({ ...cell, values: { ...cell.values, acks: value } })),
    )
    const grid = gridOf({ ...matrix, axes: [...matrix.axes, acks], cells })
    expect(grid?.rowAxes).toEqual(['compression.type', 'linger.ms'])
    expect(grid?.columnAxes).toEqual(['acks'])
    expect(grid?.rows).toHaveLength(15)
    expect(grid?.at('zstd · 5', 'all')?.values).toEqual({ 'compression.type': 'zstd', 'linger.ms': 5, acks: 'all' })
  })

  it('has a place for included cells and none for what is not there', () => {
    const extra = { ...matrix.cells[0]!, index: 99, values: { 'compression.type': 'lz4', 'linger.ms': 100 } }
    const analysis: Analysis = { ...matrix, cells: [...matrix.cells, extra] }
    const grid = gridOf(analysis)
    expect(grid?.columns).toEqual(['0', '5', '20', '100'])
    expect(grid?.at('lz4', '100')?.index).toBe(99)
    expect(grid?.at('zstd', '100')).toBeUndefined()
    expect(axesOf(analysis)[1]?.values).toEqual(['0', '5', '20', '100'])
  })

  it('is not for one axis or none', () => {
    expect(gridOf(makeAnalysis({ axes: 1 }))).toBeUndefined()
    expect(gridOf(makeAnalysis({}))).toBeUndefined()
  })
})

describe('the best cell', () => {
  const metric = HEADLINE_METRICS.find(one => one.name === 'ack.p99')!

  it('is never one that failed or is in doubt', () => {
    const analysis = makeAnalysis({ axes: 1, trouble: 'slow' })
    const [first] = rankSound(analysis.cells, metric, new Map())
    const ranked = rankSound(analysis.cells, metric, new Map([[first?.cell.index ?? 0, 'fail']]))
    expect(ranked.map(one => one.cell.index)).not.toContain(4)
    expect(ranked.map(one => one.cell.index)).not.toContain(first?.cell.index)
    expect(ranked).toHaveLength(3)
  })

  it('shares its place with all within one percent', () => {
    const cell = matrix.cells[0]!
    expect(
      tiedFirst([
        { cell, value: 1000 },
        { cell, value: 1009 },
        { cell, value: 1011 },
      ]),
    ).toBe(2)
    expect(tiedFirst([])).toBe(0)
  })

  it('is not named where all are alike', () => {
    const analysis = makeAnalysis({ axes: 1 })
    expect(headlines(analysis, makeJudgement(analysis))[0]).toEqual({
      label: 'throughput',
      value: '20k/s',
      detail: ['the same within 1 % in 5 sound cells'],
    })
  })
})

it('quotes what a shell would take apart', () => {
  expect([shellWord('a/b.yaml'), shellWord("it's; rm -rf"), shellWord('')]).toEqual([
    'a/b.yaml',
    "'it'\\''s; rm -rf'",
    "''",
  ])
})
