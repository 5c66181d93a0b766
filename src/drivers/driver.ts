// The contract of a Kafka client adapter: what the harness hands over, what it gets back, and what a driver says it can do.
import type { Times } from '../core/times.ts'
import type { RecordReader } from '../protocol/records.ts'
import type { SettingValue } from '../scenario/schema/common.ts'

/** How a setting is honoured: by the client, by our accumulator, in another way (badged), or not at all (refused). */
export type Support = 'client' | 'harness' | { emulated: string } | { unsupported: string }

/** The badge of readers whose driver assigns partitions itself. */
export const NO_GROUP = 'manual assignment, no consumer group'
/** Badges of what a transforming group writes. */
export const FENCED_BY_EPOCH = 'a producer per input partition, fenced by its epoch: kafkajs sends no group generation'
export const NOT_FENCED = 'transactional ids of its own for each member: who takes over a partition fences nobody'
/** The badge of producers whose batches were compressed beforehand. */
export const POOLED = 'compression: pool, batches compressed beforehand: compressing is not in the client’s cost'

/** The badge of readers whose client commits by itself what it has fetched or queued, before a handler was given it. */
export const COMMITS_AHEAD = 'commits what was fetched, before it was handled'

/** What a driver can do; read by `plan` before anything starts, so it imports no client. */
export type Capabilities = {
  name: string
  /** batch: the harness accumulates; record: the client does. */
  kind: 'batch' | 'record'
  codecs: readonly string[]
  /** Codecs whose frames can be compressed beforehand and get their envelopes afterwards. */
  pooledCodecs?: readonly string[]
  /** Requests in flight per broker with idempotence on, where the client allows fewer than asked. */
  maxInFlightIdempotent?: number
  /** Records one partition's batch may hold. */
  maxRecordsPerBatch?: number
  /** True where the client checks the CRC of batches it reads; else the envelope carries one. */
  checksCrc: boolean
  producer: Record<string, Support>
  consumer: Record<string, Support>
  /** The library's own defaults in place of Java's, where it runs as shipped; what is not named has none. */
  defaults?: { producer: Settings; consumer: Settings }
  /** Readers share partitions by arithmetic: there is no consumer group, and nothing is committed. */
  assignsPartitions?: true
  /** Readers tell by which broker each record was served, and whether it led the partition. */
  tellsSource?: true
  /** With commit: auto the client commits what it fetched or queued, whether or not a handler was given it. */
  commitsAhead?: true
  /** Options of the runtime in its workers; clients get what their users have, which is none. */
  runtimeOptions?: readonly string[]
  /** What the environment of its workers has besides, where it only says how the process uses memory. */
  environment?: Readonly<Record<string, string>>
  /** Flags that its workers set for themselves; a runtime that knows them no more ignores them, where an option would end it. */
  v8Flags?: readonly string[]
  /** Members of its groups can read, write and commit in transactions. */
  transforms?: true
  badges: readonly string[]
}

/** Records of one partition waiting to be sent; payloads are described, not held. */
export type PendingBatch = {
  topic: number
  partition: number
  firstSeq: number
  count: number
  /** Bytes of the batch before compression, headers of records included. */
  rawBytes: number
  /** Unix µs of every record: when it was due, and when it was handed to the accumulator. */
  intended: Times
  offered: Times
  /** Number of the key of each record; absent without keys. */
  keys?: number[]
  createdUs: number
  attempts: number
  notBeforeUs: number
  /** An earlier attempt may have been stored. */
  ambiguous: boolean
}

/** What became of a batch in one attempt. `written`: surely not, maybe, or acknowledged. */
export type BatchResult = {
  batch: PendingBatch
  outcome: 'acked' | 'sentNoAck' | 'error'
  atUs: number
  baseOffset?: number
  /** Only for errors. */
  errorClass?: string
  message?: string
  retriable?: boolean
  maybeWritten?: boolean
  /** The next attempt may store it a second time in spite of idempotence, because the broker forgot what it stored. */
  duplicatePossible?: boolean
}

export type TopicHandle = { name: string; index: number; partitions: number }

export type Settings = Record<string, SettingValue>

export type Security = { ssl?: unknown; sasl?: unknown }

/** Why a driver cannot be used here, and what to do about it. */
export type Lack = { reason: string; hint: string }

