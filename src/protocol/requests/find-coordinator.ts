// FindCoordinator v2: the broker that answers for a consumer group or a transactional id.
//
//   request  => key STRING, key_type INT8 (0 group, 1 transaction)
//   response => throttle_time_ms INT32, error_code INT16, error_message NULLABLE_STRING,
//               node_id INT32, host STRING, port INT32
import type { Api } from '../api.ts'

export type FindCoordinatorRequest = { key: string; kind: 'group' | 'transaction' }
export type FindCoordinatorResponse = {
  throttleMs: number
  errorCode: number
  errorMessage: string | null
  nodeId: number
  host: string
  port: number
}

export const findCoordinatorV2: Api<FindCoordinatorRequest, FindCoordinatorResponse> = {
  name: 'FindCoordinator',
  key: 10,
  version: 2,
  write(writer, { key, kind }) {
    writer.string(key)
    writer.int8(kind === 'group' ? 0 : 1)
  },
  read: reader => ({
    throttleMs: reader.int32(),
    errorCode: reader.int16(),
    errorMessage: reader.message(),
    nodeId: reader.int32(),
    host: reader.string(),
    port: reader.int32(),
  }),
}
