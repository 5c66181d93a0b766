// A rule may only pass on data that can be believed: no data, a slow generator and a cut trial must never read as success.
import { describe, expect, test } from 'vitest'
import { allMetricNames } from '../../../src/core/metrics.ts'
import type { Verdict } from '../../../src/core/verdict.ts'
import { HISTOGRAMS } from '../../../src/recording/format.ts'
import { parseRule } from '../../../src/scenario/rule.ts'
import type { Recovery } from '../../../src/stats/recovery.ts'
import { isCount, observe, showValue } from '../../../src/verify/observe.ts'
import { judgeRule, type StoredRule } from '../../../src/verify/rules.ts'
import { madeBroker, madeCell, madeLatency, madeTrialAnalysis, madeVerification, SLOW } from './made.ts'

function ruleOf(text: string, change: Partial<StoredRule> = {}): StoredRule {
  const parsed = parseRule(text)
  if (!parsed.ok) throw new Error(parsed.reason)
  return { ...parsed.rule, when: {}, severity: 'fail', index: 0, ...change }
}

type Trial = Parameters<typeof madeTrialAnalysis>[0]
const verdict = (text: string, trial: Trial = {}): Verdict =>
  judgeRule(ruleOf(text), [madeCell([madeTrialAnalysis(trial)])]).verdict

describe('comparisons', () => {
  test.each<[string, Verdict]>([
    ['ack.p99 < 20.1ms', 'pass'],
    ['ack.p99 < 20ms', 'fail'],
    ['ack.p99 <= 20ms', 'pass'],
    ['ack.p99 > 20ms', 'fail'],
    ['ack.p99 >= 20ms', 'pass'],
    ['ack.p99 == 20ms', 'pass'],
    ['ack.p99 != 20ms', 'fail'],
    ['e2e.p99 < 25ms', 'fail'],
    ['ack.mean < 3ms', 'pass'],
    ['ack.min >= 500us', 'pass'],
    ['ack.max <= 39ms', 'fail'],
    ['achieved >= 99%', 'pass'],
    ['throughput > 100/s', 'fail'],
    ['throughput.bytes >= 8kB/s', 'pass'],
    ['batch.size.avg < 1KiB', 'pass'],
    ['compression.ratio >= 2', 'pass'],
    ['lag.max <= 4', 'fail'],
    ['errors == 0', 'pass'],
    ['acked == stored', 'pass'],
    ['acked != stored', 'fail'],
    ['consumed == stored', 'pass'],
    ['ack.p50 < e2e.p99', 'pass'],
  ])('%s: %s', (text, expected) => {
    expect(verdict(text)).toBe(expected)
  })

  test('counts are of the whole trial, latencies and rates of the measured phase', () => {
    expect(verdict('acked == 1000')).toBe('pass')
    expect(verdict('acked == 800')).toBe('fail')
    expect(verdict('throughput == 80/s')).toBe('pass')
  })
})

describe('no data is never a pass', () => {
  test.each([
    ['ack.p99 < 1s', { measures: { latencies: {} } }],
    ['ack.p99 < 1s', { measures: { latencies: { ack: madeLatency({ count: 0 }) } } }],
    ['e2e.p999 < 1s', {}],
    ['consumed == stored', { accounting: { groups: [] } }],
    ['stored == consumed', { accounting: { groups: [] } }],
    ['achieved >= 0%', { measures: { achieved: Number.NaN } }],
    ['acked == stored', { accounting: { stored: Number.NaN } }],
    ['ack.p50 < e2e.p50', {}],
  ] as [string, Trial][])('%s without its data is inconclusive', (text, trial) => {
    const outcome = judgeRule(ruleOf(text), [madeCell([madeTrialAnalysis(trial)])])
    expect(outcome.verdict).toBe('inconclusive')
    expect(outcome.cells[0]).toMatchObject({ observed: '–', reason: 'no data' })
  })

  test('a cell without trials, and a rule without cells', () => {
    expect(judgeRule(ruleOf('errors == 0'), [madeCell([])])).toMatchObject({
      verdict: 'inconclusive',
      cells: [{ reason: 'no trial of this cell ran' }],
    })
    expect(judgeRule(ruleOf('errors == 0'), [])).toMatchObject({ verdict: 'inconclusive', cells: [] })
  })
})

