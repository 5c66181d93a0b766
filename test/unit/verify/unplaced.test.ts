// Where the client chose partitions, one sequence runs over all of a topic's: what is planted in it is found exactly, and a clean one gives nothing.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { UNPLACED } from '../../../src/record/envelope.ts'
import { DETAIL_UNPLACED } from '../../../src/recording/truth-run.ts'
import type { History } from '../../../src/verify/history.ts'
import { Lanes } from '../../../src/verify/lanes.ts'
import { walkUnplaced } from '../../../src/verify/unplaced.ts'
import { verifyHistory } from '../../../src/verify/verify.ts'
import { type LedgerSpec, ledgerSource, type TruthSpec, truthSource } from './histories.ts'

type Stored = readonly [partition: number, seq0: number, n: number, producer?: number]
type Options = { frameRuns?: number; partitions?: number; cutOff?: number; begin?: number }

/** A topic whose partitions hold these runs in this order. */
function unplaced(ledger: readonly LedgerSpec[], stored: readonly Stored[], options: Options = {}): History {
  const { frameRuns = 2, partitions = 3, cutOff, begin = 0 } = options
  const truths: TruthSpec[][] = Array.from({ length: partitions }, () => [])
  const ends = Array.from({ length: partitions }, () => begin)
  for (const [partition, seq0, n, producer = 0] of stored) {
    const offset0 = ends[partition] as number
    truths[partition]?.push({ producer, seq0, offset0, n, detail: DETAIL_UNPLACED })
    ends[partition] = offset0 + n
  }
  const producers = [...new Set(ledger.map(({ producer = 0 }) => producer))]
  return {
    topics: [{ number: 0, partitions, isCompacted: false }],
    ledgers: producers.map(producer => {
      const own = ledger.filter(run => (run.producer ?? 0) === producer)
      return ledgerSource(
        producer,
        own.map(run => ({ partition: UNPLACED, ...run })),
      )
    }),
    truths: truths.map((specs, partition) =>
      truthSource([0, partition], specs, {
        ...{ frameRuns, isWhole: partition !== cutOff, beginOffset: begin, endOffset: ends[partition] ?? 0 },
      }),
    ),
  }
}

const ACKED = [{ seq0: 0, n: 30 }]
/** Ten records in each of three partitions, dealt out five at a time. */
const DEALT: readonly Stored[] = [0, 1, 2, 3, 4, 5].map(deal => [deal % 3, deal * 5, 5])

const counts = async (history: History): Promise<[string, number][]> => {
  const { findings, complete, notes } = await verifyHistory(history)
  expect(complete, notes.join('; ')).toBe(true)
  return findings.map(({ anomaly, count }) => [anomaly, count])
}

