// A hundred thousand torn, flipped and hostile frames: an answer or a ProtocolError, never a crash, a hang or more memory than the frame.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Api, readResponse } from '../../../src/protocol/api.ts'
import { BATCH_CODECS, BatchReader } from '../../../src/protocol/batch.ts'
import { Reader } from '../../../src/protocol/bytes.ts'
import { ProtocolError } from '../../../src/protocol/errors.ts'
import { FrameReader } from '../../../src/protocol/frames.ts'
import { RecordReader } from '../../../src/protocol/records.ts'
import { APIS } from '../../../src/protocol/requests/index.ts'
import { AbortedTransactions } from '../../../src/protocol/transactions.ts'
import { golden } from './golden/golden.ts'

const RUNS_PER_TARGET = 4000
const HEADER_BYTES = 8
/** Characters that one byte of a broker's message may become when it is escaped; 1 for all else. */
const ESCAPE_CHARS = 6

type Change =
  | { kind: 'flip'; at: number; bit: number }
  | { kind: 'int'; at: number; value: number }
  | { kind: 'cut'; at: number }
  | { kind: 'drop'; at: number; bytes: number }
  | { kind: 'insert'; at: number; bytes: Uint8Array }

/** Numbers that break careless readers. */
const hostile = fc.constantFrom(
  -1,
  -2,
  0,
  1,
  0x7fff_ffff,
  -0x8000_0000,
  0x7fff,
  0xffff,
  0x00ff_ffff,
  0x1000_0000,
  65_536,
)
const at = fc.nat(4096)
const change: fc.Arbitrary<Change> = fc.oneof(
  fc.record({ kind: fc.constant('flip' as const), at, bit: fc.nat(7) }),
  fc.record({ kind: fc.constant('int' as const), at, value: hostile }),
  fc.record({ kind: fc.constant('cut' as const), at }),
  fc.record({ kind: fc.constant('drop' as const), at, bytes: fc.nat(40) }),
  fc.record({ kind: fc.constant('insert' as const), at, bytes: fc.uint8Array({ minLength: 1, maxLength: 40 }) }),
)
const changes = fc.array(change, { minLength: 1, maxLength: 4 })
const garbage = fc.uint8Array({ maxLength: 300 }).map((bytes): Buffer => Buffer.from(bytes))

function apply(original: Buffer, list: readonly Change[]): Buffer {
  let bytes: Buffer = Buffer.from(original)
  for (const one of list) {
    if (bytes.length < 4) return bytes
    const place = one.at % bytes.length
    if (one.kind === 'flip') bytes.writeUInt8(bytes.readUInt8(place) ^ (1 << one.bit), place)
    else if (one.kind === 'int') bytes.writeInt32BE(one.value | 0, Math.min(place, bytes.length - 4))
    else if (one.kind === 'cut') bytes = bytes.subarray(0, place)
    else if (one.kind === 'drop') bytes = Buffer.concat([bytes.subarray(0, place), bytes.subarray(place + one.bytes)])
    else bytes = Buffer.concat([bytes.subarray(0, place), one.bytes, bytes.subarray(place)])
  }
  return bytes
}

/** The result, or undefined for a ProtocolError; anything else that is thrown is a crash. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof ProtocolError) return undefined
    throw error
  }
}

/** Elements of arrays, characters of strings and bytes of views in a value: what a hostile length would inflate. */
function parts(value: unknown): number {
  if (typeof value === 'string' || Buffer.isBuffer(value)) return value.length
  if (Array.isArray(value)) return value.reduce<number>((sum, item) => sum + 1 + parts(item), 0)
  if (typeof value !== 'object' || value === null) return 0
  return Object.values(value).reduce<number>((sum, item) => sum + parts(item), 0)
}

let runs = 0

function fuzz(bytes: Buffer, check: (mutated: Buffer) => boolean): void {
  const frame = fc.oneof(
    { weight: 9, arbitrary: changes.map(list => apply(bytes, list)) },
    { weight: 1, arbitrary: garbage },
  )
  const counted = (mutated: Buffer): boolean => {
    runs++
    return check(mutated)
  }
  fc.assert(fc.property(frame, counted), { numRuns: RUNS_PER_TARGET })
}

describe('answers', () => {
  it.each(APIS.map(api => [`${api.name} v${api.version}`, api] as const))('%s', (_, api: Api<never, unknown>) => {
    const body = golden(`${api.name}.v${api.version}.response`).subarray(HEADER_BYTES)
    let understood = 0
    fuzz(body, mutated => {
      const response = attempt(() => readResponse(api, new Reader(mutated)))
      if (response !== undefined) understood++
      return response === undefined || parts(response) <= mutated.length * ESCAPE_CHARS
    })
    expect(understood).toBeGreaterThan(0)
    expect(understood).toBeLessThan(RUNS_PER_TARGET)
  })
})

describe('record sets', () => {
  const batch = new BatchReader()
  const records = new RecordReader()

  /** Walks everything there is, as a consumer would, and counts batches, records and headers by their least sizes. */
  function walk(bytes: Buffer): number {
    const aborted = new AbortedTransactions([{ producerId: 4711, firstOffset: 0 }])
    let leastBytes = 0
    batch.over(bytes)
    while (batch.next()) {
      leastBytes += 61
      batch.crcMatches()
      aborted.hides(batch)
      records.over(batch.bytes, batch.recordsAt, batch.end, batch.count)
      while (records.next()) {
        leastBytes += 7
        leastBytes += (records.key()?.length ?? 0) + (records.value()?.length ?? 0)
        while (records.nextHeader()) leastBytes += 2 + records.headerKey().length
      }
    }
    return leastBytes
  }

  it.each([...BATCH_CODECS, 'abort', 'commit', 'format1'])('%s', name => {
    const bytes = golden(`batch.${name}`)
    fuzz(bytes, mutated => {
      const set = Buffer.concat([mutated, golden('batch.none')])
      return (attempt(() => walk(set)) ?? 0) <= set.length
    })
  })
})

describe('streams', () => {
  it('of frames', () => {
    const stream = Buffer.concat([
      golden('Metadata.v8.response'),
      golden('Fetch.v11.response'),
      golden('Produce.v8.response'),
    ])
    fuzz(stream, mutated => {
      const frames = new FrameReader({ maxFrameBytes: 1 << 20, reuse: mutated.length % 2 === 0 })
      let given = 0
      attempt(() => {
        frames.advance(mutated.copy(frames.target()))
        for (let frame = frames.next(); frame; frame = frames.next()) given += frame.length + 4
        if (frames.target().length === 0) throw new Error('nowhere to read to')
      })
      return given <= mutated.length && frames.target().buffer.byteLength <= (1 << 20) * 1.25 + 8
    })
  })
})

it('that was a hundred thousand frames', () => expect(runs).toBeGreaterThanOrEqual(100_000))
