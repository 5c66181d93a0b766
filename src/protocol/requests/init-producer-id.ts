// InitProducerId v1: a producer id and epoch, for idempotence or for transactions.
//
//   request  => transactional_id NULLABLE_STRING, transaction_timeout_ms INT32
//   response => throttle_time_ms INT32, error_code INT16, producer_id INT64, producer_epoch INT16
import type { Api } from '../api.ts'

export type InitProducerIdRequest = { transactionalId: string | null; transactionTimeoutMs: number }
export type InitProducerIdResponse = {
  throttleMs: number
  errorCode: number
  producerId: number
  producerEpoch: number
}

export const initProducerIdV1: Api<InitProducerIdRequest, InitProducerIdResponse> = {
  name: 'InitProducerId',
  key: 22,
  version: 1,
  write(writer, { transactionalId, transactionTimeoutMs }) {
    writer.nullableString(transactionalId)
    writer.int32(transactionTimeoutMs)
  },
  read: reader => ({
    throttleMs: reader.int32(),
    errorCode: reader.int16(),
    producerId: reader.int64(),
    producerEpoch: reader.int16(),
  }),
}