describe('sequences over all partitions of a topic', () => {
  test('that are all there give no finding', async () => {
    expect(await counts(unplaced(ACKED, DEALT))).toEqual([])
  })

  test('of which an acknowledged record is nowhere are one lost record, of no partition', async () => {
    const stored = DEALT.map((run): Stored => (run[1] === 10 ? [run[0], 11, 4] : run))
    const { findings, rpo, complete } = await verifyHistory(unplaced(ACKED, stored))
    expect(complete).toBe(true)
    expect(findings).toMatchObject([
      { anomaly: 'lost', count: 1, ranges: [], evidence: [{ partition: -1, offset: -1, producer: 0, seq: 10 }] },
    ])
    expect(rpo).toMatchObject({ records: 1, bytes: 100 })
  })

  test.each([
    ['the same partition', 0],
    ['another partition', 2],
  ])('of which records stand a second time in %s are duplicated, and not reordered', async (_, partition) => {
    const history = unplaced(ACKED, [...DEALT, [partition, 1, 3]])
    const { findings } = await verifyHistory(history)
    expect(findings).toMatchObject([{ anomaly: 'duplicated', count: 3, ranges: [{ partition, from: 10, to: 13 }] }])
  })

  test('are reordered where records stand behind later ones of their own partition', async () => {
    const stored: readonly Stored[] = [...DEALT.slice(0, 3), ...DEALT.slice(4), [0, 17, 3], [0, 15, 2]]
    const { findings } = await verifyHistory(unplaced(ACKED, stored))
    expect(findings).toMatchObject([
      { anomaly: 'reordered', count: 2, ranges: [{ partition: 0, from: 8, to: 10 }], evidence: [{ seq: 15 }, {}] },
    ])
  })

  test('are in order where another partition holds what came later', async () => {
    const stored: readonly Stored[] = [
      [0, 20, 10],
      [1, 10, 10],
      [2, 0, 10],
    ]
    expect(await counts(unplaced(ACKED, stored))).toEqual([])
  })

  test('are in order where two producers wait for each other in two partitions', async () => {
    const ledger = [0, 1].map(producer => ({ producer, seq0: 0, n: 10 }))
    const stored: readonly Stored[] = [
      [0, 5, 5, 0],
      [0, 0, 5, 1],
      [1, 5, 5, 1],
      [1, 0, 5, 0],
    ]
    expect(await counts(unplaced(ledger, stored))).toEqual([])
  })

  test('with outcomes of every kind: what was failed and stands, what was unknown and does not', async () => {
    const ledger = [
      { seq0: 0, n: 10 },
      { seq0: 10, n: 5, state: 'failed' as const },
      { seq0: 15, n: 15, state: 'unknown' as const },
    ]
    const stored = DEALT.filter(([, seq0]) => seq0 < 20)
    const found = await verifyHistory(unplaced(ledger, stored))
    expect(found.findings).toMatchObject([{ anomaly: 'failed yet stored', count: 5 }])
    expect(found).toMatchObject({ unknownWritten: 5, unknownNotWritten: 10 })
  })

  test('that no ledger tells of are phantoms', async () => {
    const { findings } = await verifyHistory(unplaced([{ seq0: 0, n: 25 }], DEALT))
    expect(findings).toMatchObject([
      { anomaly: 'phantom', count: 5, evidence: [{ partition: -1, seq: 25 }, {}, {}, {}, {}] },
    ])
  })

  test('are each producer’s own', async () => {
    const ledger = [0, 1].map(producer => ({ producer, seq0: 0, n: 10 }))
    const stored: readonly Stored[] = [
      [0, 0, 5, 0],
      [0, 0, 5, 1],
      [1, 5, 5, 1],
      [2, 5, 4, 0],
    ]
    const { findings } = await verifyHistory(unplaced(ledger, stored))
    expect(findings).toMatchObject([{ anomaly: 'lost', count: 1, evidence: [{ producer: 0, seq: 9 }] }])
  })

  test('are apart from those of a producer of the same topic that names partitions', async () => {
    const { topics, ledgers, truths } = unplaced(ACKED, DEALT)
    const placed = truthSource(
      [0, 0],
      [
        { producer: 0, seq0: 0, offset0: 0, n: 5, detail: DETAIL_UNPLACED },
        { producer: 1, seq0: 0, offset0: 5, n: 7 },
        { producer: 0, seq0: 15, offset0: 12, n: 5, detail: DETAIL_UNPLACED },
      ],
    )
    const own = ledgerSource(1, [{ partition: 0, seq0: 0, n: 8, offset0: 5 }])
    const { findings } = await verifyHistory({
      topics,
      ledgers: [...ledgers, own],
      truths: [placed, ...truths.slice(1)],
    })
    expect(findings.map(({ anomaly, count }) => [anomaly, count])).toEqual([
      ['offset clash', 1],
      ['lost', 1],
    ])
  })

  test('are found by their state where a transaction hides them', async () => {
    const history = unplaced(ACKED, DEALT.slice(0, 5))
    const hidden = { producer: 0, seq0: 25, offset0: 10, n: 5, detail: DETAIL_UNPLACED, state: 'aborted' as const }
    const before = [{ producer: 0, seq0: 10, offset0: 0, n: 5, detail: DETAIL_UNPLACED }]
    const truths = [...history.truths.slice(0, 2), truthSource([0, 2], [...before, hidden])]
    expect(await counts({ ...history, truths })).toEqual([])
  })
})

