// Holds a trial's ledgers against its truth: one walk over each, in memory that depends on what went wrong and not on how much was sent.
import type { Verification } from '../analysis/verification.ts'
import { UNPLACED } from '../record/envelope.ts'
import { decodeLedgerRun, LEDGER_RUN_BYTES, type LedgerRun } from '../recording/ledger-run.ts'
import { decodeTruthRun, isUnplaced, TRUTH_RUN_BYTES, TRUTH_STATES, type TruthRun } from '../recording/truth-run.ts'
import type { Check, Place, Report } from './check.ts'
import { HISTORY_CHECKS } from './checks/index.ts'
import { Findings } from './findings.ts'
import { GroupWalk } from './groups.ts'
import type { GroupHistory, History, RunSource } from './history.ts'
import { type Lane, Lanes } from './lanes.ts'
import { framesByTime } from './ledger-frames.ts'
import { LeftOut } from './left-out.ts'
import { Rpo } from './rpo.ts'
import { TooManyGaps } from './seq-set.ts'
import { toldSighting } from './sighting.ts'
import { Transactions } from './transactions.ts'
import { findUntransformed, numbersOf } from './transforms.ts'
import { FrameCache, TruthIndex, type TruthPlace } from './truth-index.ts'
import { anyPlaceOf, walkUnplaced } from './unplaced.ts'

/** Runs every check over a history; anything that could not be looked at is said in the notes. */
export async function verifyHistory(
  history: History,
  checks: readonly Check[] = HISTORY_CHECKS,
): Promise<Verification> {
  const merge = new Merge(history, checks)
  try {
    for (const source of history.truths) await merge.walkTruth(source)
    await merge.walkUnplaced()
    await merge.walkLedgers(history.ledgers)
    merge.compareTold()
    await merge.compareTransforms()
    for (const group of history.groups ?? []) await merge.walkGroup(group)
  } catch (error) {
    if (!(error instanceof TooManyGaps)) throw error
    merge.miss(`stopped: ${error.message}`)
  }
  return merge.result()
}

class Merge {
  private readonly checks: readonly (Check & { report: Report })[]
  private readonly findings = new Findings()
  private readonly lanes = new Lanes()
  private readonly cache = new FrameCache()
  private readonly places = new Map<number, TruthPlace>()
  private readonly compacted: ReadonlySet<number>
  /** Topics with records whose client chose the partition. */
  private readonly unplaced = new Set<number>()
  /** Producers whose ledgers came to their end. */
  private readonly wholeLedgers = new Map<number, boolean>()
  private readonly rpo = new Rpo()
  private readonly left = new LeftOut()
  private readonly transactions = new Transactions()
  private readonly history: History
  /** Numbers under which groups write what they transformed, several workers under each. */
  private readonly transformed: ReadonlySet<number>
  private readonly out: Omit<Verification, 'findings' | 'rpo'> = {
    complete: true,
    notes: [],
    told: { acked: 0, unknown: 0, failed: 0, sentNoAck: 0 },
    truth: Object.fromEntries(TRUTH_STATES.map(state => [state, 0])),
    unknownWritten: 0,
    unknownNotWritten: 0,
    sentNoAckNotWritten: 0,
    expired: 0,
  }

  constructor(history: History, checks: readonly Check[]) {
    this.history = history
    this.checks = checks.map(check => ({ ...check, report: sighting => this.findings.add(check.anomaly, sighting) }))
    this.compacted = new Set(history.topics.filter(topic => topic.isCompacted).map(topic => topic.number))
    this.transformed = numbersOf(history)
    const there = new Set(history.truths.map(({ head }) => placeKey(head.number, head.partition)))
    for (const topic of history.topics)
      for (let partition = 0; partition < topic.partitions; partition++)
        if (!there.has(placeKey(topic.number, partition)))
          this.miss(`topic ${topic.number} partition ${partition} has no truth`)
  }

  miss(note: string): void {
    this.out.complete = false
    this.out.notes.push(note)
  }

