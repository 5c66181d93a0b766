// Made-up sides of a gate: what makes them unlike, what counts, errors before statistics, and the direction of each metric.
import { describe, expect, test } from 'vitest'
import type { AbMetric } from '../../../src/analysis/ab.ts'
import type { Analysis, TrialAnalysis, Validity } from '../../../src/analysis/analysis.ts'
import { type GateSide, gateSideOf, gateSides, unlikenessOf } from '../../../src/analysis/gate.ts'
import { madeAnalysis, madeCell, madeLatency, madeTrialAnalysis } from '../verify/made.ts'

type Made = { p99?: number; throughput?: number; validity?: Validity['state']; errors?: number; scheduled?: number }

const trial = (made: Made, index: number): TrialAnalysis =>
  madeTrialAnalysis({
    number: index + 1,
    repetition: index,
    accounting: { errors: made.errors ?? 0 },
    measures: {
      scheduled: made.scheduled ?? 800,
      latencies: { ack: madeLatency({ quantiles: { p99: made.p99 ?? 1000 } }) },
      throughputPerSecond: made.throughput ?? 80,
    },
    ...(made.validity ? { validity: { state: made.validity, reasons: ['seen'] } } : {}),
  })

const analysisOf = (trials: readonly Made[], change: Partial<Analysis> = {}): Analysis =>
  madeAnalysis([madeCell(trials.map(trial))], change)
const side = (trials: readonly Made[], change: Partial<Analysis> = {}): GateSide =>
  gateSideOf([analysisOf(trials, change)], { closedLoop: false, cutSeconds: 0 })

const METRICS: AbMetric[] = [
  { name: 'ack.p99', marginShare: 0.15, gating: true },
  { name: 'throughput', marginShare: 0.05, gating: true },
]
const alike: Made[] = [1000, 1010, 990, 1005].map(p99 => ({ p99 }))
const gate = (candidate: readonly Made[], noise = {}) => gateSides(side(alike), side(candidate), METRICS, noise)

describe('gateSides', () => {
  test('equal runs are equivalent; one run of each is said to hide what moves between runs', () => {
    const result = gate(alike)
    expect(result).toMatchObject({ decision: 'EQUIVALENT', errors: [], leftOut: [] })
    expect(result.notes.filter(note => note.includes('of one run'))).toHaveLength(2)
  })

  test('more latency is worse, and so is less throughput', () => {
    expect(gate(alike.map(({ p99 = 0 }) => ({ p99: p99 * 1.5 }))).metrics.map(one => one.decision)).toEqual([
      'REGRESSION',
      'EQUIVALENT',
    ])
    const less = gate(alike.map(one => ({ ...one, throughput: 64 })))
    expect(less.decision).toBe('REGRESSION')
    expect(less.metrics[1]).toMatchObject({ basePer: expect.closeTo(80), candidatePer: expect.closeTo(64) })
    expect(less.metrics[1]?.estimate?.ratio).toBeCloseTo(1.25, 10)
  })

  test.each<Validity['state']>(['GENERATOR_LIMITED', 'INVALID'])('a trial that is %s does not count', validity => {
    const result = gate([...alike, { p99: 90_000, validity }])
    expect(result.decision).toBe('EQUIVALENT')
    expect(result.leftOut).toEqual([expect.stringContaining(`trial 5: ${validity}: seen`)])
  })

  test('fewer than three trials that count decide nothing', () => {
    const result = gate([{}, {}, { validity: 'INVALID' }])
    expect(result.decision).toBe('INCONCLUSIVE')
    expect(result.metrics[0]?.reason).toContain('1 more of the recording')
  })

  test('errors beyond the worst trial of the baseline fail it, whatever the numbers are', () => {
    const failing = gate([...alike, { errors: 1, validity: 'INVALID' }])
    expect(failing).toMatchObject({ decision: 'REGRESSION', errors: [expect.stringContaining('0.02%')] })
    const before = side(alike.map(one => ({ ...one, errors: 5 })))
    expect(gateSides(before, side([...alike, { errors: 1 }]), METRICS, {}).decision).toBe('EQUIVALENT')
  })

  test('a cell that only one side has leaves doubt, and so does a machine that is too noisy', () => {
    const renamed = { ...side(alike), cells: side(alike).cells.map(cell => ({ ...cell, label: 'acks=1' })) }
    const both = { ...renamed, cells: [...renamed.cells, ...side(alike).cells] }
    expect(gateSides(side(alike), both, METRICS, {}).decision).toBe('INCONCLUSIVE')
    expect(gateSides(both, side(alike), METRICS, {}).decision).toBe('INCONCLUSIVE')
    expect(gate(alike, { 'ack.p99': { floorShare: 0.9, sessions: 5 } }).decision).toBe('INCONCLUSIVE')
  })
})

