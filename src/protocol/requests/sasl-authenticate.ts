// SaslAuthenticate v1: one message of the mechanism each way.
//
//   request  => auth_bytes BYTES
//   response => error_code INT16, error_message NULLABLE_STRING, auth_bytes BYTES, session_lifetime_ms INT64
import type { Api } from '../api.ts'

export type SaslAuthenticateRequest = { authBytes: Buffer }
export type SaslAuthenticateResponse = {
  errorCode: number
  errorMessage: string | null
  authBytes: Buffer
  /** After it the broker ends the connection; 0 where it never does. */
  sessionLifetimeMs: number
}

export const saslAuthenticateV1: Api<SaslAuthenticateRequest, SaslAuthenticateResponse> = {
  name: 'SaslAuthenticate',
  key: 36,
  version: 1,
  write: (writer, { authBytes }) => writer.bytes(authBytes),
  read: reader => ({
    errorCode: reader.int16(),
    errorMessage: reader.nullableString(),
    authBytes: reader.bytesView(),
    sessionLifetimeMs: reader.int64(),
  }),
}
