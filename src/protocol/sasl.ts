// Proves who we are before a connection is used; with SCRAM (RFC 5802) the broker must prove itself too.
import { randomBytes } from 'node:crypto'
import type { Api } from './api.ts'
import { CODES } from './error-codes.ts'
import { AuthenticationFailed, shownText } from './errors.ts'
import { saslAuthenticateV1 } from './requests/sasl-authenticate.ts'
import { saslHandshakeV1 } from './requests/sasl-handshake.ts'
import { ScramClient } from './scram.ts'

export type Sasl = { mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512'; username: string; password: string }

/** The part of a connection that the exchange needs. */
type Requester = { request<Request, Response>(api: Api<Request, Response>, request: Request): Promise<Response> }

const NONCE_BYTES = 24

/** Authenticates a fresh connection; errors name the mechanism and what the broker said, never a secret. */
export async function authenticate(connection: Requester, sasl: Sasl, host: string): Promise<void> {
  const mechanism = sasl.mechanism.toUpperCase()
  const refuse = (why: string): AuthenticationFailed => {
    const shown = shownText(why.replaceAll(sasl.password, '[hidden]'))
    return new AuthenticationFailed(`${mechanism} at ${host}: ${shown}`)
  }
  const handshake = await connection.request(saslHandshakeV1, { mechanism })
  if (handshake.errorCode === CODES.UNSUPPORTED_SASL_MECHANISM)
    throw refuse(`not offered; the broker offers ${handshake.mechanisms.join(', ') || 'none'}`)
  if (handshake.errorCode !== 0) throw refuse(`handshake refused with code ${handshake.errorCode}`)
  const exchange = async (text: string): Promise<string> => {
    const answer = await connection.request(saslAuthenticateV1, { authBytes: Buffer.from(text) })
    if (answer.errorCode !== 0) throw refuse(answer.errorMessage ?? `refused with code ${answer.errorCode}`)
    return answer.authBytes.toString()
  }
  if (sasl.mechanism === 'plain') {
    await exchange(`\0${sasl.username}\0${sasl.password}`)
    return
  }
  const hash = sasl.mechanism === 'scram-sha-256' ? 'sha256' : 'sha512'
  const scram = new ScramClient({ ...sasl, hash, nonce: randomBytes(NONCE_BYTES).toString('base64') })
  try {
    await scram
      .prove(await exchange(scram.first()))
      .then(exchange)
      .then(final => scram.verify(final))
  } catch (error) {
    throw error instanceof RangeError ? refuse(error.message) : error
  }
}