export type ProducerOptions = {
  bootstrap: string[]
  security?: Security
  clientId: string
  settings: Settings
  /** Each batch when it is sent, where this is left out. */
  compression?: 'each' | 'pool'
  topics: TopicHandle[]
  /** Makes the bytes of a record. */
  record: RecordFactory
  nowUs(): number
  scripted?: Scripted
  /** Something worth a line in the trial's events, such as the client's own metrics at the end. */
  onEvent?(name: string, detail: Record<string, unknown>): void
}

/** Makes key, value and headers of record `at` of a batch; buffers may be reused only after the result. */
export type RecordFactory = {
  value(batch: PendingBatch, at: number): Buffer
  key(batch: PendingBatch, at: number): Buffer | null
  headers(batch: PendingBatch, at: number): Record<string, Buffer> | undefined
  /** Present where all records have one shape, so that whole batches can be made from templates. */
  uniform?: UniformRecords
}

/** Records without keys, of one size, with the same headers: only their envelopes differ. */
export type UniformRecords = {
  valueBytes: number
  headers: Record<string, Buffer> | undefined
  /** The bytes of a value that `stamp` writes, where it writes any. */
  stamped?: { at: number; sizeBytes: number }
  /** Writes the value at a place of a topic's template; what is proper to one record is still missing. */
  fill(topic: number, into: Buffer, at: number, place: number): void
  /** Puts in what is proper to the records of a batch, whose values begin where `valueAt` says. */
  stamp(into: DataView, valueAt: Int32Array, batch: PendingBatch): void
}

export type Scripted = {
  latency?: { share: number; us: number }[] | undefined
  stall?: { atMs: number; forMs: number } | undefined
  drainPerSecond?: number | undefined
}

export type ProducerCounters = {
  requests: number
  wireBytes: number
  compressedBytes: number
  uncompressedBytes: number
  /** Batches as a client that accumulates by itself made them; absent where the harness does and counts. */
  made?: { batches: number; batchRecords: number; batchBytes: number }
}

/** What a client uses outside the worker's own process, so far. */
export type OutsideUse = { cpuUs: number; rssBytes: number }

/** A producer that takes ready-made groups: at most one batch per partition, all for one leader. */
export type BatchProducer = {
  open(): Promise<void>
  /** Id of the leading broker, or -1 while unknown. */
  leaderOf(topic: number, partition: number): number
  dispatch(leader: number, batches: PendingBatch[], onResults: (results: BatchResult[]) => void): void
  /** Asks for fresh metadata soon, after an error that says it is stale. */
  refresh(): void
  /** No further attempt will be made for a batch that is not known to be stored. */
  abandon?(batch: PendingBatch): void
  /**
   * False while the cluster has stored nothing of a partition under its present producer id: it would take whichever
   * batch it accepts first, so that no second one may be on its way.
   */
  isKnown?(topic: number, partition: number): boolean
  counters(): ProducerCounters
  close(): Promise<void>
}

/** Records of one batch as they lie in memory, valid within the call: `count` of them from where the cursor stands. */
export type RecordsView = {
  topic: number
  partition: number
  /** Of the batch; a record's own is this plus its delta. */
  baseOffset: number
  records: RecordReader
  count: number
  /** Where reading goes on behind them. */
  nextOffset: number
  /** Who served them, where the driver tells. */
  source?: Source
}

/** A broker that served records of a partition, and whether it led that partition then. */
export type Source = { broker: number; isLeader: boolean }

/** What a reader went past without handing it over: markers, what was aborted, or batches with a wrong CRC. */
export type PassedOver = { topic: number; partition: number; nextOffset: number; corrupt: number }

/** What became of `count` records from place `at` of a handful; final, because the client's retries are over. */
export type RecordResult = {
  handful: PendingBatch
  at: number
  count: number
  outcome: 'acked' | 'sentNoAck' | 'failed' | 'unknown'
  atUs: number
  /** Where they are stored, for `acked`. */
  partition?: number
  baseOffset?: number
  errorClass?: string
}

export type RecordProducerOptions = ProducerOptions & { onResults(results: RecordResult[]): void }

/**
 * A producer of a client that batches, places and retries by itself. A handful is what fell due at one wake-up for one
 * topic, or for one partition of it; its `partition` is UNPLACED where the choice is the client's.
 */
