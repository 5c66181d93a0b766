// One run of a group member's history: offsets it processed, was given, gave up or committed, in the order in which it did.
//
//   topic u16, member u16, partition u32, offset u64, n u32, kind u8, reserved u8, producer u16 (65535: not told), generation i32,
//   reserved u32, at_us u64, seq0 u64
import { getUint64, putUint64 } from './runs.ts'

/**
 * processed: n offsets from `offset`; assigned, revoked: the partition; committed: `offset` is the next one to read, and the time
 * that at which it was asked for where the client tells; refused: a commit that failed, or whose answer never came.
 */
export const GROUP_KINDS = ['processed', 'assigned', 'revoked', 'committed', 'refused'] as const
export type GroupKind = (typeof GROUP_KINDS)[number]

export const GROUP_RUN_BYTES = 48
/** Stands for a producer where the member did not look into envelopes. */
export const NO_PRODUCER = 0xffff

export type GroupRun = {
  topic: number
  member: number
  partition: number
  offset: number
  n: number
  kind: GroupKind
  producer: number
  /** -1 where the client does not tell. */
  generation: number
  atUs: number
  seq0: number
}

/** Writes a run; its 48 bytes must lie in the buffer. */
export function encodeGroupRun(run: GroupRun, into: Buffer, at: number): void {
  into.writeUInt16BE(run.topic, at)
  into.writeUInt16BE(run.member, at + 2)
  into.writeUInt32BE(run.partition, at + 4)
  putUint64(into, run.offset, at + 8)
  into.writeUInt32BE(run.n, at + 16)
  into.writeUInt8(GROUP_KINDS.indexOf(run.kind), at + 20)
  into.writeUInt16BE(run.producer, at + 22)
  into.writeInt32BE(run.generation, at + 24)
  putUint64(into, run.atUs, at + 32)
  putUint64(into, run.seq0, at + 40)
}

/** Reads a run; undefined where its kind is none of ours. */
export function decodeGroupRun(from: Buffer, at: number): GroupRun | undefined {
  const kind = GROUP_KINDS[from.readUInt8(at + 20)]
  if (kind === undefined) return undefined
  return {
    topic: from.readUInt16BE(at),
    member: from.readUInt16BE(at + 2),
    partition: from.readUInt32BE(at + 4),
    offset: getUint64(from, at + 8),
    n: from.readUInt32BE(at + 16),
    kind,
    producer: from.readUInt16BE(at + 22),
    generation: from.readInt32BE(at + 24),
    atUs: getUint64(from, at + 32),
    seq0: getUint64(from, at + 40),
  }
}
