// Metadata v8: brokers, controller, and who leads which partition in which epoch.
//
//   request  => [topic STRING] (null: all topics), allow_auto_topic_creation BOOLEAN,
//               include_cluster_authorized_operations BOOLEAN, include_topic_authorized_operations BOOLEAN
//   response => throttle_time_ms INT32, [node_id INT32, host STRING, port INT32, rack NULLABLE_STRING],
//               cluster_id NULLABLE_STRING, controller_id INT32,
//               [error_code INT16, name STRING, is_internal BOOLEAN,
//                 [error_code INT16, partition INT32, leader INT32, leader_epoch INT32,
//                   replicas [INT32], isr [INT32], offline [INT32]],
//                 topic_authorized_operations INT32],
//               cluster_authorized_operations INT32
import type { Api } from '../api.ts'
import { type Reader, readInt32, writeString } from '../bytes.ts'

/** `topics: null` asks for all of them, an empty list for none. */
export type MetadataRequest = { topics: readonly string[] | null }
export type MetadataBroker = { id: number; host: string; port: number; rack: string | null }
export type MetadataPartition = {
  errorCode: number
  partition: number
  leader: number
  leaderEpoch: number
  replicas: number[]
  isr: number[]
  offline: number[]
}
export type MetadataTopic = { errorCode: number; name: string; isInternal: boolean; partitions: MetadataPartition[] }
export type MetadataResponse = {
  throttleMs: number
  brokers: MetadataBroker[]
  clusterId: string | null
  controllerId: number
  topics: MetadataTopic[]
}

/** Never creates topics, never asks for authorized operations. */
export const metadataV8: Api<MetadataRequest, MetadataResponse> = {
  name: 'Metadata',
  key: 3,
  version: 8,
  write(writer, { topics }) {
    writer.nullableArray(topics, writeString)
    writer.boolean(false)
    writer.boolean(false)
    writer.boolean(false)
  },
  read(reader) {
    const response = {
      throttleMs: reader.int32(),
      brokers: reader.array(12, readBroker),
      clusterId: reader.nullableString(),
      controllerId: reader.int32(),
      topics: reader.array(13, readTopic),
    }
    reader.int32()
    return response
  },
}

function readBroker(reader: Reader): MetadataBroker {
  return { id: reader.int32(), host: reader.string(), port: reader.int32(), rack: reader.nullableString() }
}

function readTopic(reader: Reader): MetadataTopic {
  const topic = {
    errorCode: reader.int16(),
    name: reader.string(),
    isInternal: reader.boolean(),
    partitions: reader.array(26, readPartition),
  }
  reader.int32()
  return topic
}

function readPartition(reader: Reader): MetadataPartition {
  return {
    errorCode: reader.int16(),
    partition: reader.int32(),
    leader: reader.int32(),
    leaderEpoch: reader.int32(),
    replicas: reader.array(4, readInt32),
    isr: reader.array(4, readInt32),
    offline: reader.array(4, readInt32),
  }
}