  /** Learns what each producer has in a partition, and tells the checks what they can see in the log alone. */
  async walkTruth(source: RunSource): Promise<void> {
    const { number: topic, partition, beginOffset, endOffset } = source.head
    const place = { index: new TruthIndex(source, this.cache), isWhole: false, hasUncounted: false }
    this.places.set(placeKey(topic, partition), place)
    let next = beginOffset
    for await (const { at, runs } of source.frames()) {
      let first = -1
      for (let i = 0; i < runs.length; i += TRUTH_RUN_BYTES) {
        const run = decodeTruthRun(runs, i)
        if (!run || run.n === 0 || run.offset0 < next) {
          this.miss(`${source.name}: a run at offset ${run?.offset0} cannot stand behind offset ${next}`)
          continue
        }
        if (first < 0) first = run.offset0
        this.left.holes += run.offset0 - next
        next = run.offset0 + run.n
        this.onTruth(run, { topic, partition }, place)
      }
      place.index.addFrame(at, first, next)
    }
    place.isWhole = source.isWhole()
    if (!place.isWhole) this.miss(`${source.name} ends at offset ${next} of ${endOffset}: it was not read to its end`)
  }

  private onTruth(run: TruthRun, { topic, partition }: Place, place: TruthPlace): void {
    this.out.truth[run.state] = (this.out.truth[run.state] ?? 0) + run.n
    const newerEpoch = this.transactions.add(run, topic, partition)
    if (newerEpoch !== undefined)
      for (const check of this.checks) check.onEpoch?.({ topic, partition, run, newerEpoch }, check.report)
    if (isUnplaced(run)) this.unplaced.add(topic)
    else if (run.state === 'stored') {
      const { stored } = this.lanes.of(topic, partition, run.producer)
      stored.add(run.seq0, run.n, (part, seq, n) => {
        const fact = { topic, partition, run, part, seq, n, offset: run.offset0 + seq - run.seq0 }
        for (const check of this.checks) check.onStored?.(fact, check.report)
      })
    } else if (run.state === 'aborted' || run.state === 'pending')
      this.lanes.of(topic, partition, run.producer)[run.state].add(run.seq0, run.n, () => undefined)
    if (run.state === 'uncounted') place.hasUncounted = true
    if (run.state !== 'stored')
      for (const check of this.checks) check.onOther?.(run, { topic, partition }, check.report)
  }

  /** Goes once more through topics with records that name no partition, which may stand in any. */
  async walkUnplaced(): Promise<void> {
    const { topics, truths } = this.history
    for (const topic of topics) {
      const sources = truths.filter(({ head }) => head.number === topic.number)
      const places = sources.flatMap(({ head }) => this.places.get(placeKey(head.number, head.partition)) ?? [])
      const anywhere = anyPlaceOf(topic, places)
      if (anywhere) this.places.set(placeKey(topic.number, UNPLACED), anywhere)
      if (!this.unplaced.has(topic.number)) continue
      await walkUnplaced(sources, this.lanes, fact => {
        for (const check of this.checks) check.onStored?.(fact, check.report)
      })
    }
  }

  /** Holds every outcome against what the truth has. */
  async walkLedgers(sources: readonly RunSource[]): Promise<void> {
    for await (const { source, runs } of framesByTime(sources, ended => this.endLedger(ended)))
      await this.walkLedgerFrame(source, runs)
  }

  private async walkLedgerFrame({ name }: RunSource, runs: Buffer): Promise<void> {
    for (let i = 0; i < runs.length; i += LEDGER_RUN_BYTES) {
      const run = decodeLedgerRun(runs, i)
      if (!run || run.n === 0) {
        this.miss(`${name}: a run is not readable`)
        continue
      }
      // An offset means nothing beside a partition that is not known.
      if (run.partition === UNPLACED) run.offset0 = -1
      await this.onTold(run)
    }
  }

  private endLedger(source: RunSource): void {
    const { number: producer } = source.head
    this.wholeLedgers.set(producer, source.isWhole() && this.wholeLedgers.get(producer) !== false)
    if (!source.isWhole())
      this.out.notes.push(`${source.name} has no end: its worker was cut off, and so are its last outcomes`)
  }

