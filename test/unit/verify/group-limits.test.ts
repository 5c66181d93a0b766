// What a group's history cannot tell must not be called an anomaly, and what settings allow a group must not fail it.
import { describe, expect, test } from 'vitest'
import type { TrialAnalysis } from '../../../src/analysis/analysis.ts'
import type { Finding } from '../../../src/analysis/verification.ts'
import { allowanceOf } from '../../../src/verify/allowance.ts'
import { verifyHistory } from '../../../src/verify/verify.ts'
import { type GroupSpec, groupOf, simple, T0_US } from './histories.ts'
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

describe('what was written anew where something else had been read', () => {
  /** Twelve records were stored, read, and cut off behind the eighth; what came later took their offsets. */
  const STORED = simple(
    [
      { seq0: 0, n: 12, offset0: 0 },
      { seq0: 12, n: 12, offset0: 8 },
    ],
    [
      { seq0: 0, n: 8, offset0: 0 },
      { seq0: 12, n: 12, offset0: 8 },
    ],
    { endOffset: 20 },
  )
  const anomaliesOf = async (...did: GroupSpec[]) => {
    const read = did.map(spec => ({ producer: 0, ...spec }))
    const { findings } = await verifyHistory({ ...STORED, groups: [groupOf(read, { reachedEnd: true })] })
    return findings.filter(({ byReader }) => byReader).map(({ anomaly, ranges }) => [anomaly, ranges])
  }
  const at = (from: number, to: number) => [{ topic: 0, partition: 0, from, to }]

  test('was never processed by a reader that went on at its old offset', async () => {
    const first: GroupSpec = { kind: 'processed', offset: 0, n: 12, seq0: 0 }
    const after: GroupSpec = { kind: 'processed', offset: 12, n: 8, seq0: 16 }
    expect(await anomaliesOf(first, after)).toEqual([
      ['read then lost', at(8, 12)],
      ['unseen', at(8, 12)],
    ])
  })

  test('was processed by a reader that went back to where the logs part', async () => {
    const first: GroupSpec = { kind: 'processed', offset: 0, n: 12, seq0: 0 }
    const after: GroupSpec = { kind: 'processed', offset: 8, n: 12, seq0: 12 }
    expect((await anomaliesOf(first, after)).map(([anomaly]) => anomaly)).toEqual(['read then lost', 'rewound'])
  })

  test('is unseen as far as the reader did not go back', async () => {
    const first: GroupSpec = { kind: 'processed', offset: 0, n: 12, seq0: 0 }
    const after: GroupSpec = { kind: 'processed', offset: 10, n: 10, seq0: 14 }
    expect(await anomaliesOf(first, after)).toContainEqual(['unseen', at(8, 10)])
  })
})

