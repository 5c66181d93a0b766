// ElectLeaders v1: hands partitions to their preferred leader, or to any replica that is alive.
//
//   request  => election_type INT8 (0 preferred, 1 unclean), NULLABLE [topic STRING, partitions [INT32]] (null: all),
//               timeout_ms INT32
//   response => throttle_time_ms INT32, error_code INT16,
//               [topic STRING, [partition INT32, error_code INT16, error_message NULLABLE_STRING]]
import type { Api } from '../api.ts'
import { type Reader, type Writer, writeInt32 } from '../bytes.ts'

export type ElectionTopic = { name: string; partitions: readonly number[] }
export type ElectLeadersRequest = {
  election: 'preferred' | 'unclean'
  topics: readonly ElectionTopic[] | null
  timeoutMs: number
}
export type ElectedPartition = { partition: number; errorCode: number; errorMessage: string | null }
export type ElectLeadersResponse = {
  throttleMs: number
  errorCode: number
  topics: { name: string; partitions: ElectedPartition[] }[]
}

export const electLeadersV1: Api<ElectLeadersRequest, ElectLeadersResponse> = {
  name: 'ElectLeaders',
  key: 43,
  version: 1,
  write(writer, { election, topics, timeoutMs }) {
    writer.int8(election === 'preferred' ? 0 : 1)
    writer.nullableArray(topics, writeTopic)
    writer.int32(timeoutMs)
  },
  read: reader => ({ throttleMs: reader.int32(), errorCode: reader.int16(), topics: reader.array(6, readTopic) }),
}

function writeTopic(writer: Writer, { name, partitions }: ElectionTopic): void {
  writer.string(name)
  writer.array(partitions, writeInt32)
}

function readTopic(reader: Reader): ElectLeadersResponse['topics'][number] {
  return { name: reader.string(), partitions: reader.array(8, readPartition) }
}

function readPartition(reader: Reader): ElectedPartition {
  return { partition: reader.int32(), errorCode: reader.int16(), errorMessage: reader.message() }
}
