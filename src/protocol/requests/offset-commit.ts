// OffsetCommit v7: stores a group's offsets; generation -1 and no member id for a group that has no members.
//
//   request  => group_id STRING, generation INT32, member_id STRING, group_instance_id NULLABLE_STRING,
//               [name STRING, [partition INT32, offset INT64, leader_epoch INT32, metadata NULLABLE_STRING]]
//   response => throttle_time_ms INT32, [name STRING, [partition INT32, error_code INT16]]
import type { Api } from '../api.ts'
import type { Reader, Writer } from '../bytes.ts'

export type OffsetCommitPartition = { partition: number; offset: number; leaderEpoch: number; metadata: string | null }
export type OffsetCommitTopic = { name: string; partitions: readonly OffsetCommitPartition[] }
export type OffsetCommitRequest = {
  groupId: string
  generation: number
  memberId: string
  groupInstanceId: string | null
  topics: readonly OffsetCommitTopic[]
}
export type CommittedPartition = { partition: number; errorCode: number }
export type OffsetCommitResponse = { throttleMs: number; topics: { name: string; partitions: CommittedPartition[] }[] }

export const offsetCommitV7: Api<OffsetCommitRequest, OffsetCommitResponse> = {
  name: 'OffsetCommit',
  key: 8,
  version: 7,
  write(writer, request) {
    writer.string(request.groupId)
    writer.int32(request.generation)
    writer.string(request.memberId)
    writer.nullableString(request.groupInstanceId)
    writer.array(request.topics, writeTopic)
  },
  read: reader => ({ throttleMs: reader.int32(), topics: reader.array(6, readTopic) }),
}

function writeTopic(writer: Writer, { name, partitions }: OffsetCommitTopic): void {
  writer.string(name)
  writer.array(partitions, writePartition)
}

function writePartition(writer: Writer, row: OffsetCommitPartition): void {
  writer.int32(row.partition)
  writer.int64(row.offset)
  writer.int32(row.leaderEpoch)
  writer.nullableString(row.metadata)
}

function readTopic(reader: Reader): OffsetCommitResponse['topics'][number] {
  return { name: reader.string(), partitions: reader.array(6, readPartition) }
}

function readPartition(reader: Reader): CommittedPartition {
  return { partition: reader.int32(), errorCode: reader.int16() }
}
