// Writes what one member of a consumer group did, as runs: offsets that go on without a break are one, and so are the commits behind them.
import { encodeGroupRun, type GroupRun, NO_PRODUCER } from './group-run.ts'
import { RunWriter } from './run-writer.ts'

/** Longest time that one run of processed offsets may tell of, so that times stay close to the truth. */
const MAX_RUN_SPAN_US = 100_000
const MAX_RUN_RECORDS = 0xffff_ffff
/** Runs that wait to be put in order; more are written at once. */
const MAX_WAITING = 1024
const TWO_POW_32 = 0x1_0000_0000

const keyOf = (topic: number, partition: number): number => topic * TWO_POW_32 + partition

type Place = { topic: number; partition: number }
/** What may still grow: a run of processed offsets, and the highest commit that lies within it. */
type Open = { run: GroupRun | undefined; commit: GroupRun | undefined; isOwned: boolean }

export type GroupLogSpec = {
  path: string
  envelopeRun: number
  member: number
  /** The group's place among the trial's readers. */
  group: number
}

export class GroupLog {
  private readonly spec: GroupLogSpec
  private readonly writer: RunWriter
  private readonly places = new Map<number, Open>()
  private lastKey = -1
  private last: Open = { run: undefined, commit: undefined, isOwned: false }
  private waiting: GroupRun[] = []

  constructor(spec: GroupLogSpec) {
    this.spec = spec
    const head = { envelopeRun: spec.envelopeRun, number: spec.member, partition: spec.group }
    this.writer = new RunWriter(spec.path, 'group', { ...head, beginOffset: 0, endOffset: 0 }, () => this.settle())
  }

  /** Takes one offset that was handed to the handler; NO_PRODUCER where its envelope could not be read. */
  processed(topic: number, partition: number, offset: number, producer: number, seq: number, atUs: number): void {
    const open = this.openOf(topic, partition)
    const { run } = open
    if (
      run !== undefined &&
      offset === run.offset + run.n &&
      producer === run.producer &&
      (producer === NO_PRODUCER || seq === run.seq0 + run.n) &&
      atUs - run.atUs <= MAX_RUN_SPAN_US &&
      run.n < MAX_RUN_RECORDS
    ) {
      run.n++
      return
    }
    this.cut(open)
    open.run = { ...this.empty(topic, partition, atUs), kind: 'processed', offset, n: 1, producer, seq0: seq }
    this.writer.wake()
  }

  /** Takes the whole of what the member owns now; what it had and has no longer was taken from it. */
  owns(partitions: readonly Place[], atUs: number): void {
    const now = new Set(partitions.map(({ topic, partition }) => keyOf(topic, partition)))
    for (const [key, { isOwned }] of this.places) if (isOwned && !now.has(key)) this.change(key, 'revoked', atUs)
    for (const key of now) if (!this.at(key).isOwned) this.change(key, 'assigned', atUs)
  }

  /** Takes partitions that are the member's no longer; without any, all it had. */
  revoked(partitions: readonly Place[] | undefined, atUs: number): void {
    const keys = partitions?.map(({ topic, partition }) => keyOf(topic, partition)) ?? this.places.keys()
    for (const key of keys) if (this.places.get(key)?.isOwned) this.change(key, 'revoked', atUs)
  }

  /** Takes a commit with the time at which it was asked for; `offset` is the next one to read. */
  committed({ topic, partition }: Place, offset: number, atUs: number, isDone: boolean): void {
    const open = this.openOf(topic, partition)
    const { run, commit } = open
    const row: GroupRun = { ...this.empty(topic, partition, atUs), kind: isDone ? 'committed' : 'refused', offset }
    const isWithin = run !== undefined && offset > run.offset && offset <= run.offset + run.n && atUs >= run.atUs
    if (isDone && isWithin && (commit === undefined || commit.offset <= offset)) {
      open.commit = row
      return
    }
    this.cut(open)
    this.add(row)
  }

  /** Writes what is left and the end mark: from now on the history is whole. */
  close(): Promise<void> {
    return this.writer.close()
  }

  private change(key: number, kind: 'assigned' | 'revoked', atUs: number): void {
    const open = this.at(key)
    this.cut(open)
    open.isOwned = kind === 'assigned'
    this.add({ ...this.empty(Math.floor(key / TWO_POW_32), key % TWO_POW_32, atUs), kind })
  }

  private empty(topic: number, partition: number, atUs: number): GroupRun {
    const { member } = this.spec
    return {
      ...{ topic, member, partition, offset: 0, n: 0, kind: 'processed', producer: NO_PRODUCER, generation: -1 },
      ...{ atUs: Math.round(atUs), seq0: 0 },
    }
  }

  private openOf(topic: number, partition: number): Open {
    const key = keyOf(topic, partition)
    if (key === this.lastKey) return this.last
    this.last = this.at(key)
    this.lastKey = key
    return this.last
  }

  private at(key: number): Open {
    const known = this.places.get(key)
    if (known) return known
    const made: Open = { run: undefined, commit: undefined, isOwned: false }
    this.places.set(key, made)
    return made
  }

  /** Ends what may still grow: processed first, then the commit that lies within. */
  private cut(open: Open): void {
    const { run, commit } = open
    open.run = undefined
    open.commit = undefined
    if (run) this.add(run)
    if (commit) this.add(commit)
  }

  private add(run: GroupRun): void {
    this.waiting.push(run)
    if (this.waiting.length >= MAX_WAITING) this.settle()
    else this.writer.wake()
  }

  /** Hands over everything in the order of time, which runs of different partitions have not while they grow. */
  private settle(): void {
    for (const open of this.places.values()) {
      const { run, commit } = open
      open.run = undefined
      open.commit = undefined
      if (run) this.waiting.push(run)
      if (commit) this.waiting.push(commit)
    }
    const runs = this.waiting.sort((a, b) => a.atUs - b.atUs)
    this.waiting = []
    for (const run of runs) this.writer.place((into, at) => encodeGroupRun(run, into, at))
  }
}
