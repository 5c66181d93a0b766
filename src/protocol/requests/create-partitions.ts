// CreatePartitions v1: gives topics more partitions, which can never be taken away again.
//
//   request  => [name STRING, count INT32 (in all), NULLABLE [broker_ids [INT32]] (null: the controller places them)],
//               timeout_ms INT32, validate_only BOOLEAN
//   response => throttle_time_ms INT32, [name STRING, error_code INT16, error_message NULLABLE_STRING]
import type { Api } from '../api.ts'
import { type Reader, type Writer, writeInt32 } from '../bytes.ts'

/** `assignments` names the replicas of each partition that is new; null leaves that to the controller. */
export type WidenedTopic = { name: string; count: number; assignments: readonly (readonly number[])[] | null }
export type CreatePartitionsRequest = { topics: readonly WidenedTopic[]; timeoutMs: number; validateOnly: boolean }
export type WidenedResult = { name: string; errorCode: number; errorMessage: string | null }
export type CreatePartitionsResponse = { throttleMs: number; topics: WidenedResult[] }

export const createPartitionsV1: Api<CreatePartitionsRequest, CreatePartitionsResponse> = {
  name: 'CreatePartitions',
  key: 37,
  version: 1,
  write(writer, { topics, timeoutMs, validateOnly }) {
    writer.array(topics, writeTopic)
    writer.int32(timeoutMs)
    writer.boolean(validateOnly)
  },
  read: reader => ({ throttleMs: reader.int32(), topics: reader.array(6, readTopic) }),
}

function writeTopic(writer: Writer, { name, count, assignments }: WidenedTopic): void {
  writer.string(name)
  writer.int32(count)
  writer.nullableArray(assignments, writeAssignment)
}

function writeAssignment(writer: Writer, brokerIds: readonly number[]): void {
  writer.array(brokerIds, writeInt32)
}

function readTopic(reader: Reader): WidenedResult {
  return { name: reader.string(), errorCode: reader.int16(), errorMessage: reader.message() }
}
