// Frames, record batches and error codes as Kafka's own Java classes write them; Golden.java beside this makes the file.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

type ErrorRow = [code: number, name: string, retriable: boolean, staleMetadata: boolean]

const file = JSON.parse(readFileSync(join(import.meta.dirname, 'golden.json'), 'utf8')) as Record<string, unknown>

export const CLIENT_ID = 'gauntlet'
export const CORRELATION_ID = 0x01020304

/** A frame with its size field, or a record batch. */
export function golden(name: string): Buffer {
  const text = file[name]
  if (typeof text !== 'string') throw new Error(`no golden bytes called ${name}`)
  return Buffer.from(text, 'hex')
}

export const goldenErrors = file['errors'] as ErrorRow[]
export const goldenNames = Object.keys(file)
