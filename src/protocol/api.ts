// The shape of every request file: number and version of the API, how the request is written and its answer read.
import { type Reader, Writer } from './bytes.ts'

export type Api<Request, Response> = {
  readonly name: string
  readonly key: number
  readonly version: number
  /** Flexible versions carry tagged fields in both headers. */
  readonly flexible?: true
  /** The answer has a header without them all the same, as that of ApiVersions. */
  readonly plainAnswer?: true
  write(writer: Writer, request: Request): void
  read(reader: Reader): Response
  /** What stands in for the answer where the broker gives none, as at acks=0; undefined where one is due. */
  unanswered?(request: Request): Response | undefined
}

const SIZE_BYTES = 4
const CORRELATION_AT = 8

/** Writes a request with its header; size and correlation id are put in by `stampRequest`. */
export function writeRequest<Request>(api: Api<Request, unknown>, request: Request, clientId: string): Writer {
  const writer = new Writer()
  writer.int32(0)
  writer.int16(api.key)
  writer.int16(api.version)
  writer.int32(0)
  writer.string(clientId)
  if (api.flexible) writer.noTags()
  api.write(writer, request)
  return writer
}

/** Puts size and correlation id into the header, which lies in the first part. */
export function stampRequest(firstPart: Buffer, sizeBytes: number, correlationId: number): void {
  firstPart.writeInt32BE(sizeBytes - SIZE_BYTES, 0)
  firstPart.writeInt32BE(correlationId, CORRELATION_AT)
}

/** Reads the body of an answer, to its last byte; the reader stands behind the correlation id. */
export function readResponse<Response>(api: Api<never, Response>, reader: Reader): Response {
  if (api.flexible && !api.plainAnswer) reader.skipTags()
  const response = api.read(reader)
  reader.expectEnd()
  return response
}