describe('a generator that was too slow', () => {
  const slow: Trial = { validity: SLOW }

  test.each([
    'ack.p99 < 1s',
    'ack.p99 < 1ms',
    'throughput > 1/s',
    'throughput > 1M/s',
    'achieved >= 1%',
    'lag.max == 5',
  ])('%s is inconclusive, met or not', text => {
    const outcome = judgeRule(ruleOf(text), [madeCell([madeTrialAnalysis(slow)])])
    expect(outcome.cells[0]).toMatchObject({ verdict: 'inconclusive', reason: 'GENERATOR_LIMITED: too slow' })
  })

  test('counts stand: what failed has failed', () => {
    expect(verdict('errors == 0', slow)).toBe('pass')
    expect(verdict('errors == 0', { ...slow, accounting: { errors: 3 } })).toBe('fail')
    expect(verdict('acked == stored', { ...slow, accounting: { stored: 900 } })).toBe('fail')
  })
})

describe('a trial that was cut', () => {
  const partial = (accounting: NonNullable<Trial>['accounting'] = {}): Trial => ({
    state: 'partial',
    reason: 'worker failed',
    accounting: { errors: 5, ...accounting },
  })

  test.each<[string, Verdict]>([
    // Five errors will not become fewer.
    ['errors == 0', 'fail'],
    ['errors < 5', 'fail'],
    ['errors <= 4', 'fail'],
    // These may still come true, or stop being true.
    ['errors < 6', 'inconclusive'],
    ['errors == 5', 'inconclusive'],
    ['errors == 6', 'inconclusive'],
    ['errors != 5', 'inconclusive'],
    ['acked >= 5000', 'inconclusive'],
    ['acked > 10', 'inconclusive'],
    ['acked == stored', 'inconclusive'],
    ['ack.p99 < 1s', 'inconclusive'],
    ['ack.p99 < 1ms', 'inconclusive'],
  ])('%s is %s', (text, expected) => {
    expect(verdict(text, partial())).toBe(expected)
  })

  test('says why', () => {
    expect(judgeRule(ruleOf('acked > 10'), [madeCell([madeTrialAnalysis(partial())])]).cells[0]?.reason).toBe(
      'worker failed',
    )
  })
})

describe('consumed against stored', () => {
  const two = (consumed: number): Trial => ({
    accounting: {
      stored: 1500,
      groups: [
        { group: 'a', consumed: 1000, expected: 1000, reached: true },
        { group: 'b', consumed, expected: 500, reached: true },
      ],
    },
  })

  test.each(['consumed == stored', 'stored == consumed'])('%s holds every group against the topics it reads', text => {
    expect(verdict(text, two(500))).toBe('pass')
    expect(verdict(text, two(499))).toBe('fail')
    expect(judgeRule(ruleOf(text), [madeCell([madeTrialAnalysis(two(499))])]).cells[0]?.observed).toBe(
      'a 1000 of 1000, b 499 of 500',
    )
  })

  test('an inequality keeps its direction either way round', () => {
    expect(verdict('consumed <= stored', two(499))).toBe('pass')
    expect(verdict('stored >= consumed', two(499))).toBe('pass')
    expect(verdict('stored <= consumed', two(499))).toBe('fail')
  })

  test('consumed alone is the group that read least', () => {
    expect(verdict('consumed == 499', two(499))).toBe('pass')
  })
})

describe('scope', () => {
  const cells = ['0', '1', 'all'].map((acks, index) =>
    madeCell([madeTrialAnalysis({ accounting: { errors: index } })], {
      index,
      label: `acks=${acks}`,
      values: { acks, 'linger.ms': 5 },
    }),
  )

  test('when takes the cells that have one of its values on every axis, compared as text', () => {
    const judged = (when: StoredRule['when']) =>
      judgeRule(ruleOf('errors == 0', { when }), cells).cells.map(({ label }) => label)
    expect(judged({ acks: [1, 'all'] })).toEqual(['acks=1', 'acks=all'])
    expect(judged({ acks: ['0'], 'linger.ms': ['5'] })).toEqual(['acks=0'])
    expect(judged({ acks: ['0'], 'linger.ms': [20] })).toEqual([])
    expect(judged({})).toHaveLength(3)
  })

  test('only cells in scope decide', () => {
    expect(judgeRule(ruleOf('errors == 0', { when: { acks: ['0'] } }), cells).verdict).toBe('pass')
    expect(judgeRule(ruleOf('errors == 0'), cells).verdict).toBe('fail')
  })

  test('a scope that no cell is in is inconclusive', () => {
    expect(judgeRule(ruleOf('errors == 0', { when: { acks: ['2'] } }), cells).verdict).toBe('inconclusive')
  })
})

