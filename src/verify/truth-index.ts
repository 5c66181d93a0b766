// Finds what stands at an offset of the truth, with a few frames in memory; asked mostly in rising order, it reads each frame once.
import { getUint64 } from '../recording/runs.ts'
import { decodeTruthRun, TRUTH_RUN_BYTES, type TruthRun } from '../recording/truth-run.ts'
import type { RunSource } from './history.ts'

/** Frames kept over all partitions; of 48 KiB each as our own writer makes them. */
const MAX_FRAMES = 512

/** Shared by all partitions: the frames looked at last. */
export class FrameCache {
  private readonly kept = new Map<TruthIndex, true>()

  touch(index: TruthIndex): void {
    this.kept.delete(index)
    this.kept.set(index, true)
    if (this.kept.size <= MAX_FRAMES) return
    const oldest = this.kept.keys().next().value as TruthIndex
    this.kept.delete(oldest)
    oldest.forget()
  }
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

  forget(): void {
    this.runs = undefined
    this.loaded = -1
  }

  /** True where `at` can answer without reading. */
  holds(offset: number): boolean {
    return this.loaded >= 0 && this.frameOf(offset) === this.loaded
  }

  /** Reads the frame that may hold an offset. */
  async load(offset: number): Promise<void> {
    const frame = this.frameOf(offset)
    if (frame < 0) return
    this.runs = await this.source.frameAt(this.frames[frame * 3] as number)
    this.loaded = frame
    this.cache.touch(this)
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
