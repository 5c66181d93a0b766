// Reads a scenario file as text, or says why it is not one: missing, not a file, too large, not UTF-8.
import { isUtf8 } from 'node:buffer'
import type { Stats } from 'node:fs'
import { open, readdir, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { type ErrorCode, HarnessError } from '../core/errors.ts'
import { nearest } from '../core/suggest.ts'
import { formatBytes } from '../core/units.ts'
import { listed } from './show.ts'

/** The largest scenario file. */
export const MAX_BYTES = 256 * 1024

const MISSING = ['ENOENT', 'ENOTDIR']

function fail(code: ErrorCode, file: string, message: string, hint?: string, byte?: number): HarnessError {
  return new HarnessError({
    code,
    message,
    place: { file, ...(byte === undefined ? {} : { byte }) },
    ...(hint === undefined ? {} : { hint }),
  })
}

/** The text of a scenario file. */
export async function readScenarioText(file: string): Promise<string> {
  const stats = await statOf(file)
  if (stats.isDirectory()) throw fail('E102', file, 'is a directory, not a scenario file', await inFolder(file))
  if (!stats.isFile()) throw fail('E102', file, `is ${kindOf(stats)}, not a regular file`, 'name a YAML file')
  if (stats.size > MAX_BYTES) throw tooLarge(file, stats.size)
  return decodeText(await readBytes(file), file)
}

/** Bytes → text; refuses UTF-16, NUL and anything that is not UTF-8, with the byte where it happens. */
export function decodeText(bytes: Uint8Array, file: string): string {
  if (bytes.length > MAX_BYTES) throw tooLarge(file, bytes.length)
  const [first, second] = bytes
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff))
    throw fail('E104', file, 'the file is UTF-16', 'save it as UTF-8', 0)
  const nul = bytes.indexOf(0)
  if (nul >= 0) throw fail('E104', file, `a NUL byte at offset ${nul}`, 'save the file as plain UTF-8 text', nul)
  if (isUtf8(bytes)) return new TextDecoder('utf-8').decode(bytes)
  const at = firstInvalidByte(bytes)
  throw fail(
    'E104',
    file,
    `byte 0x${(bytes[at] ?? 0).toString(16)} at offset ${at} is not UTF-8`,
    'save the file as UTF-8',
    at,
  )
}

/** Decoding puts U+FFFD where bytes are wrong; the first one that was not written there marks the place. */
function firstInvalidByte(bytes: Uint8Array): number {
  let at = 0
  for (const char of new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)) {
    const isReplaced = char === '\ufffd' && !(bytes[at] === 0xef && bytes[at + 1] === 0xbf && bytes[at + 2] === 0xbd)
    if (isReplaced) return at
    at += Buffer.byteLength(char)
  }
  return at
}

function tooLarge(file: string, sizeBytes: number): HarnessError {
  return fail(
    'E103',
    file,
    `${formatBytes(sizeBytes)}, more than the ${formatBytes(MAX_BYTES)} a scenario may have`,
    'sweep settings with the matrix instead of repeating groups',
  )
}

async function statOf(file: string): Promise<Stats> {
  try {
    return await stat(file)
  } catch (error) {
    throw await unreadable(file, error)
  }
}

/** Reads at most one byte more than allowed, since some files say nothing true about their size. */
async function readBytes(file: string): Promise<Uint8Array> {
  try {
    await using handle = await open(file, 'r')
    const buffer = Buffer.alloc(MAX_BYTES + 1)
    let length = 0
    while (length < buffer.length) {
      const { bytesRead } = await handle.read(buffer, length, buffer.length - length)
      if (bytesRead === 0) break
      length += bytesRead
    }
    return buffer.subarray(0, length)
  } catch (error) {
    throw await unreadable(file, error)
  }
}

async function unreadable(file: string, error: unknown): Promise<HarnessError> {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error'
  if (!MISSING.includes(code))
    return fail(
      'E135',
      file,
      `cannot be read (${code})`,
      code === 'EACCES' ? 'give yourself the right to read it' : undefined,
    )
  const full = resolve(file)
  const near = await neighbour(file)
  return fail(
    'E101',
    file,
    full === file ? 'does not exist' : `does not exist (looked at ${full})`,
    near === undefined ? undefined : `did you mean ${near}?`,
  )
}

function kindOf(stats: Stats): string {
  if (stats.isFIFO()) return 'a pipe'
  if (stats.isSocket()) return 'a socket'
  if (stats.isCharacterDevice() || stats.isBlockDevice()) return 'a device'
  return 'something else'
}

async function scenariosIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => [])
  return names.filter(name => /\.ya?ml$/.test(name)).toSorted()
}

async function inFolder(folder: string): Promise<string> {
  const names = await scenariosIn(folder)
  return names.length > 0 ? `name one file in it: ${listed(names, 8)}` : 'name a YAML file'
}

/** A scenario beside the missing one whose name is much like it. */
async function neighbour(file: string): Promise<string | undefined> {
  const folder = dirname(file)
  const near =
    nearest(basename(file), await scenariosIn(folder)) ??
    nearest(`${basename(file)}.yaml`, await scenariosIn(folder), 0)
  return near === undefined ? undefined : join(folder, near)
}
