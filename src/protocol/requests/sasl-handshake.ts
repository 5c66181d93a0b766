// SaslHandshake v1: names the mechanism; the exchange itself follows in SaslAuthenticate requests.
//
//   request  => mechanism STRING
//   response => error_code INT16, mechanisms [STRING]
import type { Api } from '../api.ts'
import { readString } from '../bytes.ts'

export type SaslHandshakeRequest = { mechanism: string }
export type SaslHandshakeResponse = { errorCode: number; mechanisms: string[] }

export const saslHandshakeV1: Api<SaslHandshakeRequest, SaslHandshakeResponse> = {
  name: 'SaslHandshake',
  key: 17,
  version: 1,
  write: (writer, { mechanism }) => writer.string(mechanism),
  read: reader => ({ errorCode: reader.int16(), mechanisms: reader.array(2, readString) }),
}
