// ListOffsets v5: the first offset, the next one, or the first one at or after a time.
//
//   request  => replica_id INT32, isolation_level INT8,
//               [name STRING, [partition INT32, current_leader_epoch INT32, timestamp INT64]]
//   response => throttle_time_ms INT32,
//               [name STRING, [partition INT32, error_code INT16, timestamp INT64, offset INT64, leader_epoch INT32]]
import type { Api } from '../api.ts'
import type { Reader, Writer } from '../bytes.ts'

/** Kafka's stand-ins for a time. */
export const LATEST = -1
export const EARLIEST = -2

export type ListOffsetsPartition = { partition: number; leaderEpoch: number; timestampMs: number }
export type ListOffsetsTopic = { name: string; partitions: readonly ListOffsetsPartition[] }
/** With `readCommitted`, LATEST is the last stable offset. */
export type ListOffsetsRequest = { readCommitted: boolean; topics: readonly ListOffsetsTopic[] }

export type ListedOffset = {
  partition: number
  errorCode: number
  timestampMs: number
  /** -1 where no record is that young. */
  offset: number
  leaderEpoch: number
}
export type ListedTopic = { name: string; partitions: ListedOffset[] }
export type ListOffsetsResponse = { throttleMs: number; topics: ListedTopic[] }

const CONSUMER_REPLICA = -1

export const listOffsetsV5: Api<ListOffsetsRequest, ListOffsetsResponse> = {
  name: 'ListOffsets',
  key: 2,
  version: 5,
  write(writer, { readCommitted, topics }) {
    writer.int32(CONSUMER_REPLICA)
    writer.int8(readCommitted ? 1 : 0)
    writer.array(topics, writeTopic)
  },
  read: reader => ({ throttleMs: reader.int32(), topics: reader.array(6, readTopic) }),
}

function writeTopic(writer: Writer, { name, partitions }: ListOffsetsTopic): void {
  writer.string(name)
  writer.array(partitions, writePartition)
}

function writePartition(writer: Writer, { partition, leaderEpoch, timestampMs }: ListOffsetsPartition): void {
  writer.int32(partition)
  writer.int32(leaderEpoch)
  writer.int64(timestampMs)
}

function readTopic(reader: Reader): ListedTopic {
  return { name: reader.string(), partitions: reader.array(26, readPartition) }
}

function readPartition(reader: Reader): ListedOffset {
  return {
    partition: reader.int32(),
    errorCode: reader.int16(),
    timestampMs: reader.int64(),
    offset: reader.int64(),
    leaderEpoch: reader.int32(),
  }
}
