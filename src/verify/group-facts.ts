// What the checks of consumer groups are told: what a member read, where it jumped, what it committed, and what nobody read.
import type { GroupRun } from '../recording/group-run.ts'
import type { TruthRun } from '../recording/truth-run.ts'

export type GroupPlace = { topic: number; partition: number; group: number }

/** Processed offsets; `here` is what the truth has there now, undefined where it has nothing. */
export type ReadFact = GroupPlace & {
  run: GroupRun
  offset: number
  n: number
  here: TruthRun | undefined
  /** The record at `offset` is not the one that was read. */
  isOther: boolean
  /** The group asked for isolation.level read_committed. */
  readsCommitted: boolean
}

/** Offsets that the group had processed before; by somebody who is not the owner, where another one was given the partition since. */
export type AgainFact = GroupPlace & {
  run: GroupRun
  offset: number
  n: number
  isCommitted: boolean
  isOwner: boolean
}

/** Where a member went on elsewhere than behind its last record: stored records passed over, or offsets read once more. */
export type JumpFact = GroupPlace & {
  run: GroupRun
  kind: 'skip' | 'rewind'
  /** The member had just been given the partition. */
  isFirst: boolean
  offset: number
  n: number
}

export type CommitFact = GroupPlace & { run: GroupRun; kind: 'regress' | 'overrun'; n: number; expected: number }

/** Processed by a member after another one was given the partition. */
export type OwnFact = GroupPlace & { run: GroupRun; owner: number }

/** Stored records that a group which came to its end never processed. */
export type UnreadFact = GroupPlace & { offset: number; n: number }
