// Primitive types survive writing and reading, and no read goes beyond the end.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Reader, readInt32, readString, Writer } from '../../../src/protocol/bytes.ts'
import { ProtocolError } from '../../../src/protocol/errors.ts'

const written = (write: (writer: Writer) => void): Buffer => {
  const writer = new Writer(1)
  write(writer)
  expect(writer.sizeBytes).toBe(writer.toBuffer().length)
  return writer.toBuffer()
}
/** What is read back, to the last byte. */
const read = <T>(bytes: Buffer, of: (reader: Reader) => T): T => {
  const reader = new Reader(bytes)
  const value = of(reader)
  reader.expectEnd()
  return value
}
const roundTrip = <T>(
  arbitrary: fc.Arbitrary<T>,
  write: (writer: Writer, value: T) => void,
  of: (reader: Reader) => T,
): void =>
  fc.assert(
    fc.property(arbitrary, value => {
      expect(
        read(
          written(writer => write(writer, value)),
          of,
        ),
      ).toEqual(value)
    }),
  )

const safe = fc.maxSafeInteger()
const text = fc.string({ unit: 'binary', maxLength: 300 })
const int32 = fc.integer()

describe('round trips', () => {
  it('int8', () =>
    roundTrip(
      fc.integer({ min: -128, max: 127 }),
      (w, v) => w.int8(v),
      r => r.int8(),
    ))
  it('boolean', () =>
    roundTrip(
      fc.boolean(),
      (w, v) => w.boolean(v),
      r => r.boolean(),
    ))
  it('int16', () =>
    roundTrip(
      fc.integer({ min: -32768, max: 32767 }),
      (w, v) => w.int16(v),
      r => r.int16(),
    ))
  it('int32', () =>
    roundTrip(
      int32,
      (w, v) => w.int32(v),
      r => r.int32(),
    ))
  it('int64', () =>
    roundTrip(
      safe,
      (w, v) => w.int64(v),
      r => r.int64(),
    ))
  it('int64 as it is', () =>
    roundTrip(
      fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
      (w, v) => w.int64(v),
      r => BigInt(r.int64Exact()),
    ))
  it('varint', () =>
    roundTrip(
      int32,
      (w, v) => w.varint(v),
      r => r.varint(),
    ))
  it('unsigned varint', () =>
    roundTrip(
      fc.integer({ min: 0, max: 0xffffffff }),
      (w, v) => w.unsignedVarint(v),
      r => r.unsignedVarint(),
    ))
  it('varlong', () =>
    roundTrip(
      safe,
      (w, v) => w.varlong(v),
      r => r.varlong(),
    ))
  it('string', () =>
    roundTrip(
      text,
      (w, v) => w.string(v),
      r => r.string(),
    ))
  it('nullable string', () =>
    roundTrip(
      fc.option(text),
      (w, v) => w.nullableString(v),
      r => r.nullableString(),
    ))
  it('compact string', () =>
    roundTrip(
      text,
      (w, v) => w.compactString(v),
      r => r.compactString(),
    ))
  it('bytes', () =>
    roundTrip(
      fc.uint8Array().map((v): Buffer => Buffer.from(v)),
      (w, v) => w.bytes(v),
      r => r.bytesView(),
    ))
  it('nullable bytes', () =>
    roundTrip(
      fc.constantFrom<Buffer | null>(null, Buffer.from('x')),
      (w, v) => w.nullableBytes(v),
      r => r.nullableBytesView(),
    ))
  it('array', () =>
    roundTrip(
      fc.array(int32),
      (w, v) => w.array(v, (_, item) => w.int32(item)),
      r => r.array(4, readInt32),
    ))
  it('nullable array', () =>
    roundTrip(
      fc.option(fc.array(text)),
      (w, v) => w.nullableArray(v, (_, item) => w.string(item)),
      r => r.nullableArray(2, readString),
    ))
  it('compact array', () =>
    roundTrip(
      fc.array(int32),
      (w, v) => w.compactArray(v, (_, item) => w.int32(item)),
      r => r.compactArray(4, readInt32),
    ))
})

