// What can go wrong on the wire, each with the one fact that a producer needs: whether the request may have been carried out.
import { codeRow } from './error-codes.ts'

const MAX_SHOWN_CHARS = 300

/** Text from a broker, short and without control characters, fit for a message. */
export function shownText(text: string): string {
  const plain = text.slice(0, MAX_SHOWN_CHARS).replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, found => {
    return `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
  return plain.slice(0, MAX_SHOWN_CHARS)
}

/** Bytes that are no Kafka frame, or break the grammar of the answer that was due. */
export class ProtocolError extends Error {
  readonly maybeWritten = true

  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'ProtocolError'
  }
}

/** The connection could not be made or has ended; what was in flight has an unknown outcome. */
export class ConnectionClosed extends Error {
  readonly maybeWritten: boolean

  constructor(message: string, options: ErrorOptions & { maybeWritten: boolean }) {
    super(message, options)
    this.name = 'ConnectionClosed'
    this.maybeWritten = options.maybeWritten
  }
}

/** No answer in time; the connection is closed with it, since answers come in order. */
export class RequestTimeout extends Error {
  readonly maybeWritten = true

  constructor(message: string) {
    super(message)
    this.name = 'RequestTimeout'
  }
}

/** The broker refused our credentials, or could not prove its own; never holds a secret. */
export class AuthenticationFailed extends Error {
  readonly maybeWritten = false

  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'AuthenticationFailed'
  }
}

/** An error code in a broker's answer. */
export class BrokerError extends Error {
  readonly code: number
  readonly codeName: string
  readonly retriable: boolean

  constructor(code: number, what: string, detail?: string | null) {
    const row = codeRow(code)
    super(`${what}: ${row.name}${detail ? ` (${shownText(detail)})` : ''}`)
    this.name = 'BrokerError'
    this.code = code
    this.codeName = row.name
    this.retriable = row.retriable
  }
}

/** Why a request has no answer. */
export type WireFailure = ProtocolError | ConnectionClosed | RequestTimeout | AuthenticationFailed

/** Throws where a code is not zero. */
export function throwIfError(code: number, what: string, detail?: string | null): void {
  if (code !== 0) throw new BrokerError(code, what, detail)
}