describe('what cannot be told without partitions', () => {
  test('is said where one of the topic’s was not read to its end', async () => {
    const { findings, complete, notes } = await verifyHistory(unplaced(ACKED, DEALT.slice(0, 5), { cutOff: 2 }))
    expect([findings, complete]).toEqual([[], false])
    expect(notes.join()).toMatch(/30 outcomes are of partitions that were not read to their end/)
  })

  test('is said where records were removed from the topic, which is no loss', async () => {
    const history = unplaced(ACKED, DEALT.slice(1), { begin: 40 })
    const { findings, complete, notes } = await verifyHistory(history)
    expect([findings, complete]).toEqual([[], false])
    expect(notes.join()).toMatch(/5 acknowledged records are missing in topics from which records were removed/)
    const topics = history.topics.map(topic => ({ ...topic, beginOffsets: [40, 40, 40] }))
    expect(await counts({ ...history, topics })).toEqual([['lost', 5]])
  })
})

test('records dealt out one by one open no gap, so that a clean history takes no memory', async () => {
  const stored = Array.from({ length: 20_000 }, (_, seq): Stored => [seq % 5, seq, 1])
  const { truths } = unplaced([], stored, { partitions: 5, frameRuns: 1024 })
  const lanes = new Lanes()
  let [count, gaps] = [0, 0]
  await walkUnplaced(truths, lanes, ({ part, n }) => {
    if (part === 'new') count += n
    if (!lanes.of(0, UNPLACED, 0).stored.isWhole) gaps++
  })
  expect([count, gaps]).toEqual([20_000, 0])
})

describe('clean histories of any shape', () => {
  const run = fc.record({
    producer: fc.nat({ max: 2 }),
    partition: fc.nat({ max: 3 }),
    n: fc.integer({ min: 1, max: 9 }),
  })
  type Run = { producer: number; partition: number; n: number }

  /** Hands out sequences in the order of the runs. */
  function numbered(runs: readonly Run[]): {
    ledger: Required<Pick<LedgerSpec, 'producer' | 'seq0' | 'n'>>[]
    stored: Stored[]
  } {
    const next = new Map<number, number>()
    const ledger = runs.map(({ producer, n }) => {
      const seq0 = next.get(producer) ?? 0
      next.set(producer, seq0 + n)
      return { producer, seq0, n }
    })
    return {
      ledger,
      stored: ledger.map(({ producer, seq0, n }, i): Stored => [runs[i]?.partition ?? 0, seq0, n, producer]),
    }
  }

  test('give no finding, and one run taken out is exactly its records lost', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(run, { minLength: 1, maxLength: 40 }),
        fc.nat(),
        fc.integer({ min: 1, max: 5 }),
        async (runs, pick, frameRuns) => {
          const { ledger, stored } = numbered(runs)
          expect(await counts(unplaced(ledger, stored, { partitions: 4, frameRuns }))).toEqual([])
          const victim = pick % runs.length
          const left = stored.filter((_, i) => i !== victim)
          const lost = runs[victim]?.n
          expect(await counts(unplaced(ledger, left, { partitions: 4, frameRuns }))).toEqual([['lost', lost]])
          const twice = stored.concat([
            [pick % 4, ...((stored[victim] as Stored).slice(1) as [number, number, number])],
          ])
          expect(await counts(unplaced(ledger, twice, { partitions: 4, frameRuns }))).toContainEqual([
            'duplicated',
            lost,
          ])
        },
      ),
      { numRuns: 300 },
    )
  })
})
