// Follows the members of one consumer group through time, partition by partition, and tells the checks where reading left its path.
import { decodeGroupRun, GROUP_RUN_BYTES, type GroupRun, NO_PRODUCER } from '../recording/group-run.ts'
import type { TruthRun } from '../recording/truth-run.ts'
import type { Check, Report } from './check.ts'
import type { JumpFact } from './group-facts.ts'
import type { GroupHistory, RunSource } from './history.ts'
import { type GapBudget, MAX_GAPS, SeqSet } from './seq-set.ts'
import type { TruthIndex } from './truth-index.ts'

/** Where a member is in a partition; `next` is missing until it has read something since it was given it. */
type Member = { next?: number }
type Place = {
  processed: SeqSet
  committed: number
  members: Map<number, Member>
  owner: number
  /** Members that have ever had it. */
  holders: Set<number>
}
/** A handover that seems to have passed over records, until it is known whether those before it told everything. */
type Handover = { fact: JumpFact; holders: readonly number[] }

const VISIBLE: readonly TruthRun['state'][] = ['stored', 'uncounted', 'foreign', 'corrupt']

export class GroupWalk {
  private readonly group: GroupHistory
  private readonly checks: readonly (Check & { report: Report })[]
  private readonly indexOf: (topic: number, partition: number) => TruthIndex | undefined
  private readonly budget: GapBudget = { left: MAX_GAPS }
  private readonly places = new Map<number, Place>()
  private readonly handovers: Handover[] = []

  constructor(
    group: GroupHistory,
    checks: readonly (Check & { report: Report })[],
    indexOf: (topic: number, partition: number) => TruthIndex | undefined,
  ) {
    this.group = group
    this.checks = checks
    this.indexOf = indexOf
  }

  /** Takes what all members did in the order of time; returns what cannot be told. */
  async walk(partitionsOf: (topic: number) => number): Promise<string[]> {
    for await (const run of inOrder(this.group.members)) await this.on(run)
    const untold = this.settleHandovers()
    const isWhole = this.group.isWhole !== false && this.group.members.every(source => source.isWhole())
    if (isWhole && this.group.reachedEnd)
      for (const topic of this.group.topics)
        for (let partition = 0; partition < partitionsOf(topic); partition++) await this.findUnread(topic, partition)
    const name = `group ${this.group.number}`
    return [
      ...(isWhole ? [] : [`${name}: a member was cut off, so it cannot be told what nobody read`]),
      ...(untold > 0
        ? [`${name}: ${untold} records before a handover may have been processed by a member that was cut off`]
        : []),
    ]
  }

  private async on(run: GroupRun): Promise<void> {
    const place = this.placeOf(run.topic, run.partition)
    switch (run.kind) {
      case 'assigned':
        place.members.set(run.member, {})
        place.owner = run.member
        place.holders.add(run.member)
        return
      case 'revoked':
        place.members.delete(run.member)
        if (place.owner === run.member) place.owner = -1
        return
      case 'committed':
        return this.onCommit(run, place)
      case 'refused':
        // It may stand or not, so that nothing follows from it.
        return
      case 'processed':
        return this.onProcessed(run, place)
    }
  }

  private async onProcessed(run: GroupRun, place: Place): Promise<void> {
    const where = { topic: run.topic, partition: run.partition, group: this.group.number, run }
    if (place.owner >= 0 && place.owner !== run.member)
      for (const check of this.checks) check.onOwn?.({ ...where, owner: place.owner }, check.report)
    const member = place.members.get(run.member) ?? {}
    place.members.set(run.member, member)
    const isFirst = member.next === undefined
    const expected = member.next ?? (place.committed >= 0 ? place.committed : place.processed.end)
    if (run.offset > expected) await this.onHole(run, place, expected, isFirst)
    place.holders.add(run.member)
    if (!isFirst && run.offset < expected) {
      const n = Math.min(run.n, expected - run.offset)
      for (const check of this.checks)
        check.onJump?.({ ...where, kind: 'rewind', isFirst, offset: run.offset, n }, check.report)
    }
    member.next = Math.max(member.next ?? 0, run.offset + run.n)
    place.processed.add(run.offset, run.n, (part, offset, n) => {
      // A member that fell back by itself was told of already.
      if (part !== 'repeated' || (!isFirst && offset < expected)) return
      const isCommitted = offset < place.committed
      for (const check of this.checks) check.onAgain?.({ ...where, offset, n, isCommitted }, check.report)
    })
    await this.compare(run)
  }

