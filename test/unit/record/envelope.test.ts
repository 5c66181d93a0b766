// Readers decide from these 40 bytes whether a record is ours and unharmed, so their layout and every bit of them is fixed here.
import { crc32c } from '@node-rs/crc32'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  ENVELOPE_BYTES,
  type Envelope,
  FLAG_CRC,
  FLAG_PROBE,
  FLAG_SLIP,
  readEnvelope,
  sealCrc,
  writeEnvelope,
} from '../../../src/record/envelope.ts'

const crc = (bytes: Uint8Array): number => crc32c(bytes)

const EXAMPLE: Envelope = {
  flags: FLAG_CRC,
  run: 0xdeadbeef,
  producer: 0x0102,
  topic: 0x0304,
  partition: 0x05060708,
  sequence: 0x0000_0a0b_0c0d_0e0f,
  intendedUs: 0x0006_5bfe_36fe_2240,
  slipUs: 0x11223344,
}

/** A value of `length` bytes with a sealed envelope at its head. */
function sealed(length: number, envelope: Envelope = EXAMPLE): Buffer {
  const bytes = Buffer.alloc(length, 0x5a)
  writeEnvelope(bytes, 0, envelope)
  sealCrc(bytes, 0, length, crc)
  return bytes
}

describe('layout', () => {
  test('every field stands at its documented byte, big-endian', () => {
    const bytes = sealed(64)
    expect(ENVELOPE_BYTES).toBe(40)
    expect(bytes.subarray(0, 32).toString('hex')).toBe(
      ['4b47', '01', '05', 'deadbeef', '0102', '0304', '05060708', '00000a0b0c0d0e0f', '00065bfe36fe2240'].join(''),
    )
    expect(bytes.readUInt32BE(32)).toBe(0x11223344)
    const unsealed = Buffer.from(bytes)
    unsealed.writeUInt32BE(0, 36)
    expect(bytes.readUInt32BE(36)).toBe(crc32c(unsealed))
  })

  test('without a slip the transaction field is zero and its flag is clear', () => {
    const bytes = Buffer.alloc(40, 0xff)
    const { slipUs: _, ...plain } = EXAMPLE
    writeEnvelope(bytes, 0, { ...plain, flags: FLAG_PROBE })
    expect(bytes[3]).toBe(FLAG_PROBE)
    expect(bytes.readUInt32BE(32)).toBe(0)
    expect(bytes.readUInt32BE(36)).toBe(0)
  })

  test('a slip that does not fit is cut to what does, never wrapped', () => {
    const bytes = Buffer.alloc(40)
    writeEnvelope(bytes, 0, { ...EXAMPLE, slipUs: -1 })
    expect(bytes.readUInt32BE(32)).toBe(0)
    writeEnvelope(bytes, 0, { ...EXAMPLE, slipUs: 2 ** 40 })
    expect(bytes.readUInt32BE(32)).toBe(0xffffffff)
  })

  test('stands wherever it is put', () => {
    const bytes = Buffer.alloc(100, 0x77)
    writeEnvelope(bytes, 50, EXAMPLE)
    expect(bytes.subarray(0, 50).every(byte => byte === 0x77)).toBe(true)
    expect(bytes.subarray(90).every(byte => byte === 0x77)).toBe(true)
    expect(readEnvelope(bytes.subarray(50))).toMatchObject({ ok: true, envelope: { run: EXAMPLE.run } })
  })
})

describe('reading', () => {
  test('gives back every field', () => {
    const uint = (bits: number) => fc.integer({ min: 0, max: 2 ** bits - 1 })
    const big = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER })
    fc.assert(
      fc.property(
        fc.record({
          flags: fc.constantFrom(0, FLAG_CRC, FLAG_CRC | FLAG_PROBE),
          run: uint(32),
          producer: uint(16),
          topic: uint(16),
          partition: uint(32),
          sequence: big,
          intendedUs: big,
          slipUs: uint(32),
        }),
        envelope => {
          const bytes = Buffer.alloc(48)
          writeEnvelope(bytes, 0, envelope)
          sealCrc(bytes, 0, 48, crc)
          expect(readEnvelope(bytes, crc)).toEqual({
            ok: true,
            envelope: { ...envelope, flags: envelope.flags | FLAG_SLIP },
          })
        },
      ),
    )
  })

  test('the CRC finds every single flipped bit of a value', () => {
    const intact = sealed(96)
    expect(readEnvelope(Buffer.from(intact), crc).ok).toBe(true)
    // The one bit that says whether there is a CRC at all is the reader's to know: see ConsumerRole.
    const crcFlagBit = 3 * 8
    for (let bit = 0; bit < intact.length * 8; bit++) {
      const changed = Buffer.from(intact)
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      const reading = readEnvelope(changed, crc)
      if (bit === crcFlagBit) expect(reading).toMatchObject({ ok: true, envelope: { flags: FLAG_SLIP } })
      else expect(reading, `bit ${bit}`).toEqual({ ok: false, reason: bit < 24 ? 'magic' : 'crc' })
    }
  })

  test('the CRC finds a value that was cut or grew', () => {
    const intact = sealed(96)
    for (let length = 0; length < 96; length++) {
      const reading = readEnvelope(Buffer.from(intact.subarray(0, length)), crc)
      expect(reading).toEqual({ ok: false, reason: length < 40 ? 'short' : 'crc' })
    }
    expect(readEnvelope(Buffer.concat([intact, Buffer.alloc(1)]), crc)).toEqual({ ok: false, reason: 'crc' })
  })

  test('without a CRC function only magic and version are checked', () => {
    const bytes = sealed(96)
    bytes[95] = 0
    expect(readEnvelope(bytes).ok).toBe(true)
  })
})

describe('bytes 32 to 35', () => {
  test('hold the number of a transaction where the flag does not say that they hold a time', () => {
    const { slipUs: _, ...rest } = EXAMPLE
    const bytes = sealed(64, { ...rest, transaction: 0xfffffffe })
    expect(bytes.readUInt8(3) & FLAG_SLIP).toBe(0)
    expect(bytes.readUInt32BE(32)).toBe(0xfffffffe)
    expect(readEnvelope(bytes)).toMatchObject({ envelope: { transaction: 0xfffffffe } })
    expect(readEnvelope(sealed(64))).not.toHaveProperty('envelope.transaction')
    expect(readEnvelope(sealed(64, rest))).not.toHaveProperty('envelope.transaction')
  })
})
