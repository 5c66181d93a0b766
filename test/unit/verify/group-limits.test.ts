// What a group's history cannot tell must not be called an anomaly, and what settings allow a group must not fail it.
import { describe, expect, test } from 'vitest'
import type { TrialAnalysis } from '../../../src/analysis/analysis.ts'
import { allowanceOf } from '../../../src/verify/allowance.ts'
import { verifyHistory } from '../../../src/verify/verify.ts'
import { type GroupSpec, groupOf, simple } from './histories.ts'
import { madeTrialAnalysis, madeVerification } from './made.ts'

const WHOLE = simple([{ seq0: 0, n: 20, offset0: 0 }], [{ seq0: 0, n: 20, offset0: 0 }], { endOffset: 20 })

/** A handover from member 0, which had committed seven, to member 1, which goes on at eleven. */
const HANDOVER: GroupSpec[] = [
  { kind: 'assigned', member: 0 },
  { kind: 'processed', member: 0, offset: 0, n: 7 },
  { kind: 'committed', member: 0, offset: 7 },
  { kind: 'assigned', member: 1 },
  { kind: 'processed', member: 1, offset: 11, n: 9 },
]

async function verify(did: GroupSpec[], cutOff: number[] = []) {
  const group = groupOf(did, { reachedEnd: cutOff.length > 0 })
  const members = group.members.map(source => ({ ...source, isWhole: () => !cutOff.includes(source.head.number) }))
  return verifyHistory({ ...WHOLE, groups: [{ ...group, members }] })
}

describe('a member that was cut off', () => {
  test('may have processed and committed what its file does not tell', async () => {
    const { findings, notes, complete } = await verify(HANDOVER, [0])
    expect([findings, complete]).toEqual([[], true])
    expect(notes.join()).toMatch(/4 records before a handover may have been processed by a member that was cut off/)
    expect(notes.join()).toMatch(/a member was cut off, so it cannot be told what nobody read/)
  })

  test('does not excuse a handover that it had no part in', async () => {
    const { findings } = await verify([...HANDOVER, { kind: 'assigned', member: 2, partition: 1 }], [2])
    expect(findings.map(({ anomaly, count }) => [anomaly, count])).toEqual([['group skip', 4]])
  })
})

test('a commit that was refused moves nothing', async () => {
  const { findings } = await verify([
    { kind: 'processed', offset: 0, n: 20 },
    { kind: 'committed', offset: 20 },
    { kind: 'refused', offset: 3 },
    { kind: 'committed', offset: 20 },
  ])
  expect(findings).toEqual([])
})

describe('in the matrix', () => {
  type Client = TrialAnalysis['clients'][number]
  const reader = (change: Partial<Client>): Client => ({
    ...{ group: 'readers', role: 'consumer', driver: 'kafkajs', mode: 'tuned', workers: 1, batchedBy: 'client' },
    ...{ settings: [], badges: [] },
    ...change,
  })
  const writer = reader({ group: 'writers', role: 'producer', batchedBy: 'harness' })
  const groups = [
    { group: 'other', consumed: 20, expected: 20, reached: true },
    { group: 'readers-1', consumed: 20, expected: 20, reached: true },
  ]
  async function allowed(did: GroupSpec[], change: Partial<Client>) {
    const { findings } = await verifyHistory({ ...WHOLE, groups: [groupOf(did, { number: 1 })] })
    expect(findings).toHaveLength(1)
    const clients = [writer, reader({ group: 'other' }), reader(change)]
    const verification = madeVerification({ findings })
    return findings[0] && allowanceOf(findings[0], madeTrialAnalysis({ clients, verification, accounting: { groups } }))
  }
  /** A member goes on at seven of ten that another had processed, after that one had committed so much. */
  const again = (committed: number): GroupSpec[] => [
    { kind: 'assigned', member: 0 },
    { kind: 'processed', member: 0, offset: 0, n: 10, producer: 0 },
    { kind: 'committed', member: 0, offset: committed },
    { kind: 'revoked', member: 0 },
    { kind: 'assigned', member: 1 },
    { kind: 'processed', member: 1, offset: 7, n: 13, producer: 0, seq0: 7 },
  ]
  const overrun: GroupSpec[] = [
    { kind: 'processed', offset: 0, n: 15 },
    { kind: 'committed', offset: 20 },
  ]

  test('what a group had not committed it may process again, and what it had it may not', async () => {
    expect(await allowed(again(7), {})).toMatch(/was not committed/)
    expect(await allowed(again(10), {})).toBeUndefined()
  })

  test('a commit ahead of processing is allowed to a client that is known for it, and to no other', async () => {
    expect(await allowed(overrun, { commitsAhead: true })).toMatch(/commits by itself what it has fetched/)
    expect(await allowed(overrun, {})).toBeUndefined()
  })

  test('a commit that goes back is allowed to none', async () => {
    const back: GroupSpec[] = [
      { kind: 'processed', offset: 0, n: 20 },
      { kind: 'committed', offset: 20 },
      { kind: 'committed', offset: 15 },
    ]
    expect(await allowed(back, { commitsAhead: true })).toBeUndefined()
  })

  test('the account of a group is found by its name, and by the name that several share', async () => {
    expect(await allowed(overrun, { group: 'readers-1', commitsAhead: true })).toBeDefined()
    expect(await allowed(overrun, { group: 'reader', commitsAhead: true })).toBeUndefined()
  })
})
