// Cuts the ends off a stopped node's logs, as a loss of power does with what was not yet on disk; never below a trial's first record.

/** A partition, and the first offset that may be lost. */
export type LogPlace = { topic: string; partition: number; begin: number }
export type TailCut = { topic: string; partition: number; bytes: number }

/** The files below the log directory of a node that does not run; paths are relative to it. */
export type LogFiles = {
  /** Names and sizes in a partition's directory; none where the node has no such partition. */
  list(directory: string): Promise<{ name: string; sizeBytes: number }[]>
  head(path: string, bytes: number): Promise<Buffer>
  truncate(path: string, sizeBytes: number): Promise<void>
}

/** What stands before a trial's first record are a few records of the readiness probe. */
const HEAD_BYTES = 16 * 1024
/** Base offset and length, before what the length counts. */
const BATCH_HEAD_BYTES = 12

/** Cuts every partition's newest segment; tells how much of each. */
export async function cutTails(files: LogFiles, places: readonly LogPlace[], cutBytes: number): Promise<TailCut[]> {
  const cuts: TailCut[] = []
  for (const { topic, partition, begin } of places) {
    const directory = `${topic}-${partition}`
    const newest = newestSegment(await files.list(directory))
    if (!newest) continue
    const path = `${directory}/${newest.name}`
    const base = Number(newest.name.slice(0, -SUFFIX.length))
    const floor = base >= begin ? 0 : positionOf(await files.head(path, HEAD_BYTES), begin)
    if (floor === undefined) throw new Error(`the first record of ${topic}/${partition} was not found in ${path}`)
    const leftBytes = Math.min(newest.sizeBytes, Math.max(floor, newest.sizeBytes - cutBytes))
    if (leftBytes < newest.sizeBytes) await files.truncate(path, leftBytes)
    cuts.push({ topic, partition, bytes: newest.sizeBytes - leftBytes })
  }
  return cuts
}

const SUFFIX = '.log'

/** Names are base offsets with leading zeros, so they sort as numbers. */
function newestSegment(found: readonly { name: string; sizeBytes: number }[]) {
  return found
    .filter(({ name }) => /^\d{20}\.log$/.test(name))
    .sort((a, b) => a.name.localeCompare(b.name))
    .at(-1)
}

/** Where the batch with this offset begins, or the end of what is there; undefined where it lies beyond what was read. */
export function positionOf(head: Buffer, offset: number): number | undefined {
  let at = 0
  while (at + BATCH_HEAD_BYTES <= head.length) {
    if (Number(head.readBigInt64BE(at)) >= offset) return at
    at += BATCH_HEAD_BYTES + head.readInt32BE(at + 8)
  }
  return at <= head.length && head.length < HEAD_BYTES ? at : undefined
}
