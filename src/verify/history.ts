// A trial's history as the verification reads it: files of runs it can walk once and look into again, wherever they lie.
import type { RunHead } from '../recording/runs.ts'

export type RunSource = {
  /** For messages. */
  name: string
  head: RunHead
  /** Frames of whole runs, in order; each is valid until the next one is asked for. */
  frames(): AsyncIterable<{ at: number; runs: Buffer }>
  /** The runs of a frame that `frames` has named. */
  frameAt(at: number): Promise<Buffer>
  /** When its writer was seen to have been ended by a fault, in Unix µs. */
  endedUs?: number
  /** Once the frames were walked: whether the writer's end mark stood behind them. */
  isWhole(): boolean
}

export type TopicFacts = {
  number: number
  partitions: number
  /** Kafka removes older records of a key, so that a missing one is no evidence. */
  isCompacted: boolean
  /** Of each partition: the first offset of the trial; 0 where it is not given. */
  beginOffsets?: readonly number[]
}

/** One consumer group, with a file per member. */
export type GroupHistory = {
  number: number
  /** Topics it reads, by number. */
  topics: readonly number[]
  readsCommitted: boolean
  /** It was seen at the end of all its partitions. */
  reachedEnd: boolean
  /** False where the file of some member is missing. */
  isWhole?: boolean
  members: readonly RunSource[]
}

/** A time in which every broker that answered named fewer replicas in sync than min.insync.replicas. */
export type BelowMinIsr = { topic: number; partition: number; fromUs: number; toUs: number }

/** A group that writes what it reads to a topic, in transactions. */
export type TransformFacts = {
  /** The group's place among the readers. */
  group: number
  /** Topics it reads and the one it writes, by number. */
  inputs: readonly number[]
  target: number
  /** Number in envelopes of what comes from the first partition of the first input; those of the others follow. */
  firstNumber: number
  /** It was seen at the end of all its partitions. */
  reachedEnd: boolean
}

export type History = {
  topics: readonly TopicFacts[]
  ledgers: readonly RunSource[]
  truths: readonly RunSource[]
  groups?: readonly GroupHistory[]
  transforms?: readonly TransformFacts[]
  belowMinIsr?: readonly BelowMinIsr[]
  /** True for producers with acks=all; all of them where it is not given. */
  acksAll?: (producer: number) => boolean
}
