// CreateTopics v4: topics with partitions, replication factor and settings; any broker passes it on to the controller.
//
//   request  => [name STRING, num_partitions INT32, replication_factor INT16,
//                 assignments [partition INT32, broker_ids [INT32]], configs [name STRING, value NULLABLE_STRING]],
//               timeout_ms INT32, validate_only BOOLEAN
//   response => throttle_time_ms INT32, [name STRING, error_code INT16, error_message NULLABLE_STRING]
import type { Api } from '../api.ts'
import { type Reader, type Writer, writeInt32 } from '../bytes.ts'

export type NewTopicConfig = { name: string; value: string | null }
export type NewTopicAssignment = { partition: number; brokerIds: readonly number[] }
/** With assignments, number of partitions and replication factor are both -1. */
export type NewTopic = {
  name: string
  partitions: number
  replicationFactor: number
  assignments: readonly NewTopicAssignment[]
  configs: readonly NewTopicConfig[]
}
export type CreateTopicsRequest = { topics: readonly NewTopic[]; timeoutMs: number; validateOnly: boolean }
export type CreatedTopic = { name: string; errorCode: number; errorMessage: string | null }
export type CreateTopicsResponse = { throttleMs: number; topics: CreatedTopic[] }

export const createTopicsV4: Api<CreateTopicsRequest, CreateTopicsResponse> = {
  name: 'CreateTopics',
  key: 19,
  version: 4,
  write(writer, { topics, timeoutMs, validateOnly }) {
    writer.array(topics, writeTopic)
    writer.int32(timeoutMs)
    writer.boolean(validateOnly)
  },
  read: reader => ({ throttleMs: reader.int32(), topics: reader.array(6, readTopic) }),
}

function writeTopic(writer: Writer, topic: NewTopic): void {
  writer.string(topic.name)
  writer.int32(topic.partitions)
  writer.int16(topic.replicationFactor)
  writer.array(topic.assignments, writeAssignment)
  writer.array(topic.configs, writeConfig)
}

function writeAssignment(writer: Writer, { partition, brokerIds }: NewTopicAssignment): void {
  writer.int32(partition)
  writer.array(brokerIds, writeInt32)
}

function writeConfig(writer: Writer, { name, value }: NewTopicConfig): void {
  writer.string(name)
  writer.nullableString(value)
}

function readTopic(reader: Reader): CreatedTopic {
  return { name: reader.string(), errorCode: reader.int16(), errorMessage: reader.message() }
}
