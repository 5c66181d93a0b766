// One line of a recording: {len, crc32, body}, so that a torn tail and a flipped bit are told apart from data.
import { crc32 } from 'node:zlib'
import { HarnessError } from '../core/errors.ts'

/** Longest body a reader accepts, against a file that is not ours. */
const MAX_BODY_BYTES = 64 * 1024 * 1024
/** What some file systems leave after a crash where bytes were never written. */
const HOLE = 0
const HEAD = /^\{"len":(\d+),"crc32":"([0-9a-f]{8})","body":/

/** Encodes one body as a line with its newline. */
export function encodeLine(body: unknown): string {
  const text = JSON.stringify(body)
  const bytes = Buffer.byteLength(text)
  return `{"len":${bytes},"crc32":"${crc32(text).toString(16).padStart(8, '0')}","body":${text}}\n`
}

export type DecodedLines<T> = { bodies: T[]; tornBytes: number; goodBytes: number }

/** Decodes a whole file; a torn last line is left out and counted, anything else wrong is refused with its byte. */
export function decodeLines<T>(bytes: Buffer, file: string): DecodedLines<T> {
  const bodies: T[] = []
  let at = 0
  while (at < bytes.length) {
    const end = bytes.indexOf(0x0a, at)
    if (end === -1) return { bodies, tornBytes: bytes.length - at, goodBytes: at }
    const line = bytes.subarray(at, end)
    const body = decodeOne<T>(line)
    if (body === undefined) {
      if (end === bytes.length - 1 && line.includes(HOLE))
        return { bodies, tornBytes: bytes.length - at, goodBytes: at }
      throw new HarnessError({
        code: 'E601',
        message: 'a line does not match its length or checksum',
        place: { file, byte: at },
        hint: 'the file was changed after it was written; take it from a backup or run again',
      })
    }
    bodies.push(body)
    at = end + 1
  }
  return { bodies, tornBytes: 0, goodBytes: at }
}

function decodeOne<T>(line: Buffer): T | undefined {
  const head = HEAD.exec(line.subarray(0, 64).toString('latin1'))
  if (!head) return undefined
  const length = Number(head[1])
  const start = head[0].length
  if (length > MAX_BODY_BYTES || line.length !== start + length + 1 || line[line.length - 1] !== 0x7d) return undefined
  const body = line.subarray(start, start + length)
  if (crc32(body).toString(16).padStart(8, '0') !== head[2]) return undefined
  try {
    return JSON.parse(body.toString('utf8')) as T
  } catch {
    return undefined
  }
}
