// Produce v7 and v8: record batches of several partitions to one leader; v8 adds which records were refused, and why.
//
//   request  => transactional_id NULLABLE_STRING, acks INT16, timeout_ms INT32,
//               [name STRING, [partition INT32, records RECORDS]]
//   response => [name STRING, [partition INT32, error_code INT16, base_offset INT64, log_append_time_ms INT64,
//                 log_start_offset INT64,
//                 [batch_index INT32, message NULLABLE_STRING] (v8), error_message NULLABLE_STRING (v8)]],
//               throttle_time_ms INT32
import type { Api } from '../api.ts'
import type { Reader, Writer } from '../bytes.ts'

/** `records`: one whole record batch, in one buffer or in several that follow each other; sent without copying. */
export type ProducePartition = { partition: number; records: Buffer | readonly Buffer[] }
export type ProduceTopic = { name: string; partitions: readonly ProducePartition[] }
export type ProduceRequest = {
  transactionalId: string | null
  acks: -1 | 0 | 1
  timeoutMs: number
  topics: readonly ProduceTopic[]
}

export type RecordRefusal = { batchIndex: number; message: string | null }
export type ProducedPartition = {
  partition: number
  errorCode: number
  /** -1 where the broker gave none. */
  baseOffset: number
  /** -1 unless the topic uses log append time. */
  logAppendTimeMs: number
  logStartOffset: number
  /** Empty in v7. */
  refusals: readonly RecordRefusal[]
  errorMessage: string | null
}
export type ProducedTopic = { name: string; partitions: ProducedPartition[] }
export type ProduceResponse = { topics: ProducedTopic[]; throttleMs: number }

const NO_REFUSALS: readonly RecordRefusal[] = []
/** At acks=0 the broker says nothing, or ends the connection: "answered" means that the bytes have left. */
const NO_ANSWER: ProduceResponse = { topics: [], throttleMs: 0 }

export const produceV7: Api<ProduceRequest, ProduceResponse> = produceApi(7, readPartitionV7)
export const produceV8: Api<ProduceRequest, ProduceResponse> = produceApi(8, readPartitionV8)

function produceApi(
  version: number,
  readPartition: (reader: Reader) => ProducedPartition,
): Api<ProduceRequest, ProduceResponse> {
  const minPartitionBytes = version === 7 ? 30 : 36
  const readTopic = (reader: Reader): ProducedTopic => ({
    name: reader.string(),
    partitions: reader.array(minPartitionBytes, readPartition),
  })
  return {
    name: 'Produce',
    key: 0,
    version,
    write(writer, { transactionalId, acks, timeoutMs, topics }) {
      writer.nullableString(transactionalId)
      writer.int16(acks)
      writer.int32(timeoutMs)
      writer.array(topics, writeTopic)
    },
    read: reader => ({ topics: reader.array(6, readTopic), throttleMs: reader.int32() }),
    unanswered: ({ acks }) => (acks === 0 ? NO_ANSWER : undefined),
  }
}

function writeTopic(writer: Writer, { name, partitions }: ProduceTopic): void {
  writer.string(name)
  writer.array(partitions, writePartition)
}

function writePartition(writer: Writer, { partition, records }: ProducePartition): void {
  writer.int32(partition)
  if (Buffer.isBuffer(records)) {
    writer.int32(records.length)
    writer.splice(records)
  } else {
    writer.int32(records.reduce((sum, part) => sum + part.length, 0))
    for (const part of records) writer.splice(part)
  }
}

function readPartitionV7(reader: Reader): ProducedPartition {
  return {
    partition: reader.int32(),
    errorCode: reader.int16(),
    baseOffset: reader.int64(),
    logAppendTimeMs: reader.int64(),
    logStartOffset: reader.int64(),
    refusals: NO_REFUSALS,
    errorMessage: null,
  }
}

function readPartitionV8(reader: Reader): ProducedPartition {
  return {
    partition: reader.int32(),
    errorCode: reader.int16(),
    baseOffset: reader.int64(),
    logAppendTimeMs: reader.int64(),
    logStartOffset: reader.int64(),
    refusals: reader.array(6, readRefusal),
    errorMessage: reader.message(),
  }
}

function readRefusal(reader: Reader): RecordRefusal {
  return { batchIndex: reader.int32(), message: reader.message() }
}
