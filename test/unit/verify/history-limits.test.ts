// What a verification cannot know it must say, and never call lost; what it knows it counts exactly.
import { describe, expect, test } from 'vitest'
import { verifyHistory } from '../../../src/verify/verify.ts'
import { ledgerSource, simple, T0_US, truthSource } from './histories.ts'

const WELL = simple([{ seq0: 0, n: 30, offset0: 0 }], [{ seq0: 0, n: 30, offset0: 0 }])

describe('what could not be looked at', () => {
  test('a partition that was not read to its end is not called lost, and not called whole', async () => {
    const history = simple([{ seq0: 0, n: 30, offset0: 0 }], [{ seq0: 0, n: 20, offset0: 0 }], { isWhole: false })
    const { findings, complete, notes } = await verifyHistory(history)
    expect(findings).toEqual([])
    expect(complete).toBe(false)
    expect(notes.join()).toMatch(/30 outcomes are of partitions that were not read to their end/)
  })

  test('a partition without truth is said', async () => {
    const { complete, notes } = await verifyHistory({ ...WELL, truths: [] })
    expect(complete).toBe(false)
    expect(notes.join()).toMatch(/topic 0 partition 0 has no truth/)
  })

  test('records of a worker that was cut off are not phantoms', async () => {
    const history = {
      ...simple([], [{ seq0: 0, n: 25, offset0: 0 }]),
      ledgers: [ledgerSource(0, [{ seq0: 0, n: 20, offset0: 0 }], { isWhole: false })],
    }
    const { findings, notes } = await verifyHistory(history)
    expect(findings).toEqual([])
    expect(notes.join()).toMatch(/5 stored records are of workers that were cut off/)
  })

  test('what retention removed is not lost', async () => {
    const history = simple([{ seq0: 0, n: 30, offset0: 0 }], [{ seq0: 12, n: 18, offset0: 12 }], {
      beginOffset: 12,
      endOffset: 30,
    })
    const { findings, expired, complete } = await verifyHistory(history)
    expect([findings, expired, complete]).toEqual([[], 12, true])
  })

  test('what compaction may have removed is not lost', async () => {
    const history = simple([{ seq0: 0, n: 30, offset0: 0 }], [{ seq0: 20, n: 10, offset0: 20 }])
    const topics = [{ number: 0, partitions: 1, isCompacted: true }]
    const { findings, notes } = await verifyHistory({ ...history, topics })
    expect(findings).toEqual([])
    expect(notes.join()).toMatch(/20 records may have been removed by compaction/)
  })

  test('two outcomes for one record are said', async () => {
    const history = simple(
      [...Array(2)].map(() => ({ seq0: 0, n: 5, offset0: 0 })),
      [{ seq0: 0, n: 5, offset0: 0 }],
    )
    const { complete, notes } = await verifyHistory(history)
    expect(complete).toBe(false)
    expect(notes.join()).toMatch(/5 records have two outcomes/)
  })

  test('truth whose offsets go back is said', async () => {
    const truth = [
      { seq0: 0, n: 5, offset0: 0 },
      { seq0: 5, n: 5, offset0: 3 },
    ]
    const { complete, notes } = await verifyHistory(simple([{ seq0: 0, n: 5, offset0: 0 }], truth))
    expect(complete).toBe(false)
    expect(notes.join()).toMatch(/a run at offset 3 cannot stand behind offset 5/)
  })
})

describe('without envelopes', () => {
  const truth = [{ n: 20, offset0: 0, state: 'uncounted' as const }]
  test('acknowledged offsets that hold a record are well', async () => {
    const { findings, notes } = await verifyHistory(simple([{ seq0: 0, n: 20, offset0: 0 }], truth))
    expect(findings).toEqual([])
    expect(notes.join()).toMatch(/20 records carry no envelope/)
  })
  test('acknowledged offsets that hold nothing are lost', async () => {
    const { findings } = await verifyHistory(simple([{ seq0: 0, n: 25, offset0: 0 }], truth))
    expect(findings).toMatchObject([{ anomaly: 'lost', count: 5, ranges: [{ from: 20, to: 25 }] }])
  })
})

test('what was lost is told in records, bytes and seconds, with times between the ends of a run', async () => {
  const run = { seq0: 0, n: 101, offset0: 0, bytes: 10_100, lastIntendedUs: T0_US + 2_000_000 }
  const { rpo, findings } = await verifyHistory(simple([run], [{ seq0: 0, n: 51, offset0: 0 }]))
  expect(rpo).toEqual({ records: 50, bytes: 5000, seconds: 0.98 })
  expect(findings[0]?.evidence[0]).toMatchObject({ producer: 0, seq: 51, offset: 51, intendedUs: T0_US + 1_020_000 })
})

test('of many anomalies the first hundred are kept in full, and all are counted', async () => {
  const { findings } = await verifyHistory(simple([{ seq0: 0, n: 5000, offset0: 0 }], []))
  expect(findings[0]?.count).toBe(5000)
  expect(findings[0]?.evidence).toHaveLength(100)
})

test('two acknowledgements for one offset are a clash even where the other record is lost', async () => {
  const ledgers = [ledgerSource(0, [{ seq0: 0, n: 5, offset0: 0 }]), ledgerSource(1, [{ seq0: 0, n: 5, offset0: 0 }])]
  const { findings } = await verifyHistory({
    topics: [{ number: 0, partitions: 1, isCompacted: false }],
    ledgers,
    truths: [truthSource([0, 0], [{ seq0: 0, n: 5, offset0: 0 }])],
  })
  expect(findings.map(({ anomaly, count }) => [anomaly, count])).toEqual([
    ['offset clash', 5],
    ['lost', 5],
  ])
  expect(findings[0]?.evidence[0]?.note).toBe('there stands stored 0:0')
})
