// Records whose client chose the partition: their sequence runs over all partitions of a topic, which are walked side by side so that a clean history opens next to no gaps.
import { UNPLACED } from '../record/envelope.ts'
import { decodeTruthRun, isUnplaced, TRUTH_RUN_BYTES, type TruthRun } from '../recording/truth-run.ts'
import type { StoredFact } from './check.ts'
import type { RunSource, TopicFacts } from './history.ts'
import type { Lanes } from './lanes.ts'
import type { TruthPlace } from './truth-index.ts'

/** Puts the unplaced records of one topic into their lanes, and tells of each stored one whether it is new, late in its partition, or met before. */
export async function walkUnplaced(
  sources: readonly RunSource[],
  lanes: Lanes,
  onStored: (fact: StoredFact) => void,
): Promise<void> {
  const heads: Head[] = []
  for (const source of sources) {
    const head = new Head(source)
    if (await head.advance()) heads.push(head)
  }
  for (let at = 0; heads.length > 0; ) {
    at = nearest(heads, at, lanes)
    const head = heads[at] as Head
    head.take(lanes, onStored)
    if (!(await head.advance())) heads.splice(at, 1)
  }
}

/** All partitions of a topic as the one place in which an unplaced record may stand; undefined where none was read. */
export function anyPlaceOf(topic: TopicFacts, places: readonly TruthPlace[]): TruthPlace | undefined {
  const [first] = places
  if (!first) return undefined
  return {
    index: first.index,
    isWhole: places.length === topic.partitions && places.every(place => place.isWhole),
    hasUncounted: places.some(place => place.hasUncounted),
    hasRemoved: places.some(
      ({ index: { source } }) => source.head.beginOffset > (topic.beginOffsets?.[source.head.partition] ?? 0),
    ),
  }
}

/** The head that opens no gap in its sequence, the present one first; without any, the one that opens the smallest. */
function nearest(heads: readonly Head[], present: number, lanes: Lanes): number {
  let least = Number.POSITIVE_INFINITY
  let best = 0
  for (let i = 0; i < heads.length; i++) {
    const at = (present + i) % heads.length
    const gap = (heads[at] as Head).gap(lanes)
    if (gap <= 0) return at
    if (gap < least) {
      least = gap
      best = at
    }
  }
  return best
}

/** How far one partition was walked. */
class Head {
  private readonly source: RunSource
  private readonly frames: AsyncIterator<{ runs: Buffer }>
  private runs: Buffer | undefined
  private at = 0
  private nextOffset: number
  private run: TruthRun | undefined
  /** Of each producer: one beyond its highest sequence that stands here. */
  private readonly ends = new Map<number, number>()

  constructor(source: RunSource) {
    this.source = source
    this.frames = source.frames()[Symbol.asyncIterator]()
    this.nextOffset = source.head.beginOffset
  }

  /** Goes to the next unplaced run; false at the end. */
  async advance(): Promise<boolean> {
    for (;;) {
      if (this.runs && this.find(this.runs)) return true
      const { value, done } = await this.frames.next()
      if (done) return false
      this.runs = value.runs
      this.at = 0
    }
  }

  gap(lanes: Lanes): number {
    const { run } = this
    return run ? run.seq0 - this.lane(lanes, run).end : 0
  }

  take(lanes: Lanes, onStored: (fact: StoredFact) => void): void {
    const { run } = this
    if (!run) return
    const { number: topic, partition } = this.source.head
    const end = this.ends.get(run.producer) ?? 0
    const isStored = run.state === 'stored'
    this.lane(lanes, run).add(run.seq0, run.n, (part, seq, n) => {
      if (!isStored) return
      const tell = (as: StoredFact['part'], from: number, count: number): void => {
        if (count > 0)
          onStored({ topic, partition, run, part: as, seq: from, n: count, offset: run.offset0 + from - run.seq0 })
      }
      if (part === 'repeated') return tell(part, seq, n)
      // Order is promised within a partition only, so that what another one holds makes nothing late.
      const late = Math.min(n, Math.max(0, end - seq))
      tell('late', seq, late)
      tell('new', seq + late, n - late)
    })
    if (isStored) this.ends.set(run.producer, Math.max(end, run.seq0 + run.n))
  }

  private lane(lanes: Lanes, run: TruthRun) {
    const lane = lanes.of(this.source.head.number, UNPLACED, run.producer)
    return run.state === 'aborted' ? lane.aborted : run.state === 'pending' ? lane.pending : lane.stored
  }

  /** Runs that cannot stand where they do were told of when the partition was walked for itself. */
  private find(runs: Buffer): boolean {
    for (; this.at < runs.length; this.at += TRUTH_RUN_BYTES) {
      const run = decodeTruthRun(runs, this.at)
      if (!run || run.n === 0 || run.offset0 < this.nextOffset) continue
      this.nextOffset = run.offset0 + run.n
      if (!isUnplaced(run)) continue
      this.run = run
      this.at += TRUTH_RUN_BYTES
      return true
    }
    return false
  }
}
