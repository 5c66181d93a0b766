// Compresses bytes some of which will change: they stay literals, which these codecs store as they are, and so can be written over in the frame.
import {
  LZ4_BLOCK_BYTES,
  LZ4_END_MARK,
  LZ4_FRAME_HEAD,
  LZ4_RULES,
  LZ4_STORED,
  type Moved,
  writeLz4Block,
} from './lz4.ts'
import { findSequences, type Holes, type MatchRules, maskOf, type Sequences } from './matches.ts'
import { writeZstdBlock, ZSTD_BLOCK_BYTES, ZSTD_RULES, zstdFrameHead } from './zstd.ts'

export const PATCHABLE_CODECS = ['lz4', 'zstd'] as const
export type PatchableCodec = (typeof PATCHABLE_CODECS)[number]

/** A frame, and where each hole went in it. */
export type Patchable = { bytes: Buffer; holesAt: Int32Array }

type Format = {
  blockBytes: number
  rules: MatchRules
  head: (sizeBytes: number) => Buffer
  tail: Buffer
  writeBlock: (into: Buffer, at: number, block: Buffer, found: Sequences, moved: Moved) => number
  /** A block's header, and its size. */
  headerBytes: number
  writeHeader: (into: Buffer, at: number, block: { sizeBytes: number; isStored: boolean; isLast: boolean }) => void
}

const FORMATS: Record<PatchableCodec, Format> = {
  lz4: {
    blockBytes: LZ4_BLOCK_BYTES,
    rules: LZ4_RULES,
    head: () => LZ4_FRAME_HEAD,
    tail: LZ4_END_MARK,
    writeBlock: writeLz4Block,
    headerBytes: 4,
    writeHeader: (into, at, { sizeBytes, isStored }) => into.writeUInt32LE(sizeBytes + (isStored ? LZ4_STORED : 0), at),
  },
  zstd: {
    blockBytes: ZSTD_BLOCK_BYTES,
    rules: ZSTD_RULES,
    head: zstdFrameHead,
    tail: Buffer.alloc(0),
    writeBlock: writeZstdBlock,
    headerBytes: 3,
    writeHeader: (into, at, { sizeBytes, isStored, isLast }) =>
      into.writeUIntLE((isLast ? 1 : 0) | (isStored ? 0 : 4) | (sizeBytes << 3), at, 3),
  },
}

/** More than any block can need before it is found to be better stored as it is. */
const SLACK_BYTES = 1024

/** Holes are in order and apart; every one is found again, whole, at its place in the frame. */
export function compressPatchable(codec: PatchableCodec, plain: Buffer, holes: Holes): Patchable {
  const format = FORMATS[codec]
  const mask = maskOf(holes, plain.length)
  const starts = cuts(plain.length, mask, format.blockBytes)
  const head = format.head(plain.length)
  const roomBytes = 2 * plain.length + SLACK_BYTES * (starts.length + 1)
  const into = Buffer.allocUnsafe(roomBytes)
  const holesAt = new Int32Array(holes.at.length)
  let to = head.copy(into, 0)
  let nextHole = 0
  starts.forEach((start, index) => {
    const end = starts[index + 1] ?? plain.length
    const block = plain.subarray(start, end)
    const firstHole = nextHole
    const moved: Moved = (from, at, sizeBytes) => {
      const runEnd = start + from + sizeBytes
      for (; nextHole < holesAt.length && (holes.at[nextHole] as number) < runEnd; nextHole++)
        holesAt[nextHole] = at + (holes.at[nextHole] as number) - start - from
    }
    const bodyAt = to + format.headerBytes
    const found = findSequences(block, mask.subarray(start, end), format.rules)
    let bodyEnd = format.writeBlock(into, bodyAt, block, found, moved)
    const isStored = bodyEnd - bodyAt >= block.length
    if (isStored) {
      nextHole = firstHole
      bodyEnd = bodyAt + block.copy(into, bodyAt)
      moved(0, bodyAt, block.length)
    }
    format.writeHeader(into, to, { sizeBytes: bodyEnd - bodyAt, isStored, isLast: index === starts.length - 1 })
    to = bodyEnd
  })
  to += format.tail.copy(into, to)
  return { bytes: Buffer.from(into.subarray(0, to)), holesAt }
}

/** Where blocks begin: as late as may be, and never within a hole. */
function cuts(sizeBytes: number, mask: Uint8Array, blockBytes: number): number[] {
  const starts = [0]
  for (let at = blockBytes; at < sizeBytes; at += blockBytes) {
    while (mask[at] === 1 && mask[at - 1] === 1) at--
    starts.push(at)
  }
  return starts
}
