// One run of a ledger: records of one producer and partition whose outcome, sequence and offset go on without a break.
//
//   topic u16, producer u16, partition u32, seq0 u64, offset0 i64 (-1: not told), n u32, state u8, flags u8 (bit 0: an attempt
//   before the last may have been stored; bit 1: its transaction number stands), attempts u16, leader i32, leader_epoch i32 (-1: not known),
//   bytes u32, intended_span_us u32, first_intended_us u64, first_settled_us u64, settled_span_us u32, offered_before_us u32
import { getOffset, getUint64, putOffset, putUint64 } from './runs.ts'

/** What became of the records; `failed` are surely not written, `unknown` may be. */
export const LEDGER_STATES = ['acked', 'unknown', 'failed', 'sentNoAck'] as const
export type LedgerState = (typeof LEDGER_STATES)[number]

export const FLAG_AMBIGUOUS = 1
export const LEDGER_RUN_BYTES = 72
const MAX_SPAN_US = 0xffff_ffff
const NOT_KNOWN = -1

export type LedgerRun = {
  topic: number
  producer: number
  partition: number
  seq0: number
  /** -1 where no broker told it. */
  offset0: number
  n: number
  state: LedgerState
  flags: number
  attempts: number
  leader: number
  leaderEpoch: number
  bytes: number
  firstIntendedUs: number
  lastIntendedUs: number
  /** When the first record of the run was handed over for sending. */
  offeredUs: number
  firstSettledUs: number
  lastSettledUs: number
}

const span = (fromUs: number, toUs: number): number => Math.max(0, Math.min(MAX_SPAN_US, toUs - fromUs))

/** Writes a run; its 72 bytes must lie in the buffer. */
export function encodeLedgerRun(run: LedgerRun, into: Buffer, at: number): void {
  into.writeUInt16BE(run.topic, at)
  into.writeUInt16BE(run.producer, at + 2)
  into.writeUInt32BE(run.partition, at + 4)
  putUint64(into, run.seq0, at + 8)
  putOffset(into, run.offset0, at + 16)
  into.writeUInt32BE(run.n, at + 24)
  into.writeUInt8(LEDGER_STATES.indexOf(run.state), at + 28)
  into.writeUInt8(run.flags, at + 29)
  into.writeUInt16BE(Math.min(0xffff, run.attempts), at + 30)
  into.writeInt32BE(run.leader, at + 32)
  into.writeInt32BE(run.leaderEpoch, at + 36)
  into.writeUInt32BE(Math.min(MAX_SPAN_US, run.bytes), at + 40)
  into.writeUInt32BE(span(run.firstIntendedUs, run.lastIntendedUs), at + 44)
  putUint64(into, run.firstIntendedUs, at + 48)
  putUint64(into, run.firstSettledUs, at + 56)
  into.writeUInt32BE(span(run.firstSettledUs, run.lastSettledUs), at + 64)
  into.writeUInt32BE(span(run.offeredUs, run.firstSettledUs), at + 68)
}

/** Reads a run; undefined where its state is none of ours. */
export function decodeLedgerRun(from: Buffer, at: number): LedgerRun | undefined {
  const state = LEDGER_STATES[from.readUInt8(at + 28)]
  if (state === undefined) return undefined
  const firstIntendedUs = getUint64(from, at + 48)
  const firstSettledUs = getUint64(from, at + 56)
  return {
    topic: from.readUInt16BE(at),
    producer: from.readUInt16BE(at + 2),
    partition: from.readUInt32BE(at + 4),
    seq0: getUint64(from, at + 8),
    offset0: getOffset(from, at + 16),
    n: from.readUInt32BE(at + 24),
    state,
    flags: from.readUInt8(at + 29),
    attempts: from.readUInt16BE(at + 30),
    leader: from.readInt32BE(at + 32),
    leaderEpoch: from.readInt32BE(at + 36),
    bytes: from.readUInt32BE(at + 40),
    firstIntendedUs,
    lastIntendedUs: firstIntendedUs + from.readUInt32BE(at + 44),
    offeredUs: firstSettledUs - from.readUInt32BE(at + 68),
    firstSettledUs,
    lastSettledUs: firstSettledUs + from.readUInt32BE(at + 64),
  }
}

/** True where `next` goes on where `run` ends, so that one run can tell of both without saying less. */
export function continues(run: LedgerRun, next: LedgerRun): boolean {
  return (
    next.state === run.state &&
    next.flags === run.flags &&
    next.attempts === run.attempts &&
    next.seq0 === run.seq0 + run.n &&
    next.offset0 === (run.offset0 === NOT_KNOWN ? NOT_KNOWN : run.offset0 + run.n) &&
    next.leader === run.leader &&
    next.leaderEpoch === run.leaderEpoch
  )
}
