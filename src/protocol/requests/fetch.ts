// Fetch v11: record sets of several partitions from one broker, with incremental sessions (KIP-227).
//
//   request  => replica_id INT32, max_wait_ms INT32, min_bytes INT32, max_bytes INT32, isolation_level INT8,
//               session_id INT32, session_epoch INT32,
//               [topic STRING, [partition INT32, current_leader_epoch INT32, fetch_offset INT64,
//                 log_start_offset INT64, partition_max_bytes INT32]],
//               forgotten [topic STRING, [partition INT32]], rack_id STRING
//   response => throttle_time_ms INT32, error_code INT16, session_id INT32,
//               [topic STRING, [partition INT32, error_code INT16, high_watermark INT64, last_stable_offset INT64,
//                 log_start_offset INT64, aborted NULLABLE [producer_id INT64, first_offset INT64],
//                 preferred_read_replica INT32, records NULLABLE RECORDS]]
import type { Api } from '../api.ts'
import { type Reader, type Writer, writeInt32 } from '../bytes.ts'

export type FetchPartition = {
  partition: number
  /** -1 where the broker shall not check it. */
  leaderEpoch: number
  fetchOffset: number
  maxBytes: number
}
export type FetchTopic = { name: string; partitions: readonly FetchPartition[] }
export type ForgottenTopic = { name: string; partitions: readonly number[] }

/** A session begins with id 0 and epoch 0; then only what changed is listed. Id 0 with epoch -1 is a fetch without a session. */
export type FetchRequest = {
  maxWaitMs: number
  minBytes: number
  maxBytes: number
  readCommitted: boolean
  sessionId: number
  sessionEpoch: number
  topics: readonly FetchTopic[]
  forgotten: readonly ForgottenTopic[]
  rackId: string
}

export type AbortedTransaction = { producerId: number; firstOffset: number }
export type FetchedPartition = {
  partition: number
  errorCode: number
  highWatermark: number
  lastStableOffset: number
  logStartOffset: number
  aborted: readonly AbortedTransaction[]
  /** The broker that should be asked instead, or -1. */
  preferredReplica: number
  /** A view of the frame; the last batch may be cut off. */
  records: Buffer
}
export type FetchedTopic = { name: string; partitions: FetchedPartition[] }
export type FetchResponse = { throttleMs: number; errorCode: number; sessionId: number; topics: FetchedTopic[] }

const CONSUMER_REPLICA = -1
const NO_LOG_START = -1
const NONE_ABORTED: readonly AbortedTransaction[] = []
const NO_RECORDS = Buffer.alloc(0)

export const fetchV11: Api<FetchRequest, FetchResponse> = {
  name: 'Fetch',
  key: 1,
  version: 11,
  write(writer, request) {
    writer.int32(CONSUMER_REPLICA)
    writer.int32(request.maxWaitMs)
    writer.int32(request.minBytes)
    writer.int32(request.maxBytes)
    writer.int8(request.readCommitted ? 1 : 0)
    writer.int32(request.sessionId)
    writer.int32(request.sessionEpoch)
    writer.array(request.topics, writeTopic)
    writer.array(request.forgotten, writeForgotten)
    writer.string(request.rackId)
  },
  read: reader => ({
    throttleMs: reader.int32(),
    errorCode: reader.int16(),
    sessionId: reader.int32(),
    topics: reader.array(6, readTopic),
  }),
}

function writeTopic(writer: Writer, { name, partitions }: FetchTopic): void {
  writer.string(name)
  writer.array(partitions, writePartition)
}

function writePartition(writer: Writer, { partition, leaderEpoch, fetchOffset, maxBytes }: FetchPartition): void {
  writer.int32(partition)
  writer.int32(leaderEpoch)
  writer.int64(fetchOffset)
  writer.int64(NO_LOG_START)
  writer.int32(maxBytes)
}

function writeForgotten(writer: Writer, { name, partitions }: ForgottenTopic): void {
  writer.string(name)
  writer.array(partitions, writeInt32)
}

function readTopic(reader: Reader): FetchedTopic {
  return { name: reader.string(), partitions: reader.array(42, readPartition) }
}

function readPartition(reader: Reader): FetchedPartition {
  return {
    partition: reader.int32(),
    errorCode: reader.int16(),
    highWatermark: reader.int64(),
    lastStableOffset: reader.int64(),
    logStartOffset: reader.int64(),
    aborted: reader.nullableArray(16, readAborted) ?? NONE_ABORTED,
    preferredReplica: reader.int32(),
    records: reader.nullableBytesView() ?? NO_RECORDS,
  }
}

function readAborted(reader: Reader): AbortedTransaction {
  return { producerId: reader.int64(), firstOffset: reader.int64() }
}
