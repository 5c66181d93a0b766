// Files of fixed-size records ("runs") in frames with a checksum: written while a trial goes on, and readable up to where a crash tore them.
//
//   head   magic 8 bytes, version u16, run_bytes u16, envelope_run u32, number u16, reserved u16, partition u32,
//          begin_offset u64, end_offset u64, reserved u32, crc32 u32 of the 44 bytes before it
//   frames [n u32, crc32 u32 of what follows, n runs]
//   end    0xffffffff u32, number of all runs modulo 2^32 u32; missing where the writer was cut off
import { crc32 } from 'node:zlib'

export type RunKind = 'ledger' | 'truth' | 'group'

/** What stands in a file's head beside its kind; `number` is a producer's, a topic's or a member's. */
export type RunHead = {
  envelopeRun: number
  number: number
  partition: number
  beginOffset: number
  endOffset: number
}

export const RUN_KINDS: Record<RunKind, { magic: string; runBytes: number }> = {
  ledger: { magic: 'KGLEDGER', runBytes: 72 },
  truth: { magic: 'KGTRUTH1', runBytes: 48 },
  group: { magic: 'KGGROUP1', runBytes: 48 },
}
export const HEAD_BYTES = 48
export const FRAME_HEAD_BYTES = 8
export const END_MARK = 0xffff_ffff
/** Runs of one frame at most. */
export const MAX_FRAME_RUNS = 65_536
const VERSION = 1
const TWO_POW_32 = 4_294_967_296

/** Writes 64 bits of a whole number that is not negative. */
export function putUint64(into: Buffer, value: number, at: number): void {
  into.writeUInt32BE(Math.floor(value / TWO_POW_32), at)
  into.writeUInt32BE(value % TWO_POW_32, at + 4)
}

/** Reads 64 bits; numbers beyond 2^53 come back as the nearest double. */
export function getUint64(from: Buffer, at: number): number {
  return from.readUInt32BE(at) * TWO_POW_32 + from.readUInt32BE(at + 4)
}

/** Writes 64 bits of which all are set for -1. */
export function putOffset(into: Buffer, value: number, at: number): void {
  if (value < 0) into.fill(0xff, at, at + 8)
  else putUint64(into, value, at)
}

/** Reads what `putOffset` wrote. */
export function getOffset(from: Buffer, at: number): number {
  return from.readInt32BE(at) < 0 ? -1 : getUint64(from, at)
}

export function encodeHead(kind: RunKind, head: RunHead): Buffer {
  const bytes = Buffer.alloc(HEAD_BYTES)
  bytes.write(RUN_KINDS[kind].magic, 0, 'latin1')
  bytes.writeUInt16BE(VERSION, 8)
  bytes.writeUInt16BE(RUN_KINDS[kind].runBytes, 10)
  bytes.writeUInt32BE(head.envelopeRun, 12)
  bytes.writeUInt16BE(head.number, 16)
  bytes.writeUInt32BE(head.partition, 20)
  putUint64(bytes, head.beginOffset, 24)
  putUint64(bytes, head.endOffset, 32)
  bytes.writeUInt32BE(crc32(bytes.subarray(0, 44)), 44)
  return bytes
}

/** The head, or why these bytes are none of this kind. */
export function decodeHead(kind: RunKind, bytes: Buffer): RunHead | string {
  if (bytes.length < HEAD_BYTES) return 'is shorter than its head'
  if (bytes.toString('latin1', 0, 8) !== RUN_KINDS[kind].magic) return `does not begin with ${RUN_KINDS[kind].magic}`
  if (crc32(bytes.subarray(0, 44)) !== bytes.readUInt32BE(44)) return 'has a head that does not match its checksum'
  const version = bytes.readUInt16BE(8)
  if (version !== VERSION || bytes.readUInt16BE(10) !== RUN_KINDS[kind].runBytes)
    return `is of version ${version}, only ${VERSION} is read`
  return {
    envelopeRun: bytes.readUInt32BE(12),
    number: bytes.readUInt16BE(16),
    partition: bytes.readUInt32BE(20),
    beginOffset: getUint64(bytes, 24),
    endOffset: getUint64(bytes, 32),
  }
}

/** The head of a frame over these runs. */
export function encodeFrameHead(runs: Buffer, runBytes: number): Buffer {
  const head = Buffer.alloc(FRAME_HEAD_BYTES)
  head.writeUInt32BE(runs.length / runBytes, 0)
  head.writeUInt32BE(crc32(runs), 4)
  return head
}

export function encodeEnd(count: number): Buffer {
  const end = Buffer.alloc(FRAME_HEAD_BYTES)
  end.writeUInt32BE(END_MARK, 0)
  end.writeUInt32BE(count % TWO_POW_32, 4)
  return end
}
