// DescribeConfigs v3: effective settings of topics and brokers, and where each comes from.
//
//   request  => [resource_type INT8, resource_name STRING, names NULLABLE [STRING] (null: all)],
//               include_synonyms BOOLEAN, include_documentation BOOLEAN
//   response => throttle_time_ms INT32,
//               [error_code INT16, error_message NULLABLE_STRING, resource_type INT8, resource_name STRING,
//                 [name STRING, value NULLABLE_STRING, read_only BOOLEAN, source INT8, is_sensitive BOOLEAN,
//                   synonyms [name STRING, value NULLABLE_STRING, source INT8],
//                   type INT8, documentation NULLABLE_STRING]]
import type { Api } from '../api.ts'
import { type Reader, type Writer, writeString } from '../bytes.ts'

export const TOPIC_RESOURCE = 2
export const BROKER_RESOURCE = 4

export type ConfigResource = { type: number; name: string; names: readonly string[] | null }
export type DescribeConfigsRequest = { resources: readonly ConfigResource[]; includeSynonyms: boolean }
export type ConfigSynonym = { name: string; value: string | null; source: number }
export type ConfigEntry = {
  name: string
  value: string | null
  isReadOnly: boolean
  source: number
  isSensitive: boolean
  synonyms: ConfigSynonym[]
  type: number
}
export type DescribedResource = {
  errorCode: number
  errorMessage: string | null
  type: number
  name: string
  configs: ConfigEntry[]
}
export type DescribeConfigsResponse = { throttleMs: number; resources: DescribedResource[] }

export const describeConfigsV3: Api<DescribeConfigsRequest, DescribeConfigsResponse> = {
  name: 'DescribeConfigs',
  key: 32,
  version: 3,
  write(writer, { resources, includeSynonyms }) {
    writer.array(resources, writeResource)
    writer.boolean(includeSynonyms)
    writer.boolean(false)
  },
  read: reader => ({ throttleMs: reader.int32(), resources: reader.array(11, readResource) }),
}

function writeResource(writer: Writer, { type, name, names }: ConfigResource): void {
  writer.int8(type)
  writer.string(name)
  writer.nullableArray(names, writeString)
}

function readResource(reader: Reader): DescribedResource {
  return {
    errorCode: reader.int16(),
    errorMessage: reader.message(),
    type: reader.int8(),
    name: reader.string(),
    configs: reader.array(14, readConfig),
  }
}

function readConfig(reader: Reader): ConfigEntry {
  const entry = {
    name: reader.string(),
    value: reader.nullableString(),
    isReadOnly: reader.boolean(),
    source: reader.int8(),
    isSensitive: reader.boolean(),
    synonyms: reader.array(5, readSynonym),
    type: reader.int8(),
  }
  reader.nullableString()
  return entry
}

function readSynonym(reader: Reader): ConfigSynonym {
  return { name: reader.string(), value: reader.nullableString(), source: reader.int8() }
}