describe('a member that was cut off', () => {
  test('may have processed and committed what its file does not tell', async () => {
    const { findings, notes, complete } = await verify(HANDOVER, [0])
    expect([findings, complete]).toEqual([[], true])
    expect(notes).toEqual(['group 0: 4 records may have been processed by a member that was cut off'])
  })

  test('may have read on to the end, where nobody followed it', async () => {
    const did: GroupSpec[] = [
      { kind: 'assigned', member: 0 },
      { kind: 'processed', member: 0, offset: 0, n: 15 },
    ]
    const { findings, notes } = await verify(did, [0])
    expect([findings, notes]).toEqual([[], ['group 0: 5 records may have been processed by a member that was cut off']])
  })

  test('does not excuse what nobody read where another one had gone on behind it', async () => {
    const { findings } = await verify([...HANDOVER.slice(0, 4), { kind: 'processed', member: 1, offset: 7, n: 9 }], [0])
    expect(findings.map(({ anomaly, ranges }) => [anomaly, ranges])).toEqual([
      ['unseen', [{ topic: 0, partition: 0, from: 16, to: 20 }]],
    ])
  })

  test('does not excuse what a later handover passes over, be it of the same member come back', async () => {
    const first = groupOf(HANDOVER.slice(0, 3))
    const after: GroupSpec[] = [
      { kind: 'assigned', member: 0 },
      { kind: 'processed', member: 0, offset: 9, n: 3 },
      { kind: 'committed', member: 0, offset: 12 },
      { kind: 'assigned', member: 1 },
      { kind: 'processed', member: 1, offset: 15, n: 5 },
    ]
    const second = groupOf(after.map((spec, i) => ({ ...spec, atUs: T0_US + (3 + i) * 1000 })))
    const members = [...first.members.map(source => ({ ...source, isWhole: () => false })), ...second.members]
    const { findings, notes } = await verifyHistory({ ...WHOLE, groups: [{ ...second, reachedEnd: true, members }] })
    expect(notes).toEqual(['group 0: 2 records may have been processed by a member that was cut off'])
    const skipped = [{ topic: 0, partition: 0, from: 12, to: 15 }]
    expect(findings.map(({ anomaly, ranges }) => [anomaly, ranges])).toEqual([
      ['group skip', skipped],
      ['unseen', skipped],
    ])
  })

  test('does not excuse a handover that it had no part in', async () => {
    const { findings } = await verify([...HANDOVER, { kind: 'assigned', member: 2, partition: 1 }], [2])
    expect(findings.map(({ anomaly, count }) => [anomaly, count])).toEqual([
      ['group skip', 4],
      ['unseen', 4],
    ])
  })
})

describe('a life that was killed before it could tell what it was given', () => {
  /** Member 0 gives the partition up at 3 ms, with seven committed; member 1 goes on at eleven, at 900 ms. */
  const GIVEN_UP: GroupSpec[] = [
    ...HANDOVER.slice(0, 3),
    { kind: 'revoked', member: 0 },
    { kind: 'assigned', member: 1, atUs: T0_US + 800_000 },
    { kind: 'processed', member: 1, offset: 11, n: 9, atUs: T0_US + 900_000 },
  ]
  const ended = (ms: number) => ({ endedUs: T0_US + ms * 1000 })
  /** The same with a member 2 whose file tells so much, and ends without an end mark. */
  async function with2(change: { endedUs?: number }, told: GroupSpec[] = [], did = GIVEN_UP) {
    const group = groupOf(did, { reachedEnd: true })
    const [silent] = groupOf([{ kind: 'assigned', member: 2, partition: 1 }, ...told]).members
    if (!silent) throw new Error('no member 2')
    const life = { ...silent, ...(told.length > 0 ? {} : { async *frames() {} }), isWhole: () => false, ...change }
    const { findings, notes } = await verifyHistory({
      ...WHOLE,
      groups: [{ ...group, members: [...group.members, life] }],
    })
    return { found: findings.map(({ anomaly, count }) => [anomaly, count]), notes }
  }
  const SKIPPED = [
    ['group skip', 4],
    ['unseen', 4],
  ]
  const UNTOLD = ['group 0: 4 records may have been processed by a member that was cut off']

  test('may have processed what the next one passes over, though no file names it', async () => {
    expect(await with2(ended(200))).toEqual({ found: [], notes: UNTOLD })
  })

  test('may have, after it had told of other partitions before', async () => {
    const before: GroupSpec[] = [{ kind: 'processed', member: 2, partition: 1, n: 1, atUs: T0_US + 1000 }]
    expect(await with2(ended(200), before)).toEqual({ found: [], notes: UNTOLD })
  })

  test('cannot have where another one was seen in the partition after its end', async () => {
    expect((await with2(ended(0.5))).found).toEqual(SKIPPED)
  })

  test('cannot have where it lived on, and would have told of it', async () => {
    expect((await with2(ended(5000))).found).toEqual(SKIPPED)
    const later: GroupSpec[] = [{ kind: 'processed', member: 2, partition: 1, n: 1, atUs: T0_US + 950_000 }]
    expect((await with2(ended(1000), later)).found).toEqual(SKIPPED)
  })

  test('does not excuse a second handover behind its end', async () => {
    const again: GroupSpec[] = [
      ...GIVEN_UP.slice(0, 5),
      { kind: 'processed', member: 1, offset: 7, n: 4, atUs: T0_US + 900_000 },
      { kind: 'assigned', member: 0, atUs: T0_US + 950_000 },
      { kind: 'processed', member: 0, offset: 15, n: 5, atUs: T0_US + 960_000 },
    ]
    expect((await with2(ended(200), [], again)).found).toEqual(SKIPPED)
  })

  test('may have read to the end, where nobody came after it', async () => {
    const { found, notes } = await with2(ended(200), [], [...GIVEN_UP.slice(0, 1), { kind: 'processed', n: 16 }])
    expect([found, notes]).toEqual([[], UNTOLD])
    expect((await with2(ended(0.5), [], [...GIVEN_UP.slice(0, 1), { kind: 'processed', n: 16 }])).found).toEqual([
      ['unseen', 4],
    ])
  })

  test('of which neither a word nor the end is known may have had anything', async () => {
    expect(await with2({})).toEqual({ found: [], notes: UNTOLD })
  })
})

