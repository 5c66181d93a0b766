// Made-up worlds in which transactions end as they should and a group hands its partitions over without losing or repeating anything.
import type { GroupHistory, History } from '../../../src/verify/history.ts'
import { type GroupSpec, groupOf, type LedgerSpec, ledgerSource, type TruthSpec, truthSource } from './histories.ts'

/** A transaction, or a batch without one, in one partition. */
export type Written = { partition: number; n: number; end: 'none' | 'commit' | 'abort' }
/** What the owner of a partition does next; a handover goes to the member given, who may be the owner itself. */
export type Did =
  | { partition: number; act: 'read'; n: number }
  | { partition: number; act: 'commit' | 'refused' }
  | { partition: number; act: 'handover'; to: number }

type Step = Pick<GroupSpec, 'offset' | 'n' | 'producer' | 'seq0'>

/** One producer, one topic, one group that reads it to its end. */
export function cleanWorld(
  written: readonly Written[],
  did: readonly Did[],
  partitions: number,
  readsCommitted: boolean,
): History {
  const ledger: LedgerSpec[] = []
  const truths: TruthSpec[][] = Array.from({ length: partitions }, () => [])
  const ends = Array.from({ length: partitions }, (_, partition) => partition * 5)
  const seqs = Array.from({ length: partitions }, () => 0)
  for (const [i, { partition, n, end }] of written.entries()) {
    const [offset0, seq0] = [ends[partition] as number, seqs[partition] as number]
    const transaction = end === 'none' ? 0 : i + 1
    const state = end === 'abort' ? 'aborted' : 'stored'
    truths[partition]?.push({ seq0, offset0, n, state, transaction, producerEpoch: i })
    if (end !== 'none')
      truths[partition]?.push({ offset0: offset0 + n, n: 1, state: 'marker', detail: end === 'commit' ? 1 : 0 })
    ledger.push({ partition, seq0, n, offset0 })
    ends[partition] = offset0 + n + (end === 'none' ? 0 : 1)
    seqs[partition] = seq0 + n
  }
  const group = new Reader(truths, ends, readsCommitted)
  for (const one of did) group.take(one)
  return {
    topics: [{ number: 0, partitions, isCompacted: false }],
    ledgers: [ledgerSource(0, ledger)],
    truths: truths.map((specs, partition) =>
      truthSource([0, partition], specs, { beginOffset: partition * 5, endOffset: ends[partition] ?? 0 }),
    ),
    groups: [group.end()],
  }
}

/** A group whose owners read what is visible, in order, and hand over where they have committed. */
class Reader {
  private readonly runs: GroupSpec[] = []
  private readonly lanes: { owner: number; left: Step[]; next: number }[]
  private readonly readsCommitted: boolean

  constructor(truths: readonly TruthSpec[][], ends: readonly number[], readsCommitted: boolean) {
    this.readsCommitted = readsCommitted
    this.lanes = truths.map((specs, partition) => ({ owner: 0, left: this.visible(specs), next: partition * 5 }))
    for (const partition of ends.keys()) this.runs.push({ kind: 'assigned', partition, member: 0 })
  }

  take(did: Did): void {
    const { partition } = did
    const lane = this.lanes[partition]
    if (!lane) return
    const from = { partition, member: lane.owner }
    if (did.act === 'read') this.read(partition, did.n)
    else if (did.act === 'refused') this.runs.push({ ...from, kind: 'refused', offset: lane.next })
    else this.runs.push({ ...from, kind: 'committed', offset: lane.next })
    if (did.act !== 'handover') return
    this.runs.push({ ...from, kind: 'revoked' }, { kind: 'assigned', partition, member: did.to })
    lane.owner = did.to
  }

  end(): GroupHistory {
    for (const partition of this.lanes.keys()) this.read(partition, Number.POSITIVE_INFINITY)
    return groupOf(this.runs, { reachedEnd: true, readsCommitted: this.readsCommitted })
  }

  private visible(specs: readonly TruthSpec[]): Step[] {
    return specs
      .filter(({ state }) => state !== 'marker' && !(this.readsCommitted && state === 'aborted'))
      .map(({ offset0, n, seq0 = 0 }) => ({ offset: offset0, n, producer: 0, seq0 }))
  }

  private read(partition: number, count: number): void {
    const lane = this.lanes[partition]
    for (let left = count; lane && left > 0 && lane.left.length > 0; ) {
      const { offset = 0, n = 0, producer = 0, seq0 = 0 } = lane.left.shift() as Step
      const taken = Math.min(n, left)
      this.runs.push({ kind: 'processed', partition, member: lane.owner, offset, n: taken, producer, seq0 })
      if (taken < n) lane.left.unshift({ offset: offset + taken, n: n - taken, producer, seq0: seq0 + taken })
      lane.next = offset + taken
      left -= taken
    }
  }
}