describe('repetitions', () => {
  test('each must hold; the worst is told, with what was seen in all', () => {
    const trials = [1, 2, 3].map(number =>
      madeTrialAnalysis({
        number,
        measures: { latencies: { ack: madeLatency({ quantiles: { p99: number * 10_000 } }) } },
      }),
    )
    expect(judgeRule(ruleOf('ack.p99 < 25ms'), [madeCell(trials)])).toMatchObject({
      verdict: 'fail',
      cells: [{ verdict: 'fail', trial: 3, observed: '10 ms, 20 ms, 30 ms' }],
    })
    expect(judgeRule(ruleOf('ack.p99 < 31ms'), [madeCell(trials)]).verdict).toBe('pass')
  })

  test('a failure outweighs doubt, doubt outweighs success', () => {
    const trials = [madeTrialAnalysis({ number: 1 }), madeTrialAnalysis({ number: 2, validity: SLOW })]
    expect(judgeRule(ruleOf('ack.p99 < 1s'), [madeCell(trials)]).verdict).toBe('inconclusive')
    const worse = [
      ...trials,
      madeTrialAnalysis({
        number: 3,
        measures: { latencies: { ack: madeLatency({ quantiles: { p99: 2_000_000 } }) } },
      }),
    ]
    expect(judgeRule(ruleOf('ack.p99 < 1s'), [madeCell(worse)])).toMatchObject({
      verdict: 'fail',
      cells: [{ trial: 3 }],
    })
  })
})

const RECOVERY: Recovery = {
  faults: [
    {
      id: '1',
      kind: 'broker-kill',
      target: 'node 1',
      nodes: [1],
      takesLeaders: true,
      orderedUs: 1,
      actedUs: 2,
      partitions: [],
      clusterRtoUs: 8_000_000,
      clientRtoUs: 9_000_000,
      isrFullUs: 3_000_000,
      lagDrainedUs: 2_000_000,
    },
  ],
  windows: [],
  thresholdUs: 250_000,
  unavailableMaxUs: 9_000_000,
  leaderChanges: 2,
}

describe('metrics', () => {
  test('of a recovery are the worst of all faults, and nothing where one never ended', () => {
    const [fault] = RECOVERY.faults
    const of = (...faults: Recovery['faults']) => madeTrialAnalysis({ recovery: { ...RECOVERY, faults } })
    if (!fault) throw new Error('no fault')
    expect(observe(of(fault, { ...fault, clusterRtoUs: 9_500_000 }), 'rto.cluster')).toBe(9_500_000)
    const { clusterRtoUs: _, ...endless } = fault
    expect(observe(of(fault, endless), 'rto.cluster')).toBeUndefined()
    expect(observe(of(fault, { ...endless, takesLeaders: false }), 'rto.cluster')).toBe(8_000_000)
    expect(observe(madeTrialAnalysis(), 'rto.cluster')).toBeUndefined()
  })

  test('every name a rule may use can be observed in a trial that has everything', () => {
    const latencies = Object.fromEntries(
      ([...HISTOGRAMS, 'slip.scheduler'] as const).map(name => [name, madeLatency()]),
    )
    const recovery = { ...RECOVERY, meanwhile: { acked: 1, consumed: 2 } }
    const whole = { recovery, verification: madeVerification(), brokers: [madeBroker()] }
    const transactions = { committed: 3, aborted: 1, fenced: 1, failed: 0, unknown: 0 }
    const served = [{ broker: 1, leader: 5, follower: 7 }]
    const trial = madeTrialAnalysis({ measures: { latencies }, accounting: { transactions, served }, ...whole })
    for (const name of allMetricNames()) expect(observe(trial, name), name).toBeTypeOf('number')
  })

  test('unknown is the outcomes that stayed unknown, without what was sent again', () => {
    expect(observe(madeTrialAnalysis({ accounting: { unknown: 14, maybeDuplicated: 8 } }), 'unknown')).toBe(6)
    expect(observe(madeTrialAnalysis({ accounting: { unknown: 14 } }), 'unknown')).toBe(14)
  })

  test('what is no metric has no value, whatever JavaScript thinks of its name', () => {
    for (const name of ['nope', 'ack', 'ack.p42', 'constructor', 'toString']) {
      expect(observe(madeTrialAnalysis(), name)).toBeUndefined()
      expect(isCount(name)).toBe(false)
    }
  })

  test.each([
    [12_345, 'us', '12.3 ms'],
    [0.99612, 'ratio', '99.612%'],
    [80, 'perSecond', '80/s'],
    [2048, 'bytes', '2 KiB'],
    [2048, 'bytesPerSecond', '2 KiB/s'],
    [2.00049, 'number', '2'],
    [1234567, 'count', '1234567'],
  ] as const)('%f %s is shown as %s', (value, unit, text) => {
    expect(showValue(value, unit)).toBe(text)
  })
})
