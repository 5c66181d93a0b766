// One run of a truth file: offsets of one partition that were found in the same state, with sequences that go on without a break.
//
//   seq0 u64, offset0 u64, n u32, producer u16, state u8, detail u8, leader_epoch i32, producer_epoch i16, reserved u16,
//   producer_id i64 (-1: none), transaction u32, reserved u32
import { getOffset, getUint64, putOffset, putUint64 } from './runs.ts'

/**
 * stored: a record of this trial, visible to every reader. aborted: of a transaction that was aborted. pending: of one that is still open.
 * marker: a transaction's end (detail 0: abort, 1: commit, 2: another control record). foreign: a record without this trial's envelope.
 * corrupt: one whose bytes or place cannot be right. uncounted: a record of a trial that writes no envelopes.
 */
export const TRUTH_STATES = ['stored', 'aborted', 'pending', 'marker', 'foreign', 'corrupt', 'uncounted'] as const
export type TruthState = (typeof TRUTH_STATES)[number]

/** Why a record is foreign or corrupt, by its detail. */
export const TRUTH_DETAILS = [
  'none',
  'no envelope',
  'another run',
  'batch checksum',
  'envelope checksum',
  'another topic or partition',
  'undecodable batch',
  'a sequence that no writer can have reached',
] as const

/** Detail of stored, aborted and pending records whose envelope names no partition: their sequence runs over all partitions of the topic. */
export const DETAIL_UNPLACED = 1

export const TRUTH_RUN_BYTES = 48

export type TruthRun = {
  seq0: number
  offset0: number
  n: number
  producer: number
  state: TruthState
  detail: number
  leaderEpoch: number
  producerEpoch: number
  producerId: number
  /** The producer's number of the transaction, 0 without one. */
  transaction: number
}

/** True for records whose client chose the partition. */
export const isUnplaced = ({ state, detail }: TruthRun): boolean =>
  detail === DETAIL_UNPLACED && (state === 'stored' || state === 'aborted' || state === 'pending')

/** Writes a run; its 48 bytes must lie in the buffer. */
export function encodeTruthRun(run: TruthRun, into: Buffer, at: number): void {
  putUint64(into, run.seq0, at)
  putUint64(into, run.offset0, at + 8)
  into.writeUInt32BE(run.n, at + 16)
  into.writeUInt16BE(run.producer, at + 20)
  into.writeUInt8(TRUTH_STATES.indexOf(run.state), at + 22)
  into.writeUInt8(run.detail, at + 23)
  into.writeInt32BE(run.leaderEpoch, at + 24)
  into.writeInt16BE(run.producerEpoch, at + 28)
  putOffset(into, run.producerId, at + 32)
  into.writeUInt32BE(run.transaction, at + 40)
}

/** Reads a run; undefined where its state is none of ours. */
export function decodeTruthRun(from: Buffer, at: number): TruthRun | undefined {
  const state = TRUTH_STATES[from.readUInt8(at + 22)]
  if (state === undefined) return undefined
  return {
    seq0: getUint64(from, at),
    offset0: getUint64(from, at + 8),
    n: from.readUInt32BE(at + 16),
    producer: from.readUInt16BE(at + 20),
    state,
    detail: from.readUInt8(at + 23),
    leaderEpoch: from.readInt32BE(at + 24),
    producerEpoch: from.readInt16BE(at + 28),
    producerId: getOffset(from, at + 32),
    transaction: from.readUInt32BE(at + 40),
  }
}
