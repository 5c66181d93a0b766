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
  /** Lives of members that had it since another one was last seen to go on: who may have gone further than anybody told. */
  holders: Set<RunSource>
  /** When the last run of processed records was begun here, by anybody. */
  lastUs: number
  /** Offsets at which another record was read than stands there in the end, and those where the right one was read since. */
  strange?: SeqSet
  right?: SeqSet
}
/** A handover that seems to have passed over records, until it is known whether those before it told everything. */
type Handover = { fact: JumpFact; holders: readonly RunSource[]; sinceUs: number }

/** What a killed member did for so long may be in no file: a quarter of a second until it is written, and longer where the machine is busy. */
const UNTOLD_US = 1_000_000

const VISIBLE: readonly TruthRun['state'][] = ['stored', 'uncounted', 'foreign', 'corrupt']

export class GroupWalk {
  private readonly group: GroupHistory
  private readonly checks: readonly (Check & { report: Report })[]
  private readonly indexOf: (topic: number, partition: number) => TruthIndex | undefined
  private readonly budget: GapBudget = { left: MAX_GAPS }
  private readonly places = new Map<number, Place>()
  private readonly handovers: Handover[] = []
  /** The last time that each life told of. */
  private readonly toldUs = new Map<RunSource, number>()

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
    for await (const { run, source } of inOrder(this.group.members)) {
      this.toldUs.set(source, run.atUs)
      await this.on(run, source)
    }
    let untold = this.settleHandovers()
    const isWhole = this.group.isWhole !== false
    if (isWhole && this.group.reachedEnd)
      for (const topic of this.group.topics)
        for (let partition = 0; partition < partitionsOf(topic); partition++)
          untold += await this.findUnread(topic, partition)
    const name = `group ${this.group.number}`
    return [
      ...(isWhole ? [] : [`${name}: the history of a member is missing, so it cannot be told what nobody read`]),
      ...(untold > 0 ? [`${name}: ${untold} records may have been processed by a member that was cut off`] : []),
    ]
  }

  private async on(run: GroupRun, source: RunSource): Promise<void> {
    const place = this.placeOf(run.topic, run.partition)
    switch (run.kind) {
      case 'assigned':
        place.members.set(run.member, {})
        place.owner = run.member
        place.holders.add(source)
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
        return this.onProcessed(run, place, source)
    }
  }

  private async onProcessed(run: GroupRun, place: Place, source: RunSource): Promise<void> {
    const where = { topic: run.topic, partition: run.partition, group: this.group.number, run }
    const isOwner = place.owner < 0 || place.owner === run.member
    if (!isOwner) for (const check of this.checks) check.onOwn?.({ ...where, owner: place.owner }, check.report)
    const member = place.members.get(run.member) ?? {}
    place.members.set(run.member, member)
    const isFirst = member.next === undefined
    const expected = member.next ?? (place.committed >= 0 ? place.committed : place.processed.end)
    const holders = [...place.holders].filter(holder => holder !== source)
    if (run.offset > expected) await this.onHole(run, place, expected, isFirst ? holders : undefined)
    if (isFirst) place.holders.clear()
    place.holders.add(source)
    if (!isFirst && run.offset < expected) {
      const n = Math.min(run.n, expected - run.offset)
      for (const check of this.checks)
        check.onJump?.({ ...where, kind: 'rewind', isFirst, offset: run.offset, n }, check.report)
    }
    place.lastUs = run.atUs
    member.next = Math.max(member.next ?? 0, run.offset + run.n)
    place.processed.add(run.offset, run.n, (part, offset, n) => {
      // A member that fell back by itself was told of already.
      if (part !== 'repeated' || (!isFirst && offset < expected)) return
      const isCommitted = offset < place.committed
      for (const check of this.checks) check.onAgain?.({ ...where, offset, n, isCommitted, isOwner }, check.report)
    })
    await this.compare(run, place)
  }

  /** What was jumped over counts where it is stored and nobody in the group had processed it; `before` had the partition until a handover. */
  private async onHole(
    run: GroupRun,
    place: Place,
    from: number,
    before: readonly RunSource[] | undefined,
  ): Promise<void> {
    const where = { topic: run.topic, partition: run.partition, group: this.group.number, run }
    const holes: [number, number][] = []
    place.processed.split(from, run.offset - from, (isMet, offset, n) => {
      if (!isMet) holes.push([offset, n])
    })
    for (const [offset, n] of holes) {
      await this.indexOf(run.topic, run.partition)?.scan(offset, n, (here, at, length) => {
        if (!here || !this.isVisible(here)) return
        const fact: JumpFact = { ...where, kind: 'skip', isFirst: before !== undefined, offset: at, n: length }
        if (before) this.handovers.push({ fact, holders: before, sinceUs: place.lastUs })
        else for (const check of this.checks) check.onJump?.(fact, check.report)
      })
    }
  }

  /** A member that was cut off took the last of what it did with it: what it may have processed is not called lost. */
  private settleHandovers(): number {
    let untold = 0
    for (const { fact, holders, sinceUs } of this.handovers) {
      if (holders.some(wasCutOff) || this.mayHaveBeenRead(sinceUs, fact.run.atUs)) {
        untold += fact.n
        this.placeOf(fact.topic, fact.partition).processed.add(fact.offset, fact.n, () => undefined)
      } else for (const check of this.checks) check.onJump?.(fact, check.report)
    }
    return untold
  }

  /** Whether a life that was cut off may have had a partition between these times, and read of it, without a word of either. */
  private mayHaveBeenRead(sinceUs: number, untilUs: number): boolean {
    return this.group.members.filter(wasCutOff).some(life => {
      const told = this.toldUs.get(life)
      const { endedUs = told } = life
      if (endedUs === undefined) return true
      // Whatever it did before was written, and is in its file.
      const silentFromUs = Math.max(told ?? 0, endedUs - UNTOLD_US)
      return endedUs > sinceUs && silentFromUs < untilUs
    })
  }

  /** Holds what was read against what stands at its offsets now. */
  private async compare(run: GroupRun, place: Place): Promise<void> {
    const index = this.indexOf(run.topic, run.partition)
    if (!index) return
    const where = { topic: run.topic, partition: run.partition, group: this.group.number, run }
    const from = Math.max(run.offset, index.source.head.beginOffset)
    await index.scan(from, run.offset + run.n - from, (here, offset, n) => {
      const isOther =
        here !== undefined &&
        run.producer !== NO_PRODUCER &&
        (here.producer !== run.producer || here.seq0 + offset - here.offset0 !== run.seq0 + offset - run.offset)
      if (isOther) {
        place.strange ??= new SeqSet(this.budget)
        place.strange.add(offset, n, () => undefined)
      } else if (here && place.strange) {
        place.right ??= new SeqSet(this.budget)
        place.right.add(offset, n, () => undefined)
      }
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

  /** Tells what nobody read; returns how much of it lies where the last who had the partition was cut off. */
  private async findUnread(topic: number, partition: number): Promise<number> {
    const index = this.indexOf(topic, partition)
    if (!index) return 0
    const { beginOffset, endOffset } = index.source.head
    const place = this.placeOf(topic, partition)
    const { processed, holders, lastUs } = place
    const isTailUntold =
      (holders.size > 0 ? [...holders] : this.group.members).some(wasCutOff) ||
      this.mayHaveBeenRead(lastUs, Number.POSITIVE_INFINITY)
    const holes: [number, number][] = []
    let untold = 0
    processed.split(beginOffset, Math.max(0, endOffset - beginOffset), (isMet, at, n) => {
      if (!isMet) holes.push([at, n])
    })
    holes.push(...overwritten(place))
    for (const [from, count] of holes)
      await index.scan(from, count, (here, offset, n) => {
        if (!here || !this.isVisible(here)) return
        if (isTailUntold && offset >= processed.end) untold += n
        else
          for (const check of this.checks)
            check.onUnread?.({ topic, partition, group: this.group.number, offset, n }, check.report)
      })
    return untold
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
    const made: Place = { processed, committed: -1, members: new Map(), owner: -1, holders: new Set(), lastUs: 0 }
    this.places.set(key, made)
    return made
  }
}

/** Ranges that were read before the log was cut off there and written anew, and not since: what stands there nobody processed. */
function overwritten({ strange, right }: Place): [number, number][] {
  const found: [number, number][] = []
  strange?.forEachRange((from, count) => {
    if (right)
      right.split(from, count, (isMet, at, n) => {
        if (!isMet) found.push([at, n])
      })
    else found.push([from, count])
  })
  return found
}

const wasCutOff = (source: RunSource): boolean => !source.isWhole()

/** The runs of all members by their times; each member's own order is kept, and each of its lives has a source of its own. */
async function* inOrder(sources: readonly RunSource[]): AsyncGenerator<{ run: GroupRun; source: RunSource }> {
  const heads: { run: GroupRun; source: RunSource; rest: AsyncGenerator<GroupRun> }[] = []
  for (const source of sources) {
    const rest = runsOf(source)
    const { value, done } = await rest.next()
    if (!done) heads.push({ run: value, source, rest })
  }
  while (heads.length > 0) {
    const first = heads.reduce((least, head) => (head.run.atUs < least.run.atUs ? head : least))
    yield { run: first.run, source: first.source }
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
