// Frames come out of a byte stream the same however it was cut, in memory bounded by the largest of them.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ProtocolError } from '../../../src/protocol/errors.ts'
import { FrameReader } from '../../../src/protocol/frames.ts'

const withSize = (body: Buffer): Buffer => {
  const size = Buffer.alloc(4)
  size.writeInt32BE(body.length, 0)
  return Buffer.concat([size, body])
}

/** Feeds a stream in pieces of the given sizes, over and over, and copies what comes out. */
function cut(stream: Buffer, pieceBytes: readonly number[], reuse: boolean, maxFrameBytes = 1 << 24): Buffer[] {
  const frames = new FrameReader({ maxFrameBytes, reuse })
  const found: Buffer[] = []
  let at = 0
  for (let turn = 0; at < stream.length; turn++) {
    const target = frames.target()
    if (target.length === 0) throw new Error('nowhere to read to')
    const wanted = pieceBytes[turn % pieceBytes.length] as number
    const taken = stream.copy(target, 0, at, Math.min(stream.length, at + wanted))
    at += taken
    frames.advance(taken)
    for (let frame = frames.next(); frame; frame = frames.next()) found.push(Buffer.from(frame))
  }
  return found
}

const filled = (sizeBytes: number, seed: number): Buffer => Buffer.alloc(sizeBytes, `${seed}abcdefg`)

describe.each([false, true])('with reuse %s', reuse => {
  it('cuts at every byte', () => {
    const bodies = [filled(4, 1), filled(31, 2), filled(5, 3)]
    const stream = Buffer.concat(bodies.map(withSize))
    for (let first = 1; first < stream.length; first++)
      expect(cut(stream, [first, stream.length], reuse)).toEqual(bodies)
    expect(cut(stream, [1], reuse)).toEqual(bodies)
    expect(cut(stream, [stream.length], reuse)).toEqual(bodies)
  })

  it('cuts anywhere, small and large frames mixed', () => {
    const sizes = fc.array(fc.oneof(fc.integer({ min: 4, max: 200 }), fc.integer({ min: 4, max: 400_000 })), {
      maxLength: 8,
    })
    const cuts = fc.array(fc.oneof(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 50, max: 300_000 })), {
      minLength: 1,
      maxLength: 5,
    })
    fc.assert(
      fc.property(sizes, cuts, (bodyBytes, pieceBytes) => {
        const bodies = bodyBytes.map((sizeBytes, i) => filled(sizeBytes, i))
        const stream = Buffer.concat(bodies.map(withSize))
        const smallest = stream.length / 500
        const pieces = pieceBytes.map(bytes => Math.max(bytes, Math.ceil(smallest)))
        const found = cut(stream, pieces, reuse)
        return found.length === bodies.length && bodies.every((body, i) => body.equals(found[i] as Buffer))
      }),
      { numRuns: 150 },
    )
  })

  it('takes a frame of exactly the cap and refuses one byte more', () => {
    expect(cut(withSize(filled(1000, 1)), [100], reuse, 1000)).toEqual([filled(1000, 1)])
    expect(() => cut(withSize(filled(1001, 1)), [100], reuse, 1000)).toThrow(ProtocolError)
  })

  it.each([-1, -2_147_483_648, 0, 3, 2_147_483_647])('refuses a size of %i', sizeBytes => {
    const stream = Buffer.alloc(8)
    stream.writeInt32BE(sizeBytes, 0)
    expect(() => cut(stream, [8], reuse)).toThrow(ProtocolError)
  })
})

describe('memory', () => {
  it('stays one buffer with reuse', () => {
    const frames = new FrameReader({ maxFrameBytes: 1 << 24, reuse: true })
    const stream = Buffer.concat([withSize(filled(300_000, 1)), withSize(filled(10, 2))])
    const memories = new Set<ArrayBufferLike>()
    for (let round = 0; round < 50; round++) {
      for (let at = 0; at < stream.length; ) {
        const target = frames.target()
        const taken = stream.copy(target, 0, at, at + 70_000)
        at += taken
        frames.advance(taken)
        for (let frame = frames.next(); frame; frame = frames.next()) memories.add(frame.buffer)
      }
    }
    expect(memories.size).toBeLessThanOrEqual(2)
  })

  it('hands out views that stay as they are without reuse', () => {
    const frames = new FrameReader({ maxFrameBytes: 1 << 24, reuse: false })
    const kept: { frame: Buffer; body: Buffer }[] = []
    for (let i = 0; i < 200; i++) {
      const body = filled(1 + ((i * 7919) % 40_000) + 4, i)
      const stream = withSize(body)
      for (let at = 0; at < stream.length; ) {
        const taken = stream.copy(frames.target(), 0, at)
        at += taken
        frames.advance(taken)
        for (let frame = frames.next(); frame; frame = frames.next()) kept.push({ frame, body })
      }
    }
    expect(kept).toHaveLength(200)
    for (const { frame, body } of kept) expect(frame.equals(body)).toBe(true)
  })

  it('guesses TLS from its first bytes', () => {
    expect(() => cut(Buffer.from('15030300020246', 'hex'), [7], false)).toThrow(/TLS/)
  })
})