describe('unlikenessOf', () => {
  const made = side(alike)
  const environment = { ...made.environment, fingerprint: 'other', cpuModel: 'another' }

  test('runs of one machine, scenario, cluster and load are alike', () => {
    expect(unlikenessOf(made, side(alike.map(one => ({ ...one, scheduled: 810 }))))).toEqual([])
  })

  test.each<[string, GateSide]>([
    ['cpuModel', { ...made, environment }],
    ['scenario', { ...made, scenario: 'else' }],
    ['load', { ...made, closedLoop: true }],
    ['path', { ...made, cluster: { ...made.cluster, nodes: 1, path: 'routed' } }],
    ['rate of', side(alike.map(one => ({ ...one, scheduled: 1600 })))],
  ])('%s differs', (what, other) => {
    const base = { ...made, cluster: { ...made.cluster, nodes: 1 } }
    expect(unlikenessOf(base, other)).toContainEqual(expect.objectContaining({ what: expect.stringContaining(what) }))
  })

  test('another Docker beside the same fingerprint is only noted', () => {
    const other = { ...made, environment: { ...made.environment, docker: '99' } }
    expect(unlikenessOf(made, other)).toEqual([])
    expect(gateSides(made, other, METRICS, {}).notes).toContain('docker: none against 99')
  })
})

const CLIENT = {
  group: 'writers',
  role: 'producer',
  driver: 'wire',
  mode: 'tuned',
  workers: 1,
  batchedBy: 'harness',
  badges: [] as string[],
} as const

describe('settings that differ', () => {
  const withSettings = (linger: string, quota: string): GateSide => {
    const trials = alike.map(trial).map(one => ({
      ...one,
      clients: [{ ...CLIENT, settings: [{ name: 'linger.ms', value: linger, source: 'scenario' as const }] }],
      brokerSettings: {
        'broker-1': { 'node.id': quota, listeners: quota, 'log.dirs': quota, 'num.io.threads': quota },
      },
    }))
    return gateSideOf([madeAnalysis([madeCell(trials)])], { closedLoop: false, cutSeconds: 0 })
  }
  const settingNotes = (base: GateSide, candidate: GateSide): string[] =>
    gateSides(base, candidate, METRICS, {}).notes.filter(note => note.includes(' against '))

  test('are said once each, and nothing that only names a node', () => {
    const [base, candidate] = [withSettings('5', '8'), withSettings('20', '2')]
    const notes = settingNotes(base, candidate)
    expect(notes.some(note => note.endsWith('linger.ms: 5 against 20'))).toBe(true)
    expect(notes).toContain('brokers: num.io.threads: 8 against 2')
    expect(notes.join()).not.toMatch(/node\.id|listeners|log\.dirs/)
    expect(unlikenessOf(base, candidate)).toEqual([])
  })

  test('are none between equal runs, nor where the baseline does not know', () => {
    const base = withSettings('5', '8')
    expect(settingNotes(base, withSettings('5', '8'))).toEqual([])
    const old = { ...base, cells: base.cells.map(({ settings: _, ...cell }) => cell) }
    expect(settingNotes(old, withSettings('20', '2'))).toEqual([])
  })
})

test('runs of one side are pooled cell by cell', () => {
  const pooled = gateSideOf([analysisOf(alike, { runId: 'a' }), analysisOf(alike, { runId: 'b' })], {
    closedLoop: false,
    cutSeconds: 0,
  })
  expect(pooled.cells.map(cell => cell.trials.length)).toEqual([8])
  expect(pooled.runs.map(run => run.runId)).toEqual(['a', 'b'])
})
