// Finds what stands at an offset of the truth, with a bounded number of frames in memory; asked mostly in rising order, it reads each frame once.
import { getUint64 } from '../recording/runs.ts'
import { decodeTruthRun, TRUTH_RUN_BYTES, type TruthRun } from '../recording/truth-run.ts'
import type { RunSource } from './history.ts'

/** Bytes of frames kept over all partitions. */
const MAX_CACHED_BYTES = 24 * 1024 * 1024

/** Shared by all partitions: the frames looked at last. */
export class FrameCache {
  private readonly kept = new Map<string, Buffer>()
  private usedBytes = 0

  get(key: string): Buffer | undefined {
    return this.kept.get(key)
  }

  put(key: string, runs: Buffer): void {
    this.kept.set(key, runs)
    this.usedBytes += runs.length
    for (const [oldest, bytes] of this.kept) {
      if (this.usedBytes <= MAX_CACHED_BYTES || oldest === key) return
      this.kept.delete(oldest)
      this.usedBytes -= bytes.length
    }
  }
}

/** What was read of a partition. */
export type TruthPlace = {
  index: TruthIndex
  isWhole: boolean
  hasUncounted: boolean
  /** Records of the trial were gone before the read, and which ones cannot be told without their offsets. */
  hasRemoved?: boolean
}

export class TruthIndex {
  readonly source: RunSource
  private readonly cache: FrameCache
  /** Position, first offset and end offset of each frame, one after another. */
  private readonly frames: number[] = []
  private loaded = -1
  private runs: Buffer | undefined

  constructor(source: RunSource, cache: FrameCache) {
    this.source = source
    this.cache = cache
  }

  /** Takes note of a frame, in order. */
  addFrame(at: number, firstOffset: number, endOffset: number): void {
    this.frames.push(at, firstOffset, endOffset)
  }

  /** True where `at` can answer without reading. */
  holds(offset: number): boolean {
    const frame = this.frameOf(offset)
    if (frame < 0) return false
    if (frame === this.loaded) return true
    const cached = this.cache.get(this.keyOf(frame))
    if (!cached) return false
    this.runs = cached
    this.loaded = frame
    return true
  }

  /** Reads the frame that may hold an offset. */
  async load(offset: number): Promise<void> {
    const frame = this.frameOf(offset)
    if (frame < 0) return
    this.runs = await this.source.frameAt(this.frames[frame * 3] as number)
    this.loaded = frame
    this.cache.put(this.keyOf(frame), this.runs)
  }

  /** The run that covers an offset; undefined where nothing stands there. */
  at(offset: number): TruthRun | undefined {
    const { runs } = this
    if (!runs || this.frameOf(offset) !== this.loaded) return undefined
    let low = 0
    let high = runs.length / TRUTH_RUN_BYTES
    while (low < high) {
      const middle = (low + high) >> 1
      if (getUint64(runs, middle * TRUTH_RUN_BYTES + 8) <= offset) low = middle + 1
      else high = middle
    }
    if (low === 0) return undefined
    const run = decodeTruthRun(runs, (low - 1) * TRUTH_RUN_BYTES)
    return run && offset < run.offset0 + run.n ? run : undefined
  }

  /** Walks a range in order: what stands in each part of it, or that nothing does. */
  async scan(
    from: number,
    n: number,
    visit: (here: TruthRun | undefined, offset: number, n: number) => void,
  ): Promise<void> {
    const end = from + n
    for (let at = from; at < end; ) {
      if (!this.holds(at)) await this.load(at)
      const here = this.at(at)
      const until = Math.min(end, here ? here.offset0 + here.n : this.nextFrom(at))
      visit(here, at, until - at)
      at = until
    }
  }

  /** The first offset behind a hole; without end where nothing follows. */
  private nextFrom(offset: number): number {
    const { runs } = this
    if (runs && this.frameOf(offset) === this.loaded)
      for (let at = 0; at < runs.length; at += TRUTH_RUN_BYTES)
        if (getUint64(runs, at + 8) > offset) return getUint64(runs, at + 8)
    for (let frame = 0; frame < this.frames.length; frame += 3)
      if ((this.frames[frame + 1] as number) > offset) return this.frames[frame + 1] as number
    return Number.POSITIVE_INFINITY
  }

  private keyOf(frame: number): string {
    return `${this.source.name}:${frame}`
  }

  /** Number of the frame that covers an offset, or -1. */
  private frameOf(offset: number): number {
    const { frames, loaded } = this
    if (loaded >= 0 && isWithin(frames, loaded, offset)) return loaded
    let low = 0
    let high = frames.length / 3
    while (low < high) {
      const middle = (low + high) >> 1
      if ((frames[middle * 3 + 2] as number) <= offset) low = middle + 1
      else high = middle
    }
    return low * 3 < frames.length && isWithin(frames, low, offset) ? low : -1
  }
}

function isWithin(frames: readonly number[], frame: number, offset: number): boolean {
  return offset >= (frames[frame * 3 + 1] as number) && offset < (frames[frame * 3 + 2] as number)
}