  private async onTold(run: LedgerRun): Promise<void> {
    this.out.told[run.state] += run.n
    const place = this.places.get(placeKey(run.topic, run.partition))
    const lane = this.lanes.of(run.topic, run.partition, run.producer)
    // What was transformed twice was told twice, and what may have been once more.
    const isInDoubt = run.state === 'unknown' && this.transformed.has(run.producer)
    ;(isInDoubt ? lane.doubted : lane.told).add(run.seq0, run.n, (part, _, n) => {
      if (part === 'repeated' && !this.transformed.has(run.producer)) this.left.toldTwice += n
    })
    if (!place?.isWhole) {
      this.left.unchecked += run.n
      return
    }
    if (place.hasUncounted && lane.stored.end === 0) return this.onCounted(run, place)
    if (run.state === 'acked' && run.offset0 >= 0) await this.matchOffsets(run, lane, place)
    lane.stored.split(run.seq0, run.n, (isStored, seq, n) => {
      if (isStored) this.tell(run, 'stored', seq, n)
      else this.onAbsent(run, lane, seq, n, place)
    })
  }

  /** Not among stored records: hidden by a transaction, removed by retention or compaction, or not there. */
  private onAbsent(run: LedgerRun, lane: Lane, seq0: number, count: number, place: TruthPlace): void {
    lane.aborted.split(seq0, count, (isAborted, seq, n) => {
      if (isAborted) return this.tell(run, 'aborted', seq, n)
      lane.pending.split(seq, n, (isPending, from, length) => {
        if (isPending) return this.tell(run, 'pending', from, length)
        const expired = this.expiredOf(run, from, length, place)
        if (expired > 0) this.out.expired += expired
        if (expired === length) return
        if (this.compacted.has(run.topic)) this.left.compactedAway += length - expired
        else if (place.hasRemoved && run.state === 'acked') this.left.maybeRemoved += length
        else this.tell(run, 'absent', from + expired, length - expired)
      })
    })
  }

  /** How many records at the head of a part lay before the first offset that could still be read. */
  private expiredOf(run: LedgerRun, seq: number, n: number, { index }: TruthPlace): number {
    if (run.state !== 'acked' || run.offset0 < 0) return 0
    const offset = run.offset0 + seq - run.seq0
    return Math.max(0, Math.min(n, index.source.head.beginOffset - offset))
  }

  private tell(run: LedgerRun, where: 'stored' | 'aborted' | 'pending' | 'absent', seq: number, n: number): void {
    const offset = run.offset0 < 0 ? -1 : run.offset0 + seq - run.seq0
    const isBelowMinIsr = this.isBelowMinIsr(run)
    const partition = shown(run.partition)
    const fact = { topic: run.topic, partition, run, where, seq, n, offset, isBelowMinIsr }
    if (run.state === 'unknown' && where === 'stored') this.out.unknownWritten += n
    if (run.state === 'unknown' && where === 'absent') this.out.unknownNotWritten += n
    if (run.state === 'sentNoAck' && where === 'absent') this.out.sentNoAckNotWritten += n
    if (run.state === 'acked' && where === 'absent') this.rpo.add(toldSighting(fact), (run.bytes * n) / run.n)
    for (const check of this.checks) check.onTold?.(fact, check.report)
  }

  private isBelowMinIsr({ topic, partition, producer, offeredUs, lastSettledUs }: LedgerRun): boolean {
    const { belowMinIsr = [], acksAll } = this.history
    if (belowMinIsr.length === 0 || acksAll?.(producer) === false) return false
    return belowMinIsr.some(
      time =>
        time.topic === topic && time.partition === partition && time.fromUs <= offeredUs && lastSettledUs <= time.toUs,
    )
  }

  /** Compares what stands at the offsets of an acknowledgement with the records it was given for. */
  private async matchOffsets(run: LedgerRun, lane: Lane, { index }: TruthPlace): Promise<void> {
    const end = run.offset0 + run.n
    let at = Math.max(run.offset0, index.source.head.beginOffset)
    while (at < end) {
      if (!index.holds(at)) await index.load(at)
      const here = index.at(at)
      const seq = run.seq0 + at - run.offset0
      const n = here ? Math.min(end, here.offset0 + here.n) - at : 1
      const isHere =
        here !== undefined &&
        here.producer === run.producer &&
        here.seq0 + at - here.offset0 === seq &&
        ['stored', 'aborted', 'pending'].includes(here.state)
      if (!isHere) this.onClash(run, lane, seq, n, at, here)
      at += n
    }
  }

