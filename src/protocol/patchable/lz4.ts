// LZ4 blocks from sequences: a token, the literals as they are, and how far back to copy from.
import type { MatchRules, Sequences } from './matches.ts'

/** Frame of independent blocks without checksums, for blocks of up to 64 KiB, as Kafka's own producer writes it. */
export const LZ4_FRAME_HEAD = Buffer.from([0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0x82])
export const LZ4_END_MARK = Buffer.alloc(4)
export const LZ4_BLOCK_BYTES = 64 * 1024
/** In a block's size: its bytes stand there as they are. */
export const LZ4_STORED = 0x8000_0000

/** No copy begins in the last 12 bytes; that none reaches the last 5 follows. */
export const LZ4_RULES: MatchRules = { minLength: 4, tailBytes: 12, maxDistance: 65_535 }

const MOST_IN_TOKEN = 15

/** Writes a block and returns its end; `moved` is told where each run of literals went. */
export function writeLz4Block(into: Buffer, at: number, block: Buffer, found: Sequences, moved: Moved): number {
  let [to, from] = [at, 0]
  for (let i = 0; i < found.count; i++) {
    const [literals, length] = [found.literals[i] as number, (found.lengths[i] as number) - LZ4_RULES.minLength]
    to = writeLiterals(into, to, block, from, literals, Math.min(length, MOST_IN_TOKEN), moved)
    into.writeUInt16LE(found.distances[i] as number, to)
    to += 2
    if (length >= MOST_IN_TOKEN) to = writeRest(into, to, length - MOST_IN_TOKEN)
    from += literals + length + LZ4_RULES.minLength
  }
  return writeLiterals(into, to, block, from, found.tailLiterals, 0, moved)
}

export type Moved = (from: number, to: number, sizeBytes: number) => void

function writeLiterals(
  into: Buffer,
  at: number,
  block: Buffer,
  from: number,
  sizeBytes: number,
  lengthInToken: number,
  moved: Moved,
): number {
  into[at] = (Math.min(sizeBytes, MOST_IN_TOKEN) << 4) | lengthInToken
  const to = sizeBytes >= MOST_IN_TOKEN ? writeRest(into, at + 1, sizeBytes - MOST_IN_TOKEN) : at + 1
  block.copy(into, to, from, from + sizeBytes)
  moved(from, to, sizeBytes)
  return to + sizeBytes
}

/** What does not fit into a token: bytes of 255, and a smaller one at the end. */
function writeRest(into: Buffer, at: number, rest: number): number {
  let [to, left] = [at, rest]
  for (; left >= 255; left -= 255) into[to++] = 255
  into[to++] = left
  return to
}
