// ApiVersions v3, asked for one thing: the feature levels that the cluster has finalized, which decide what it promises.
//
//   request  => client_software_name COMPACT_STRING, client_software_version COMPACT_STRING, tags
//   response => error_code INT16, [api_key INT16, min_version INT16, max_version INT16, tags] COMPACT, throttle_time_ms INT32,
//               tags: 2 => [name COMPACT_STRING, max_level INT16, min_level INT16, tags] COMPACT, the finalized features
import type { Api } from '../api.ts'
import type { Reader } from '../bytes.ts'

export type FinalizedFeature = { name: string; level: number }
export type FeaturesResponse = { errorCode: number; features: FinalizedFeature[] }

const SOFTWARE = 'kafka-gauntlet'
const VERSION = '1'
const FINALIZED_TAG = 2

export const featuresV3: Api<Record<string, never>, FeaturesResponse> = {
  name: 'ApiVersions',
  key: 18,
  version: 3,
  flexible: true,
  plainAnswer: true,
  write(writer) {
    writer.compactString(SOFTWARE)
    writer.compactString(VERSION)
    writer.noTags()
  },
  read(reader) {
    const errorCode = reader.int16()
    reader.compactArray(7, skipRange)
    reader.int32()
    return { errorCode, features: readTags(reader) }
  },
}

function readTags(reader: Reader): FinalizedFeature[] {
  const count = reader.unsignedVarint()
  let features: FinalizedFeature[] = []
  for (let i = 0; i < count; i++) {
    const tag = reader.unsignedVarint()
    const sizeBytes = reader.unsignedVarint()
    if (tag === FINALIZED_TAG) features = reader.compactArray(6, readFeature)
    else reader.skip(sizeBytes)
  }
  return features
}

function skipRange(reader: Reader): void {
  reader.skip(6)
  reader.skipTags()
}

function readFeature(reader: Reader): FinalizedFeature {
  const name = reader.compactString()
  const level = reader.int16()
  reader.int16()
  reader.skipTags()
  return { name, level }
}
