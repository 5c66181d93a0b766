// AlterPartitionReassignments v0: moves partitions to other replicas, or stops a move; flexible in every version.
//
//   request  => timeout_ms INT32,
//               COMPACT [name COMPACT_STRING, COMPACT [partition INT32, replicas COMPACT_NULLABLE [INT32], tags], tags], tags
//   response => throttle_time_ms INT32, error_code INT16, error_message COMPACT_NULLABLE_STRING,
//               COMPACT [name COMPACT_STRING,
//                 COMPACT [partition INT32, error_code INT16, error_message COMPACT_NULLABLE_STRING, tags], tags], tags
import type { Api } from '../api.ts'
import { type Reader, type Writer, writeInt32 } from '../bytes.ts'

/** `replicas: null` stops a move that is under way. */
export type Reassignment = { partition: number; replicas: readonly number[] | null }
export type ReassignmentTopic = { name: string; partitions: readonly Reassignment[] }
export type AlterPartitionReassignmentsRequest = { timeoutMs: number; topics: readonly ReassignmentTopic[] }
export type ReassignedPartition = { partition: number; errorCode: number; errorMessage: string | null }
export type AlterPartitionReassignmentsResponse = {
  throttleMs: number
  errorCode: number
  errorMessage: string | null
  topics: { name: string; partitions: ReassignedPartition[] }[]
}

export const alterPartitionReassignmentsV0: Api<
  AlterPartitionReassignmentsRequest,
  AlterPartitionReassignmentsResponse
> = {
  name: 'AlterPartitionReassignments',
  key: 45,
  version: 0,
  flexible: true,
  write(writer, { timeoutMs, topics }) {
    writer.int32(timeoutMs)
    writer.compactArray(topics, writeTopic)
    writer.noTags()
  },
  read(reader) {
    const response = {
      throttleMs: reader.int32(),
      errorCode: reader.int16(),
      errorMessage: reader.compactMessage(),
      topics: reader.compactArray(3, readTopic),
    }
    reader.skipTags()
    return response
  },
}

function writeTopic(writer: Writer, { name, partitions }: ReassignmentTopic): void {
  writer.compactString(name)
  writer.compactArray(partitions, writePartition)
  writer.noTags()
}

function writePartition(writer: Writer, { partition, replicas }: Reassignment): void {
  writer.int32(partition)
  if (replicas === null) writer.unsignedVarint(0)
  else writer.compactArray(replicas, writeInt32)
  writer.noTags()
}

function readTopic(reader: Reader): AlterPartitionReassignmentsResponse['topics'][number] {
  const topic = { name: reader.compactString(), partitions: reader.compactArray(8, readPartition) }
  reader.skipTags()
  return topic
}

function readPartition(reader: Reader): ReassignedPartition {
  const partition = {
    partition: reader.int32(),
    errorCode: reader.int16(),
    errorMessage: reader.compactMessage(),
  }
  reader.skipTags()
  return partition
}
