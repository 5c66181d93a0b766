// Everything the coordinator and a worker process say to each other, as two unions.
import type { ClockAnchor } from '../core/time.ts'
import type { Scripted, Security, Settings, TopicHandle } from '../drivers/driver.ts'
import type { KeySpec } from '../record/keys.ts'
import type { Segment } from '../scenario/schema/load.ts'
import type { SizeSpec } from '../scenario/schema/values.ts'
import type { IntervalReport } from './recorder.ts'

type CommonSpec = {
  worker: string
  group: string
  driver: string
  mode: 'tuned' | 'as-shipped'
  settings: Settings
  bootstrap: string[]
  security?: Security
  topics: TopicHandle[]
  anchor: ClockAnchor
  /** Tag of the trial in every envelope. */
  runTag: number
}

export type ProducerWorkerSpec = CommonSpec & {
  role: 'producer'
  compression?: 'each' | 'pool'
  /** Number of this producer in envelopes, unique in the trial. */
  producerIndex: number
  stripe: number
  stripes: number
  share: number
  segments: Segment[]
  pacer: 'tick' | 'spin'
  arrival: 'constant' | 'poisson'
  catchUp: 'bounded' | 'burst' | 'drop'
  maxAgeMs: number
  seed: number
  keys: KeySpec
  values: { size: SizeSpec; compressible: number; template?: string | undefined }
  headers: { count: number; size: number }
  envelope: 'value' | 'header'
  verify: 'records' | 'counts'
  envelopeCrc: boolean
  /** Where the outcomes of all records are written; absent where nobody will check them. */
  ledgerPath?: string
  scripted?: Scripted
}

export type ConsumerWorkerSpec = CommonSpec & {
  role: 'consumer'
  groupId: string
  member: number
  members: number
  start: 'earliest' | 'latest'
  segments: Segment[]
  processing: { delay: number; handling: 'batch' | 'message' }
  commit: 'auto' | 'manual' | 'none'
  verify: boolean
  /** First offset of the trial, by topic and partition; earlier records are the readiness probe's. */
  beginOffsets: number[][]
  /** Where what the member does is written, and the group's place among the readers; absent where there is no group. */
  history?: { path: string; group: number }
  /** How often the member was killed and started again before. */
  life?: number
  transform?: TransformSpec
}

/** What a transforming member writes, and how its transactions end. */
export type TransformSpec = {
  target: TopicHandle
  records: number
  /** Share of transactions that are aborted. */
  abort: number
  timeoutMs: number
  fencing: 'partition' | 'member'
  /** Number in envelopes of what comes from the group's first input partition; those of the others follow. */
  firstProducer: number
  seed: number
  ledgerPath: string
}

export type WorkerSpec = ProducerWorkerSpec | ConsumerWorkerSpec

export type ToWorker =
  /** `begun` is for a reader that is started anew in the middle of the load, and counts from its first record on. */
  | { type: 'open'; spec: WorkerSpec; begun?: { t0Us: number; fromUs: number } }
  | { type: 'start'; t0Us: number }
  /** Producers: wait for outcomes until the deadline; consumers: report, then stop. */
  | { type: 'finish'; deadlineUs: number }
  /** Consumers: answer with positions. */
  | { type: 'locate' }
  | { type: 'close' }

/** Next offset to read, by topic and partition. */
export type Position = { topic: number; partition: number; next: number }

export type FromWorker =
  | { type: 'opened' }
  | { type: 'assigned'; partitions: { topic: number; partition: number }[] }
  | { type: 'interval'; reports: IntervalReport[] }
  | { type: 'positions'; positions: Position[] }
  | { type: 'event'; atUs: number; name: string; detail: Record<string, unknown> }
  | { type: 'scheduleDone' }
  | { type: 'finished' }
  | { type: 'failed'; message: string }