  /** A record that is nowhere at an offset where nothing stands is lost, which another check tells. */
  private onClash(
    run: LedgerRun,
    lane: Lane,
    seq0: number,
    count: number,
    offset0: number,
    here: TruthRun | undefined,
  ): void {
    if (this.compacted.has(run.topic) && !here) return
    lane.stored.split(seq0, count, (isStored, seq, n) => {
      if (!here && !isStored) return
      const fact = { topic: run.topic, partition: run.partition, run, seq, n, offset: offset0 + seq - seq0, here }
      for (const check of this.checks) check.onClash?.(fact, check.report)
    })
  }

  /** Without envelopes only the offsets of acknowledgements can be looked up. */
  private async onCounted(run: LedgerRun, { index }: TruthPlace): Promise<void> {
    this.left.uncounted += run.n
    if (run.state !== 'acked' || run.offset0 < 0) return
    for (let at = run.offset0; at < run.offset0 + run.n; at++) {
      if (!index.holds(at)) await index.load(at)
      const here = index.at(at)
      if (here) at = here.offset0 + here.n - 1
      else if (at < index.source.head.beginOffset) this.out.expired++
      else if (this.compacted.has(run.topic)) this.left.compactedAway++
      else this.tell(run, 'absent', run.seq0 + at - run.offset0, 1)
    }
  }

  /** Follows the members of a group, where the truth of all they read is whole. */
  async walkGroup(group: GroupHistory): Promise<void> {
    const walk = new GroupWalk(group, this.checks, (topic, partition) => {
      const place = this.places.get(placeKey(topic, partition))
      return place?.isWhole ? place.index : undefined
    })
    const partitionsOf = (topic: number) => this.history.topics.find(one => one.number === topic)?.partitions ?? 0
    this.out.notes.push(...(await walk.walk(partitionsOf)))
  }

  /** Looks for stored records that no ledger told of, and for transactions with two ends. */
  compareTold(): void {
    this.transactions.forEachTorn(fact => {
      for (const check of this.checks) check.onTorn?.(fact, check.report)
    })
    this.lanes.forEach((lane, topic, partition, producer) => {
      lane.stored.forEachRange((from, count) =>
        lane.told.split(from, count, (isTold, seq, n) => {
          if (isTold) return
          lane.doubted.split(seq, n, (isDoubted, from, length) => {
            if (isDoubted) return
            if (this.isCutOff(producer)) this.left.unaccounted += length
            else
              for (const check of this.checks)
                check.onUntold?.({ topic, partition: shown(partition), producer, seq: from, n: length }, check.report)
          })
        }),
      )
    })
  }

  /** Whether somebody who wrote under a number was cut off before everything was told. */
  private isCutOff(producer: number): boolean {
    if (!this.transformed.has(producer)) return this.wholeLedgers.get(producer) === false
    return [...this.wholeLedgers].some(([number, isWhole]) => this.transformed.has(number) && !isWhole)
  }

  /** Looks for input of transforming groups that their targets show nothing of. */
  compareTransforms(): Promise<void> {
    const placeOf = (topic: number, partition: number) => this.places.get(placeKey(topic, partition))
    return findUntransformed(this.history, this.lanes, placeOf, fact => {
      for (const check of this.checks) check.onUntransformed?.(fact, check.report)
    })
  }

  result(): Verification {
    for (const miss of this.left.misses()) this.miss(miss)
    this.out.notes.push(...this.left.notes(this.out.expired))
    const { groups = [] } = this.history
    const found = { findings: this.findings.list(), rpo: this.rpo.result() }
    return { ...this.out, ...this.transactions.counts(), groups: groups.length, ...found }
  }
}

/** -1 where the partition is not known. */
const shown = (partition: number): number => (partition === UNPLACED ? -1 : partition)

const placeKey = (topic: number, partition: number): number => topic * 0x1_0000_0000 + partition