test('where the history of a member is missing, nothing is called unread', async () => {
  const group = groupOf(HANDOVER.slice(0, 3), { reachedEnd: true, isWhole: false })
  const { findings, notes } = await verifyHistory({ ...WHOLE, groups: [group] })
  expect(findings).toEqual([])
  expect(notes).toEqual(['group 0: the history of a member is missing, so it cannot be told what nobody read'])
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
    return findings[0] && allowanceOf(findings[0], trialWith(findings, change))
  }
  function trialWith(findings: Finding[], change: Partial<Client> = {}) {
    const clients = [writer, reader({ group: 'other' }), reader(change)]
    return madeTrialAnalysis({ clients, verification: madeVerification({ findings }), accounting: { groups } })
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
  /** A member that goes on at seven although another one, which was given the partition, has committed them all. */
  const zombie: GroupSpec[] = [
    { kind: 'assigned', member: 0 },
    { kind: 'processed', member: 0, offset: 0, n: 7, producer: 0 },
    { kind: 'assigned', member: 1 },
    { kind: 'processed', member: 1, offset: 7, n: 13, producer: 0, seq0: 7 },
    { kind: 'committed', member: 1, offset: 20 },
    { kind: 'processed', member: 0, offset: 7, n: 3, producer: 0, seq0: 7 },
  ]
  const overrun: GroupSpec[] = [
    { kind: 'processed', offset: 0, n: 15 },
    { kind: 'committed', offset: 20 },
  ]

  test('what a group had not committed it may process again, and what it had it may not', async () => {
    expect(await allowed(again(7), {})).toMatch(/was not committed/)
    expect(await allowed(again(10), {})).toBeUndefined()
  })

  test('what a zombie does after the end of its time is allowed where something cut it off, and not without', async () => {
    const { findings } = await verifyHistory({ ...WHOLE, groups: [groupOf(zombie, { number: 1 })] })
    expect(findings.map(({ anomaly, byReader }) => [anomaly, byReader])).toEqual([
      ['double ownership', [{ group: 1, count: 3 }]],
      ['group duplicate', [{ group: 1, sort: 'zombie', count: 3 }]],
    ])
    const trial = trialWith(findings)
    const fault = {
      ...{ id: '1', kind: 'worker-freeze', target: 'worker readers-1/0', nodes: [], takesLeaders: false },
      ...{ orderedUs: T0_US, actedUs: T0_US, healedUs: T0_US + 5000, partitions: [] },
    }
    const recovery = { faults: [fault], windows: [], thresholdUs: 1, unavailableMaxUs: 0, leaderChanges: 0 }
    for (const finding of findings) {
      expect(allowanceOf(finding, trial)).toBeUndefined()
      expect(allowanceOf(finding, { ...trial, recovery })).toMatch(/goes on until it hears/)
    }
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
