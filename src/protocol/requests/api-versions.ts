// ApiVersions v2: which versions of which APIs a broker speaks.
//
//   request  => (nothing)
//   response => error_code INT16, [api_key INT16, min_version INT16, max_version INT16], throttle_time_ms INT32
import type { Api } from '../api.ts'
import type { Reader } from '../bytes.ts'

export type ApiVersionRange = { key: number; min: number; max: number }
export type ApiVersionsResponse = { errorCode: number; apis: ApiVersionRange[]; throttleMs: number }

export const apiVersionsV2: Api<Record<string, never>, ApiVersionsResponse> = {
  name: 'ApiVersions',
  key: 18,
  version: 2,
  write: () => undefined,
  read: reader => ({ errorCode: reader.int16(), apis: reader.array(6, readRange), throttleMs: reader.int32() }),
}

function readRange(reader: Reader): ApiVersionRange {
  return { key: reader.int16(), min: reader.int16(), max: reader.int16() }
}
