// Compares one API with the golden bytes, its request as written and its answer as read.
import { describe, expect, it } from 'vitest'
import { type Api, readResponse, stampRequest, writeRequest } from '../../../../src/protocol/api.ts'
import { Reader } from '../../../../src/protocol/bytes.ts'
import { CLIENT_ID, CORRELATION_ID, golden } from './golden.ts'

/** Checks one API both ways. */
export function check<Request, Response>(
  api: Api<Request, Response>,
  requests: Record<string, Request>,
  response: Response,
): void {
  const name = `${api.name}.v${api.version}`
  describe(name, () => {
    it.each(Object.entries(requests))('request%s', (variant, request) => {
      const writer = writeRequest(api, request, CLIENT_ID)
      const parts = writer.parts()
      stampRequest(parts[0] as Buffer, writer.sizeBytes, CORRELATION_ID)
      expect(Buffer.concat(parts).toString('hex')).toBe(golden(`${name}${variant}.request`).toString('hex'))
    })

    it('answer', () => {
      const reader = new Reader(golden(`${name}.response`))
      expect(reader.int32()).toBe(reader.remaining)
      expect(reader.int32()).toBe(CORRELATION_ID)
      expect(readResponse(api, reader)).toEqual(response)
    })
  })
}
