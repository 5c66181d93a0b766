// Goes through all ledgers side by side, by the time at which outcomes were known, so that each frame of the truth is read once.
import { LEDGER_RUN_BYTES } from '../recording/ledger-run.ts'
import { getUint64 } from '../recording/runs.ts'
import type { RunSource } from './history.ts'

/** Frames by their first outcome; each ledger's own order is kept, and `onEnd` hears when one is through. */
export async function* framesByTime(
  sources: readonly RunSource[],
  onEnd: (source: RunSource) => void,
): AsyncGenerator<{ source: RunSource; runs: Buffer }> {
  const heads: { source: RunSource; frames: AsyncIterator<{ runs: Buffer }>; runs: Buffer }[] = []
  for (const source of sources) {
    const frames = source.frames()[Symbol.asyncIterator]()
    const { value, done } = await frames.next()
    if (done) onEnd(source)
    else heads.push({ source, frames, runs: value.runs })
  }
  while (heads.length > 0) {
    const first = heads.reduce((least, head) => (settledAt(head.runs) < settledAt(least.runs) ? head : least))
    yield { source: first.source, runs: first.runs }
    const { value, done } = await first.frames.next()
    if (!done) first.runs = value.runs
    else {
      heads.splice(heads.indexOf(first), 1)
      onEnd(first.source)
    }
  }
}

/** When the first outcome of a frame was known. */
const settledAt = (runs: Buffer): number => (runs.length >= LEDGER_RUN_BYTES ? getUint64(runs, 56) : 0)
