// DescribeLogDirs v1: the log directories of the broker that is asked, and the bytes of each replica in them.
//
//   request  => NULLABLE [topic STRING, partitions [INT32]] (null: all)
//   response => throttle_time_ms INT32,
//               [error_code INT16, log_dir STRING,
//                 [name STRING, [partition INT32, size INT64, offset_lag INT64, is_future BOOLEAN]]]
import type { Api } from '../api.ts'
import { type Reader, type Writer, writeInt32 } from '../bytes.ts'

export type LogDirTopic = { name: string; partitions: readonly number[] }
export type DescribeLogDirsRequest = { topics: readonly LogDirTopic[] | null }
export type LogDirReplica = {
  partition: number
  sizeBytes: number
  /** Records that this replica is behind the high watermark. */
  offsetLag: number
  /** A copy that moves here from another directory of the broker. */
  isFuture: boolean
}
export type DescribedLogDir = {
  errorCode: number
  path: string
  topics: { name: string; partitions: LogDirReplica[] }[]
}
export type DescribeLogDirsResponse = { throttleMs: number; dirs: DescribedLogDir[] }

export const describeLogDirsV1: Api<DescribeLogDirsRequest, DescribeLogDirsResponse> = {
  name: 'DescribeLogDirs',
  key: 35,
  version: 1,
  write: (writer, { topics }) => writer.nullableArray(topics, writeTopic),
  read: reader => ({ throttleMs: reader.int32(), dirs: reader.array(8, readDir) }),
}

function writeTopic(writer: Writer, { name, partitions }: LogDirTopic): void {
  writer.string(name)
  writer.array(partitions, writeInt32)
}

function readDir(reader: Reader): DescribedLogDir {
  return { errorCode: reader.int16(), path: reader.string(), topics: reader.array(6, readTopic) }
}

function readTopic(reader: Reader): DescribedLogDir['topics'][number] {
  return { name: reader.string(), partitions: reader.array(21, readReplica) }
}

function readReplica(reader: Reader): LogDirReplica {
  return {
    partition: reader.int32(),
    sizeBytes: reader.int64(),
    offsetLag: reader.int64(),
    isFuture: reader.boolean(),
  }
}
