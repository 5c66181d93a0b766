// Histories made by hand or by chance, in the very bytes that ledgers and truth have on disk.
import { encodeGroupRun, GROUP_RUN_BYTES, type GroupRun, NO_PRODUCER } from '../../../src/recording/group-run.ts'
import { encodeLedgerRun, LEDGER_RUN_BYTES, type LedgerRun } from '../../../src/recording/ledger-run.ts'
import { encodeTruthRun, TRUTH_RUN_BYTES, type TruthRun } from '../../../src/recording/truth-run.ts'
import type { GroupHistory, History, RunSource, TopicFacts } from '../../../src/verify/history.ts'

export const T0_US = 1_790_000_000_000_000

export type LedgerSpec = Partial<LedgerRun> & Pick<LedgerRun, 'seq0' | 'n'>
export type TruthSpec = Partial<TruthRun> & Pick<TruthRun, 'offset0' | 'n'>

export function ledgerRun(change: LedgerSpec): LedgerRun {
  return {
    ...{ topic: 0, producer: 0, partition: 0, offset0: -1, state: 'acked', flags: 0, attempts: 1 },
    ...{ leader: -1, leaderEpoch: -1, bytes: 100 * change.n, firstIntendedUs: T0_US, lastIntendedUs: T0_US },
    ...{ offeredUs: T0_US, firstSettledUs: T0_US + 1000, lastSettledUs: T0_US + 1000 },
    ...change,
  }
}

export function truthRun(change: TruthSpec): TruthRun {
  return {
    ...{ seq0: 0, producer: 0, state: 'stored', detail: 0, leaderEpoch: 4, producerEpoch: 0, producerId: 1000 },
    ...{ transaction: 0 },
    ...change,
  }
}

type Options = { isWhole?: boolean; frameRuns?: number; beginOffset?: number; endOffset?: number }

function sourceOf(
  name: string,
  head: { number: number; partition: number },
  runs: Buffer,
  runBytes: number,
  { isWhole = true, frameRuns = 3, beginOffset = 0, endOffset = 0 }: Options,
): RunSource {
  const step = frameRuns * runBytes
  return {
    name,
    head: { envelopeRun: 7, beginOffset, endOffset, ...head },
    async *frames() {
      for (let at = 0; at < runs.length; at += step) yield { at, runs: runs.subarray(at, at + step) }
    },
    frameAt: async at => runs.subarray(at, at + step),
    isWhole: () => isWhole,
  }
}

export function ledgerSource(producer: number, specs: readonly LedgerSpec[], options: Options = {}): RunSource {
  const bytes = Buffer.alloc(specs.length * LEDGER_RUN_BYTES)
  for (const [i, spec] of specs.entries())
    encodeLedgerRun(ledgerRun({ producer, ...spec }), bytes, i * LEDGER_RUN_BYTES)
  return sourceOf(`ledger/${producer}`, { number: producer, partition: 0 }, bytes, LEDGER_RUN_BYTES, options)
}

export function truthSource(
  [topic, partition]: readonly [number, number],
  specs: readonly TruthSpec[],
  options: Options = {},
): RunSource {
  const bytes = Buffer.alloc(specs.length * TRUTH_RUN_BYTES)
  for (const [i, spec] of specs.entries()) encodeTruthRun(truthRun(spec), bytes, i * TRUTH_RUN_BYTES)
  return sourceOf(`truth/${topic}-${partition}`, { number: topic, partition }, bytes, TRUTH_RUN_BYTES, options)
}

export type GroupSpec = Partial<GroupRun> & Pick<GroupRun, 'kind'>

/** What members of one group did, one thing a millisecond, each member into its own file. */
export function groupOf(specs: readonly GroupSpec[], change: Partial<GroupHistory> = {}): GroupHistory {
  const runs = specs.map(
    (spec, i): GroupRun => ({
      ...{ topic: 0, member: 0, partition: 0, offset: 0, n: 0, producer: NO_PRODUCER, generation: -1, seq0: 0 },
      ...{ atUs: T0_US + i * 1000 },
      ...spec,
    }),
  )
  const members = [...new Set(runs.map(run => run.member))].map(member => {
    const own = runs.filter(run => run.member === member)
    const bytes = Buffer.alloc(own.length * GROUP_RUN_BYTES)
    for (const [i, run] of own.entries()) encodeGroupRun(run, bytes, i * GROUP_RUN_BYTES)
    return sourceOf(`group/${member}`, { number: member, partition: 0 }, bytes, GROUP_RUN_BYTES, {})
  })
  return { number: 0, topics: [0], readsCommitted: false, reachedEnd: false, members, ...change }
}

/** One topic with one partition, one producer. */
export function simple(ledger: readonly LedgerSpec[], truth: readonly TruthSpec[], options: Options = {}): History {
  return {
    topics: [{ number: 0, partitions: 1, isCompacted: false }],
    ledgers: [ledgerSource(0, ledger)],
    truths: [truthSource([0, 0], truth, options)],
  }
}

/** What happened to one batch in a made-up world. */
export type Fate = 'acked' | 'unknownWritten' | 'unknownGone' | 'failed' | 'sentNoAck'
export type Batch = { producer: number; partition: number; n: number; fate: Fate }

/** A history in which nothing went wrong that may not: batches land in the order given, ledgers tell of them a little later. */
export function cleanHistory(batches: readonly Batch[], partitions: number, frameRuns: number): History {
  const truths: TruthSpec[][] = Array.from({ length: partitions }, () => [])
  const ledgers = new Map<number, LedgerSpec[]>()
  const ends = Array.from({ length: partitions }, (_, partition) => partition * 10)
  const nextSeq = new Map<string, number>()
  for (const { producer, partition, n, fate } of batches) {
    const lane = `${producer}:${partition}`
    const seq0 = nextSeq.get(lane) ?? 0
    nextSeq.set(lane, seq0 + n)
    const isStored = fate === 'acked' || fate === 'unknownWritten' || fate === 'sentNoAck'
    const offset0 = ends[partition] as number
    if (isStored) {
      truths[partition]?.push({ producer, seq0, offset0, n })
      ends[partition] = offset0 + n
    }
    const ledger = ledgers.get(producer) ?? []
    ledgers.set(producer, ledger)
    const state = fate === 'unknownGone' || fate === 'unknownWritten' ? 'unknown' : fate
    ledger.push({ partition, seq0, n, state, offset0: fate === 'acked' ? offset0 : -1 })
  }
  // Answers of different partitions come in any order.
  for (const ledger of ledgers.values()) ledger.sort((a, b) => (a.partition ?? 0) - (b.partition ?? 0))
  const topics: TopicFacts[] = [{ number: 0, partitions, isCompacted: false }]
  return {
    topics,
    ledgers: [...ledgers].map(([producer, specs]) => ledgerSource(producer, specs, { frameRuns })),
    truths: truths.map((specs, partition) =>
      truthSource([0, partition], specs, { frameRuns, beginOffset: partition * 10, endOffset: ends[partition] ?? 0 }),
    ),
  }
}
