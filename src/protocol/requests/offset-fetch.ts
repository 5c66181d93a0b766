// OffsetFetch v5: what a consumer group has committed.
//
//   request  => group_id STRING, NULLABLE [name STRING, partitions [INT32]] (null: all)
//   response => throttle_time_ms INT32,
//               [name STRING, [partition INT32, committed_offset INT64, committed_leader_epoch INT32,
//                 metadata NULLABLE_STRING, error_code INT16]],
//               error_code INT16
import type { Api } from '../api.ts'
import { type Reader, type Writer, writeInt32 } from '../bytes.ts'

export type OffsetFetchTopic = { name: string; partitions: readonly number[] }
export type OffsetFetchRequest = { groupId: string; topics: readonly OffsetFetchTopic[] | null }
export type CommittedOffset = {
  partition: number
  /** -1 where nothing is committed. */
  offset: number
  leaderEpoch: number
  metadata: string | null
  errorCode: number
}
export type OffsetFetchResponse = {
  throttleMs: number
  topics: { name: string; partitions: CommittedOffset[] }[]
  errorCode: number
}

export const offsetFetchV5: Api<OffsetFetchRequest, OffsetFetchResponse> = {
  name: 'OffsetFetch',
  key: 9,
  version: 5,
  write(writer, { groupId, topics }) {
    writer.string(groupId)
    writer.nullableArray(topics, writeTopic)
  },
  read: reader => ({
    throttleMs: reader.int32(),
    topics: reader.array(6, readTopic),
    errorCode: reader.int16(),
  }),
}

function writeTopic(writer: Writer, { name, partitions }: OffsetFetchTopic): void {
  writer.string(name)
  writer.array(partitions, writeInt32)
}

function readTopic(reader: Reader): OffsetFetchResponse['topics'][number] {
  return { name: reader.string(), partitions: reader.array(20, readPartition) }
}

function readPartition(reader: Reader): CommittedOffset {
  return {
    partition: reader.int32(),
    offset: reader.int64(),
    leaderEpoch: reader.int32(),
    metadata: reader.nullableString(),
    errorCode: reader.int16(),
  }
}