  /** What was jumped over counts where it is stored and nobody in the group had processed it. */
  private async onHole(run: GroupRun, place: Place, from: number, isFirst: boolean): Promise<void> {
    const where = { topic: run.topic, partition: run.partition, group: this.group.number, run }
    const holes: [number, number][] = []
    place.processed.split(from, run.offset - from, (isMet, offset, n) => {
      if (!isMet) holes.push([offset, n])
    })
    for (const [offset, n] of holes) {
      await this.indexOf(run.topic, run.partition)?.scan(offset, n, (here, at, length) => {
        if (!here || !this.isVisible(here)) return
        const fact: JumpFact = { ...where, kind: 'skip', isFirst, offset: at, n: length }
        if (isFirst) this.handovers.push({ fact, holders: [...place.holders] })
        else for (const check of this.checks) check.onJump?.(fact, check.report)
      })
    }
  }

  /** A member that was cut off took the last of what it did with it: what it may have processed is not called lost. */
  private settleHandovers(): number {
    let untold = 0
    const cutOff = this.group.members.filter(source => !source.isWhole()).map(({ head }) => head.number)
    for (const { fact, holders } of this.handovers)
      if (holders.some(member => cutOff.includes(member))) untold += fact.n
      else for (const check of this.checks) check.onJump?.(fact, check.report)
    return untold
  }

  /** Holds what was read against what stands at its offsets now. */
  private async compare(run: GroupRun): Promise<void> {
    const index = this.indexOf(run.topic, run.partition)
    if (!index) return
    const where = { topic: run.topic, partition: run.partition, group: this.group.number, run }
    const from = Math.max(run.offset, index.source.head.beginOffset)
    await index.scan(from, run.offset + run.n - from, (here, offset, n) => {
      const isOther =
        here !== undefined &&
        run.producer !== NO_PRODUCER &&
        (here.producer !== run.producer || here.seq0 + offset - here.offset0 !== run.seq0 + offset - run.offset)
      const { readsCommitted } = this.group
      for (const check of this.checks)
        check.onRead?.({ ...where, offset, n, here, isOther, readsCommitted }, check.report)
    })
  }

  private async onCommit(run: GroupRun, place: Place): Promise<void> {
    const where = { topic: run.topic, partition: run.partition, group: this.group.number, run }
    const before = place.committed
    if (run.offset < before)
      for (const check of this.checks)
        check.onCommit?.({ ...where, kind: 'regress', n: before - run.offset, expected: before }, check.report)
    const processed = place.processed.end
    let passed = 0
    if (run.offset > processed && processed > 0)
      await this.indexOf(run.topic, run.partition)?.scan(processed, run.offset - processed, (here, _, n) => {
        if (here && this.isVisible(here)) passed += n
      })
    if (passed > 0)
      for (const check of this.checks)
        check.onCommit?.({ ...where, kind: 'overrun', n: passed, expected: processed }, check.report)
    place.committed = run.offset
  }

  private async findUnread(topic: number, partition: number): Promise<void> {
    const index = this.indexOf(topic, partition)
    if (!index) return
    const { beginOffset, endOffset } = index.source.head
    const holes: [number, number][] = []
    this.placeOf(topic, partition).processed.split(
      beginOffset,
      Math.max(0, endOffset - beginOffset),
      (isMet, at, n) => {
        if (!isMet) holes.push([at, n])
      },
    )
    for (const [from, count] of holes)
      await index.scan(from, count, (here, offset, n) => {
        if (!here || !this.isVisible(here)) return
        for (const check of this.checks)
          check.onUnread?.({ topic, partition, group: this.group.number, offset, n }, check.report)
      })
  }

  private isVisible(here: TruthRun): boolean {
    if (VISIBLE.includes(here.state)) return true
    return !this.group.readsCommitted && (here.state === 'aborted' || here.state === 'pending')
  }

  private placeOf(topic: number, partition: number): Place {
    const key = topic * 0x1_0000_0000 + partition
    const known = this.places.get(key)
    if (known) return known
    const processed = new SeqSet(this.budget)
    const begin = this.indexOf(topic, partition)?.source.head.beginOffset ?? 0
    if (begin > 0) processed.add(0, begin, () => undefined)
    const made: Place = { processed, committed: -1, members: new Map(), owner: -1, holders: new Set() }
    this.places.set(key, made)
    return made
  }
}

/** The runs of all members by their times; each member's own order is kept. */
async function* inOrder(sources: readonly RunSource[]): AsyncGenerator<GroupRun> {
  const heads: { run: GroupRun; rest: AsyncGenerator<GroupRun> }[] = []
  for (const source of sources) {
    const rest = runsOf(source)
    const { value, done } = await rest.next()
    if (!done) heads.push({ run: value, rest })
  }
  while (heads.length > 0) {
    const first = heads.reduce((least, head) => (head.run.atUs < least.run.atUs ? head : least))
    yield first.run
    const { value, done } = await first.rest.next()
    if (done) heads.splice(heads.indexOf(first), 1)
    else first.run = value
  }
}

async function* runsOf(source: RunSource): AsyncGenerator<GroupRun> {
  for await (const { runs } of source.frames())
    for (let at = 0; at < runs.length; at += GROUP_RUN_BYTES) {
      const run = decodeGroupRun(runs, at)
      if (run) yield run
    }
}
