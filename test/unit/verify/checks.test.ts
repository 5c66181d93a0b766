// Each check must fail on its own planted anomaly and on no other's; deleting any one of them fails a test here.
import { describe, expect, test } from 'vitest'
import type { Accounting } from '../../../src/analysis/analysis.ts'
import type { Verdict } from '../../../src/core/verdict.ts'
import { runChecks } from '../../../src/verify/checks.ts'
import { madeCell, madeTrialAnalysis } from './made.ts'

const witness = (stored: number): NonNullable<Accounting['witness']> => ({ tool: 'GetOffsetShell', stored })
const group = (consumed: number, expected: number, reached = true) => ({
  group: 'readers',
  consumed,
  expected,
  reached,
})

const run = (...accountings: Partial<Accounting>[]) =>
  runChecks([
    madeCell(
      accountings.map((accounting, i) =>
        madeTrialAnalysis({
          number: i + 1,
          accounting: { witness: witness(accounting.stored ?? 1000), ...accounting },
        }),
      ),
    ),
  ])

/** Verdicts by check; checks that do not apply are absent. */
const verdicts = (accounting: Partial<Accounting>): Record<string, Verdict> =>
  Object.fromEntries(run(accounting).map(({ name, verdict }) => [name, verdict]))

const WELL: Record<string, Verdict> = {
  'acked is stored': 'pass',
  'stored is read': 'pass',
  'records are intact': 'pass',
  'witness agrees': 'pass',
}

test('a trial in which all is well passes every check', () => {
  expect(verdicts({})).toEqual(WELL)
})

describe('planted anomalies fail their own check and leave the others alone', () => {
  test.each<[string, Partial<Accounting>, string, RegExp]>([
    [
      'an acknowledged record that is not stored',
      { stored: 999, groups: [group(999, 999)] },
      'acked is stored',
      /1 acknowledged records are not in the topics/,
    ],
    [
      'a record stored twice',
      { stored: 1001, groups: [group(1001, 1001)] },
      'acked is stored',
      /1 more records are in the topics/,
    ],
    [
      'records in the topics that all surely failed',
      { acked: 0, failed: 1000, stored: 3, groups: [group(3, 3)] },
      'acked is stored',
      /3 more records/,
    ],
    ['a record read twice', { groups: [group(1001, 1000)] }, 'stored is read', /another count/],
    ['a record skipped', { groups: [group(999, 1000)] }, 'stored is read', /another count/],
    [
      'one of two groups short',
      { groups: [group(1000, 1000), { ...group(998, 1000), group: 'late' }] },
      'stored is read',
      /^late/,
    ],
    [
      'a record that is harmed',
      { unverified: 1, verified: 999 },
      'records are intact',
      /changed, or came from elsewhere/,
    ],
    ['a witness that counts another number', { witness: witness(1001) }, 'witness agrees', /differ/],
  ])('%s', (_, accounting, name, reason) => {
    expect(verdicts(accounting)).toEqual({ ...WELL, [name]: 'fail' })
    const [cell] = run(accounting).find(check => check.name === name)?.cells ?? []
    expect(cell).toMatchObject({ verdict: 'fail', trial: 1, reason: expect.stringMatching(reason) })
  })
})

describe('what is no anomaly', () => {
  test.each<[string, Partial<Accounting>]>([
    ['an unknown outcome that was stored', { acked: 990, unknown: 10, stored: 1000 }],
    ['an unknown outcome that was not', { acked: 990, unknown: 10, stored: 990, groups: [group(990, 990)] }],
    ['a failure that was not stored', { acked: 990, failed: 10, stored: 990, groups: [group(990, 990)] }],
    [
      'a record sent again and stored twice',
      { acked: 1000, unknown: 10, maybeDuplicated: 10, stored: 1004, groups: [group(1004, 1004)] },
    ],
  ])('%s', (_, accounting) => {
    expect(verdicts(accounting)).toEqual(WELL)
  })
})

describe('where a check does not apply it is left out, rather than passed', () => {
  test('acks=0 leaves nothing to hold the topics against', () => {
    expect(verdicts({ acked: 0, sentNoAck: 1000, stored: 900, groups: [group(900, 900)] })).not.toHaveProperty(
      'acked is stored',
    )
  })

  test('one producer without acknowledgements does not excuse the others', () => {
    expect(verdicts({ acked: 600, sentNoAck: 400, stored: 590, groups: [group(590, 590)] })['acked is stored']).toBe(
      'fail',
    )
    expect(verdicts({ acked: 600, sentNoAck: 400, stored: 900, groups: [group(900, 900)] })['acked is stored']).toBe(
      'pass',
    )
    expect(verdicts({ acked: 600, sentNoAck: 400, stored: 1001, groups: [group(1001, 1001)] })['acked is stored']).toBe(
      'fail',
    )
  })

  test('a driver that only pretends to write stores nothing', () => {
    const pretended: Partial<Accounting> = { withoutBroker: true, stored: 0, groups: [], verified: 0 }
    expect(verdicts(pretended)).toEqual({ 'witness agrees': 'pass' })
  })

  test('no readers, no witness', () => {
    const { witness: _, ...rest } = { witness: undefined, groups: [] }
    const checks = runChecks([madeCell([madeTrialAnalysis({ accounting: rest })])])
    expect(checks.map(({ name }) => name)).toEqual(['acked is stored'])
  })

  test('readers that only counted have verified nothing', () => {
    expect(verdicts({ verified: 0 })).not.toHaveProperty('records are intact')
  })

  test('nothing sent and nothing stored', () => {
    expect(verdicts({ acked: 0, stored: 0, groups: [], verified: 0 })).not.toHaveProperty('acked is stored')
  })
})

describe('doubt', () => {
  test('readers that did not come to the end in time are inconclusive, not wrong', () => {
    expect(verdicts({ groups: [group(900, 1000, false)] })).toEqual({ ...WELL, 'stored is read': 'inconclusive' })
  })

  test('end offsets that could not be read prove nothing, neither good nor bad', () => {
    expect(verdicts({ stored: Number.NaN, groups: [group(1000, 0)], witness: witness(1000) })).toEqual({
      'acked is stored': 'inconclusive',
      'stored is read': 'inconclusive',
      'records are intact': 'pass',
      'witness agrees': 'inconclusive',
    })
  })
})

describe('over trials and cells', () => {
  test('the worst trial decides, and is named', () => {
    const [check] = run({}, { stored: 990 }, { groups: [group(1, 2, false)] })
    expect(check).toMatchObject({
      name: 'acked is stored',
      verdict: 'fail',
      cells: [{ trial: 2, observed: 'acked 1000, stored 990, unknown 0' }],
    })
  })

  test('partial trials are not checked', () => {
    const partial = madeTrialAnalysis({ state: 'partial', accounting: { stored: 1 } })
    expect(runChecks([madeCell([partial])])).toEqual([])
  })

  test('every cell has its own line', () => {
    const cells = [
      madeCell([madeTrialAnalysis()]),
      madeCell([madeTrialAnalysis({ accounting: { stored: 5 } })], { index: 1, label: 'acks=1' }),
    ]
    const check = runChecks(cells).find(({ name }) => name === 'acked is stored')
    expect(check?.verdict).toBe('fail')
    expect(check?.cells.map(({ cellIndex, label, verdict }) => [cellIndex, label, verdict])).toEqual([
      [0, 'single cell', 'pass'],
      [1, 'acks=1', 'fail'],
    ])
  })

  test('no cells, no checks', () => {
    expect(runChecks([])).toEqual([])
  })
})
