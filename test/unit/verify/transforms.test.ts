// What a group transformed is held against what it read: by several workers under one number, with ends that nobody told of.
import { describe, expect, test } from 'vitest'
import type { TrialAnalysis } from '../../../src/analysis/analysis.ts'
import { runChecks } from '../../../src/verify/checks.ts'
import type { History } from '../../../src/verify/history.ts'
import { verifyHistory } from '../../../src/verify/verify.ts'
import { ledgerSource, type TruthSpec } from './histories.ts'
import { madeCell, madeTrialAnalysis, madeVerification } from './made.ts'
import { transformed } from './transformed.ts'

const FIRST: TruthSpec = { producer: 1, seq0: 0, n: 5, offset0: 0, transaction: 1 }
const found = async (history: History) => {
  const { findings, complete, notes } = await verifyHistory(history)
  return { kinds: findings.map(({ anomaly, count }) => [anomaly, count]), complete, notes }
}
/** The last ledger, of the member that wrote under number 2, as this one has it. */
const lastLedger = (history: History, source: History['ledgers'][number]): History => ({
  ...history,
  ledgers: [...history.ledgers.slice(0, -1), source],
})
const rows = (state: 'acked' | 'unknown') =>
  [0, 1].map(partition => ({ producer: 2, topic: 1, partition, seq0: 0, n: 5, state }))

describe('a history of a transform', () => {
  test('in which every input has its output is clean, and its transactions are counted', async () => {
    const { findings, complete, transactions } = await verifyHistory(transformed())
    expect([findings, complete]).toEqual([[], true])
    expect(transactions).toEqual({ committed: 2, aborted: 0, open: 0 })
  })

  test('with a second committed output has a duplicate', async () => {
    const again: TruthSpec = { producer: 2, seq0: 3, n: 2, offset0: 10, transaction: 9 }
    const second = [FIRST, { producer: 2, seq0: 0, n: 5, offset0: 5, transaction: 2 }, again]
    const history = transformed({ second, marker: 12 })
    expect((await found(history)).kinds).toEqual([['duplicated', 2]])
  })

  test('with a transaction that ended one way in one partition and the other way in another is torn, and its input not transformed', async () => {
    const second: TruthSpec[] = [FIRST, { producer: 2, seq0: 0, n: 5, offset0: 5, transaction: 2, state: 'aborted' }]
    expect((await found(transformed({ second }))).kinds).toEqual([
      ['torn transaction', 5],
      ['untransformed', 5],
    ])
  })

  test('says nothing of missing outputs where the group had not come to its end', async () => {
    const history = transformed({ second: [FIRST], told: 0 })
    const transforms = history.transforms?.map(one => ({ ...one, reachedEnd: false }))
    const ledgers = [...history.ledgers.slice(0, -1), ledgerSource(1, rows('acked').slice(0, 1))]
    expect((await found({ ...history, transforms: transforms ?? [], ledgers })).kinds).toEqual([])
  })
})

describe('a transaction of which nobody said how it ended', () => {
  test('may be in the log without being a phantom', async () => {
    const history = lastLedger(transformed(), ledgerSource(1, rows('unknown')))
    expect(await found(history)).toMatchObject({ kinds: [], complete: true })
  })

  test('may be told once more by who did it again', async () => {
    const history = lastLedger(transformed(), ledgerSource(1, [...rows('unknown'), ...rows('acked')]))
    expect(await found(history)).toMatchObject({ kinds: [], complete: true })
  })

  test('of a member that was cut off leaves its records untold, not phantom', async () => {
    const cutOff = await found(lastLedger(transformed(), ledgerSource(1, [], { isWhole: false })))
    expect(cutOff.kinds).toEqual([])
    expect(cutOff.notes).toContainEqual(expect.stringMatching(/^10 stored records are of workers that were cut off/))
    expect((await found(lastLedger(transformed(), ledgerSource(1, [])))).kinds).toEqual([['phantom', 10]])
  })
})

describe('the check that transactions are told', () => {
  type Told = NonNullable<TrialAnalysis['accounting']['transactions']>
  const judge = (told: Partial<Told>, log: { committed: number; aborted: number }) => {
    const transactions: Told = { committed: 5, aborted: 1, fenced: 0, failed: 0, unknown: 0, ...told }
    const verification = madeVerification({ transactions: { ...log, open: 0 } })
    const checks = runChecks([madeCell([madeTrialAnalysis({ accounting: { transactions }, verification })])])
    const [cell] = checks.find(({ name }) => name === 'transactions are told')?.cells ?? []
    return [cell?.verdict, cell?.reason ?? '']
  }

  test.each<[string, Partial<Told>, { committed: number; aborted: number }, string, RegExp]>([
    ['all of them', {}, { committed: 5, aborted: 1 }, 'pass', /^$/],
    ['a fenced one, aborted by its successor', { fenced: 1 }, { committed: 5, aborted: 2 }, 'pass', /^$/],
    ['one of unknown end, committed', { unknown: 1 }, { committed: 6, aborted: 1 }, 'pass', /^$/],
    ['a commit that is not in the log', {}, { committed: 4, aborted: 2 }, 'fail', /1 committed transactions are not/],
    ['a commit that nobody made', {}, { committed: 6, aborted: 1 }, 'fail', /1 more were committed/],
    ['an abort that nobody made', {}, { committed: 5, aborted: 2 }, 'fail', /more were aborted/],
  ])('%s', (_, told, log, verdict, reason) => {
    const [got, why] = judge(told, log)
    expect(got).toBe(verdict)
    expect(why).toMatch(reason)
  })
})
