// Comparing two analyses: cells are matched by their values, ratios are B ÷ A, and nothing is claimed beyond the ranges.
import { describe, expect, it } from 'vitest'
import { compareAnalyses, differencesOf } from '../../../src/stats/comparison.ts'
import { makeAnalysis } from '../../fixtures/analysis.ts'

describe('compareAnalyses', () => {
  const a = makeAnalysis({ axes: 2, repeats: 3 })

  it('matches cells by their values, whatever their place and number', () => {
    const b = makeAnalysis({ axes: 2, repeats: 3, seed: 9 })
    const shuffled = { ...b, cells: [...b.cells].reverse().map((cell, index) => ({ ...cell, index })) }
    const { cells, onlyA, onlyB } = compareAnalyses(a, shuffled)
    expect(cells).toHaveLength(15)
    expect([onlyA, onlyB]).toEqual([[], []])
    for (const cell of cells) {
      expect(b.cells[14 - cell.bIndex]?.values).toEqual(a.cells[cell.aIndex]?.values)
    }
  })

  it('does not care whether a value is a number or its text, nor for the order of the axes', () => {
    const turned = {
      ...a,
      cells: a.cells.map(cell => ({
        ...cell,
        values: Object.fromEntries(
          Object.entries(cell.values)
            .reverse()
            .map(([name, value]) => [name, String(value)]),
        ),
      })),
    }
    expect(compareAnalyses(a, turned).cells).toHaveLength(15)
  })

  it('lists cells that are in one run only', () => {
    const { cells, onlyA, onlyB } = compareAnalyses(a, makeAnalysis({ axes: 2, cells: 13 }))
    expect(cells).toHaveLength(13)
    expect(onlyA).toEqual(['compression.type=zstd linger.ms=5', 'compression.type=zstd linger.ms=20'])
    expect(onlyB).toEqual([])
  })

  it('gives ratios with each side’s smallest and largest repetition', () => {
    const b = makeAnalysis({ axes: 2, repeats: 3, slower: 1.5 })
    const p99 = compareAnalyses(a, b).cells[0]?.metrics.find(metric => metric.name === 'ack.p99')
    expect(p99?.ratio).toBeCloseTo(1.5, 2)
    expect(p99?.overlap).toBe(false)
    const spread = a.cells[0]?.spread['ack.p99']
    expect(p99?.a).toEqual({
      value: a.cells[0]?.measures?.latencies.ack?.quantiles['p99'],
      min: spread?.min,
      max: spread?.max,
      repetitions: 3,
    })
    const throughput = compareAnalyses(a, b).cells[0]?.metrics.find(metric => metric.name === 'throughput')
    expect(throughput).toMatchObject({ ratio: 1, overlap: true, better: 'higher' })
  })

  it('says nothing of overlap where a side has one repetition', () => {
    const once = makeAnalysis({ axes: 2 })
    const metric = compareAnalyses(a, once).cells[0]?.metrics.find(one => one.name === 'ack.p99')
    expect(metric?.overlap).toBeUndefined()
    expect(compareAnalyses(a, once).notes.join()).toContain('A side without repetitions has no spread')
  })

  it('leaves a side out that has no data, and gives no ratio', () => {
    const acks = makeAnalysis({ acks0: true })
    const [cell] = compareAnalyses(acks, acks).cells
    const metric = cell?.metrics.find(one => one.name === 'ack.p99')
    expect(metric).toEqual({ name: 'ack.p99', label: 'ack p99 (response)', kind: 'us', better: 'lower' })
  })

  it('names cells whose generator is not believed', () => {
    const [cell] = compareAnalyses(makeAnalysis({}), makeAnalysis({ trouble: 'slow' })).cells
    expect(cell?.doubtful).toEqual([expect.stringMatching(/^B is GENERATOR_LIMITED: sent 91\.2%/)])
  })

  it('never claims significance, and says so', () => {
    expect(compareAnalyses(a, a).notes[0]).toContain('no claim of significance is made')
  })
})

describe('what else differs', () => {
  it('is alike by fingerprint alone', () => {
    const a = makeAnalysis({})
    const other = { ...a, environment: { ...a.environment, fingerprint: 'x', kernel: '6.9' } }
    expect(compareAnalyses(a, a).alike).toBe(true)
    const comparison = compareAnalyses(a, other)
    expect(comparison.alike).toBe(false)
    expect(comparison.environment).toEqual([{ what: 'kernel', a: '6.1.0-18-amd64', b: '6.9' }])
  })

  it('lists the cluster, drivers and settings, each once', () => {
    const a = makeAnalysis({ axes: 1, cells: 2 })
    const b = structuredClone({ ...a, cluster: { ...a.cluster, path: 'routed', startedInMs: 1 } })
    for (const cell of b.cells)
      for (const trial of cell.trials)
        for (const client of trial.clients) {
          client.driver = 'wire'
          for (const setting of client.settings) if (setting.name === 'linger.ms') setting.value = '10'
        }
    const comparison = compareAnalyses(a, b)
    expect(comparison.cluster).toEqual([{ what: 'path', a: 'direct', b: 'routed' }])
    expect(comparison.settings).toEqual([
      { what: 'producer writers: driver', a: 'kafkajs', b: 'wire' },
      { what: 'producer writers: linger.ms', a: '5', b: '10' },
      { what: 'consumer readers: driver', a: 'kafkajs', b: 'wire' },
    ])
  })

  it('names keys that only one side has', () => {
    expect(differencesOf({ a: 1, b: { c: 2 } }, { a: 1, d: 'x' })).toEqual([
      { what: 'b', a: '{"c":2}', b: 'none' },
      { what: 'd', a: 'none', b: 'x' },
    ])
  })
})
