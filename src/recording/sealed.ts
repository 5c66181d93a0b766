// JSON files of a recording that carry their own checksum as last key, so that a changed number is refused and not believed.
import { crc32 } from 'node:zlib'
import { HarnessError, messageOf } from '../core/errors.ts'

const TAIL = /,\n "crc32": "([0-9a-f]{8})"\n\}\n$/
const TAIL_BYTES = ',\n "crc32": "00000000"\n}\n'.length

const checksumOf = (bytes: Uint8Array): string => crc32(bytes).toString(16).padStart(8, '0')

/** The text of a file: plain JSON, with the checksum of everything before it. */
export function sealJson(value: Readonly<Record<string, unknown>>): string {
  const open = JSON.stringify(value, null, 1).slice(0, -'\n}'.length)
  return `${open},\n "crc32": "${checksumOf(Buffer.from(open))}"\n}\n`
}

/** Reads a sealed file back; E601 where it is not as it was written. */
export function openSealed<T extends object>(bytes: Buffer, file: string): T {
  const cut = Math.max(0, bytes.length - TAIL_BYTES)
  const tail = TAIL.exec(bytes.toString('latin1', cut))
  if (!tail || checksumOf(bytes.subarray(0, cut)) !== tail[1]) {
    throw new HarnessError({
      code: 'E601',
      message: 'the file does not match its checksum',
      place: { file },
      hint: 'the file was changed after it was written; take it from a backup or run again',
    })
  }
  const { crc32: _, ...value } = parseJson<T & { crc32: string }>(bytes, file)
  return value as unknown as T
}

/** Reads JSON whose checksum is not looked at, to say what kind of file it is. */
export function parseJson<T>(bytes: Buffer, file: string): T {
  try {
    return JSON.parse(bytes.toString('utf8')) as T
  } catch (error) {
    throw new HarnessError({ code: 'E601', message: `not readable as JSON: ${messageOf(error)}`, place: { file } })
  }
}