export type RecordProducer = {
  open(): Promise<void>
  /** False while the client can take no more; what is due then waits, and is late by backpressure. */
  hasRoom(): boolean
  send(handful: PendingBatch): void
  /** From now on nothing lingers. */
  flush(): void
  counters(): ProducerCounters
  outsideUse?(): OutsideUse
  close(): Promise<void>
}

export type ReceivedRecord = { value: Buffer | null; headers: Record<string, Buffer> | undefined; offset: number }

export type OwnedPartition = { topic: number; partition: number }

/** What became of a commit: `offset` is the next one to read, `askedUs` when it was asked for, where the client tells, else when it was answered. */
export type Commit = OwnedPartition & { offset: number; askedUs: number; isDone: boolean }

export type ConsumerOptions = {
  bootstrap: string[]
  security?: Security
  clientId: string
  groupId: string
  /** This reader's number among the readers of its group, for drivers that assign partitions themselves. */
  member: number
  members: number
  start: 'earliest' | 'latest'
  /** as-shipped: with the library's own defaults, sockets and ways of handing over. */
  mode: 'tuned' | 'as-shipped'
  settings: Settings
  topics: TopicHandle[]
  commit: 'auto' | 'manual' | 'none'
  handling: 'batch' | 'message'
  delayMs: number
  /** Set where records are transformed in transactions; `onRecords` and `onCommit` are then not called. */
  transform?: TransformOptions
  nowUs(): number
  /** Called with the records of one handling and the time they reached the handler. */
  onRecords(topic: number, partition: number, records: ReceivedRecord[], atUs: number): void
  /** The same for drivers that hand over batches as they came; the receiver takes every record of the view. */
  onView(view: RecordsView, atUs: number): void
  onPassed(passed: PassedOver): void
  /** All that this reader owns from now on, or from the time given. */
  onAssigned(partitions: OwnedPartition[], atUs?: number): void
  /** Taken from this reader, or about to be read anew from where the group stands; without partitions, all. */
  onRevoked(partitions?: OwnedPartition[], atUs?: number): void
  onCommit(commit: Commit): void
  onEvent(name: string, detail: Record<string, unknown>): void
  onError(errorClass: string, message: string, fatal: boolean): void
}

/** How a transaction ended: fenced, a newer producer of its transactional id was there first; failed, surely not committed; unknown, nobody said. */
export type TransactionEnd = 'committed' | 'aborted' | 'fenced' | 'failed' | 'unknown'

/** What is written to one partition of the target; `baseOffset` once it is. */
export type TransactionWrite = { partition: number; values: Buffer[]; baseOffset?: number }

/** Records of one partition read, what is written for them, and how it is to end. */
export type Transaction = OwnedPartition & {
  number: number
  /** Offset of the next record to read behind it. */
  next: number
  writes: TransactionWrite[]
  isAborted: boolean
}

/** What a reader that transforms is given: where it writes, what, and whom it tells how each transaction ended. */
export type TransformOptions = {
  target: TopicHandle
  /** Records of one transaction, at most. */
  records: number
  timeoutMs: number
  transactionalId(partition: OwnedPartition): string
  /** Nothing is to be written where every record is the harness's own. */
  begin(topic: number, partition: number, records: ReceivedRecord[]): Transaction | undefined
  /** `askedUs`: when its end was asked for. */
  ended(transaction: Transaction, end: TransactionEnd, askedUs: number, reason?: string): void
}

/** A member of a consumer group, or of a set of readers that share partitions without one. */
export type GroupConsumer = {
  open(): Promise<void>
  counters(): { wireBytes: number; requests: number }
  outsideUse?(): OutsideUse
  /** Takes nothing more to transform, and ends what is under way. */
  quiesce?(): Promise<void>
  close(): Promise<void>
}

/** What a driver's module exports. */
export type Driver = {
  capabilities: Capabilities
  /** Mode tuned of drivers that take batches. */
  createProducer?(options: ProducerOptions): BatchProducer
  /** Mode as-shipped, and both modes of drivers whose client always batches by itself. */
  createRecordProducer?(options: RecordProducerOptions): RecordProducer
  createConsumer?(options: ConsumerOptions): GroupConsumer
}
