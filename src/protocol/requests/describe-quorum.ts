// DescribeQuorum v1: leader, epoch and replicas of the metadata quorum; flexible, since no version of it is not.
//
//   request  => COMPACT [topic COMPACT_STRING, partitions COMPACT [INT32, tags], tags], tags
//   response => error_code INT16,
//               COMPACT [topic COMPACT_STRING,
//                 COMPACT [partition INT32, error_code INT16, leader_id INT32, leader_epoch INT32, high_watermark INT64,
//                   voters COMPACT [replica], observers COMPACT [replica], tags], tags], tags
//   replica  => replica_id INT32, log_end_offset INT64, last_fetch_ms INT64, last_caught_up_ms INT64, tags
import type { Api } from '../api.ts'
import type { Reader, Writer } from '../bytes.ts'

export type QuorumReplica = {
  id: number
  logEndOffset: number
  /** Unix ms by the leader's clock, -1 while unknown. */
  lastFetchMs: number
  lastCaughtUpMs: number
}
export type QuorumPartition = {
  partition: number
  errorCode: number
  leaderId: number
  leaderEpoch: number
  highWatermark: number
  voters: QuorumReplica[]
  observers: QuorumReplica[]
}
export type DescribeQuorumResponse = {
  errorCode: number
  topics: { name: string; partitions: QuorumPartition[] }[]
}

/** The only topic that is kept by a quorum, with its one partition. */
const METADATA_TOPIC = '__cluster_metadata'
const METADATA_PARTITIONS = [0]

export const describeQuorumV1: Api<Record<string, never>, DescribeQuorumResponse> = {
  name: 'DescribeQuorum',
  key: 55,
  version: 1,
  flexible: true,
  write(writer) {
    writer.compactArray([METADATA_TOPIC], writeTopic)
    writer.noTags()
  },
  read(reader) {
    const response = { errorCode: reader.int16(), topics: reader.compactArray(3, readTopic) }
    reader.skipTags()
    return response
  },
}

function writeTopic(writer: Writer, name: string): void {
  writer.compactString(name)
  writer.compactArray(METADATA_PARTITIONS, writePartition)
  writer.noTags()
}

function writePartition(writer: Writer, partition: number): void {
  writer.int32(partition)
  writer.noTags()
}

function readTopic(reader: Reader): DescribeQuorumResponse['topics'][number] {
  const topic = { name: reader.compactString(), partitions: reader.compactArray(25, readPartition) }
  reader.skipTags()
  return topic
}

function readPartition(reader: Reader): QuorumPartition {
  const partition = {
    partition: reader.int32(),
    errorCode: reader.int16(),
    leaderId: reader.int32(),
    leaderEpoch: reader.int32(),
    highWatermark: reader.int64(),
    voters: reader.compactArray(29, readReplica),
    observers: reader.compactArray(29, readReplica),
  }
  reader.skipTags()
  return partition
}

function readReplica(reader: Reader): QuorumReplica {
  const replica = {
    id: reader.int32(),
    logEndOffset: reader.int64(),
    lastFetchMs: reader.int64(),
    lastCaughtUpMs: reader.int64(),
  }
  reader.skipTags()
  return replica
}
