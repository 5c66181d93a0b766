// DeleteTopics v3: removes topics by name.
//
//   request  => names [STRING], timeout_ms INT32
//   response => throttle_time_ms INT32, [name STRING, error_code INT16]
import type { Api } from '../api.ts'
import { type Reader, writeString } from '../bytes.ts'

export type DeleteTopicsRequest = { names: readonly string[]; timeoutMs: number }
export type DeletedTopic = { name: string; errorCode: number }
export type DeleteTopicsResponse = { throttleMs: number; topics: DeletedTopic[] }

export const deleteTopicsV3: Api<DeleteTopicsRequest, DeleteTopicsResponse> = {
  name: 'DeleteTopics',
  key: 20,
  version: 3,
  write(writer, { names, timeoutMs }) {
    writer.array(names, writeString)
    writer.int32(timeoutMs)
  },
  read: reader => ({ throttleMs: reader.int32(), topics: reader.array(4, readTopic) }),
}

function readTopic(reader: Reader): DeletedTopic {
  return { name: reader.string(), errorCode: reader.int16() }
}