describe('known bytes', () => {
  it.each([
    [0, '00'],
    [-1, '01'],
    [1, '02'],
    [63, '7e'],
    [-64, '7f'],
    [64, '8001'],
    [300, 'd804'],
    [2_147_483_647, 'feffffff0f'],
    [-2_147_483_648, 'ffffffff0f'],
  ])('varint %i', (value, hex) => {
    expect(written(writer => writer.varint(value)).toString('hex')).toBe(hex)
    expect(written(writer => writer.varlong(value)).toString('hex')).toBe(hex)
    expect(read(Buffer.from(hex, 'hex'), reader => reader.varlong())).toBe(value)
  })

  it('a varlong of all 64 bits reads as the nearest double', () => {
    expect(read(Buffer.from('ffffffffffffffffff01', 'hex'), reader => reader.varlong())).toBe(-(2 ** 63))
  })
})

describe('refusals', () => {
  const refused: [string, string, (reader: Reader) => unknown][] = [
    ['int64 beyond 53 bits', '0020000000000000', r => r.int64()],
    ['int64 below 53 bits', 'ffdfffffffffffff', r => r.int64()],
    ['string of null', 'ffff', r => r.string()],
    ['string of less than null', 'fffe', r => r.nullableString()],
    ['string longer than the frame', '000361', r => r.string()],
    ['bytes of null', 'ffffffff', r => r.bytesView()],
    ['bytes of less than null', 'fffffffe', r => r.nullableBytesView()],
    ['bytes longer than the frame', '7fffffff00', r => r.bytesView()],
    ['array of null', 'ffffffff', r => r.array(4, readInt32)],
    ['array of less than null', '80000000', r => r.nullableArray(4, readInt32)],
    ['array larger than the frame', '0000000200000001', r => r.array(4, readInt32)],
    ['compact array of null', '00', r => r.compactArray(4, readInt32)],
    ['compact array larger than the frame', 'ffffffff0f', r => r.compactArray(1, readInt32)],
    ['compact string of null', '00', r => r.compactString()],
    ['varint of 33 bits', 'ffffffff10', r => r.varint()],
    ['varint without end', 'ffffffffff', r => r.unsignedVarint()],
    ['varlong of 65 bits', 'ffffffffffffffffff02', r => r.varlong()],
    ['varlong without end', 'ffffffffffffffffffff', r => r.varlong()],
    ['tags longer than the frame', '01000500', r => r.skipTags()],
    ['more tags than bytes', 'ffffffff0f', r => r.skipTags()],
    ['bytes that are left', '00', r => r.expectEnd()],
  ]
  it.each(refused)('%s', (_, hex, of) => expect(() => of(new Reader(Buffer.from(hex, 'hex')))).toThrow(ProtocolError))

  it('of anything at the end of a frame, though the buffer goes on', () => {
    const bytes = Buffer.alloc(64, 1)
    for (const of of [
      (r: Reader) => r.int8(),
      (r: Reader) => r.int16(),
      (r: Reader) => r.int32(),
      (r: Reader) => r.int64(),
      (r: Reader) => r.int64Exact(),
      (r: Reader) => r.varint(),
      (r: Reader) => r.varlong(),
      (r: Reader) => r.string(),
    ]) {
      expect(() => of(new Reader(bytes, 0, 0))).toThrow(ProtocolError)
    }
  })
})

it('messages of brokers are made fit to be shown', () => {
  const bytes = written(writer => {
    writer.nullableString('a\u001b[2J')
    writer.nullableString(null)
    writer.compactString('b\n')
  })
  expect(read(bytes, r => [r.message(), r.message(), r.compactMessage()])).toEqual(['a\\u001b[2J', null, 'b\\u000a'])
})

describe('the writer', () => {
  it('splices buffers without copying them', () => {
    const writer = new Writer(4)
    const [one, two] = [Buffer.from('first'), Buffer.from('second')]
    writer.int8(1)
    writer.splice(one)
    writer.splice(two)
    writer.string('grows beyond its capacity')
    const parts = writer.parts()
    expect([parts[1] === one, parts[2] === two, parts.length]).toEqual([true, true, 4])
    expect(writer.sizeBytes).toBe(1 + 5 + 6 + 2 + 25)
    expect(Buffer.concat(parts).equals(writer.toBuffer())).toBe(true)
  })
})
