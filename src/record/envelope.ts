// The 40 bytes that make every record accountable: who wrote it, its place in the sequence, and when it was meant to go.
import type { Times } from '../core/times.ts'

export const ENVELOPE_BYTES = 40
export const ENVELOPE_HEADER = 'gauntlet'
const MAGIC = 0x4b47
const VERSION = 1

/** Magic and version, as the three bytes before the flags. */
export const ENVELOPE_HEAD = (MAGIC << 8) | VERSION
/** Where the fields stand, for readers that take none but what they need; 16 bits of topic follow the 16 of the producer. */
export const ENVELOPE_AT = { run: 4, producer: 8, partition: 12, sequence: 16, intendedUs: 24, slipUs: 32 } as const

/**
 * Flags: bit 0, a CRC-32C of the value stands in bytes 36–39; bit 1, a readiness probe;
 * bit 2, bytes 32–35 hold sent − intended in µs instead of a transaction number, so that readers know the service time.
 */
export const FLAG_CRC = 1
export const FLAG_PROBE = 2
export const FLAG_SLIP = 4
const MAX_SLIP_US = 0xffffffff
const TWO_POW_32 = 4_294_967_296

/** Stands for the partition where the client chooses it; sequences are then dense per producer and topic. */
export const UNPLACED = 0xffffffff

export type Crc32c = (bytes: Uint8Array) => number

export type Envelope = {
  flags: number
  run: number
  producer: number
  topic: number
  partition: number
  sequence: number
  intendedUs: number
  /** sent − intended; present with FLAG_SLIP. */
  slipUs?: number
  /** Number of its transaction, above 0; present without FLAG_SLIP only. */
  transaction?: number
}

/** Writes the envelope at `at`; the CRC is written by `sealCrc` once the whole value stands. */
export function writeEnvelope(into: Buffer, at: number, envelope: Envelope): void {
  into.writeUInt16BE(MAGIC, at)
  into.writeUInt8(VERSION, at + 2)
  into.writeUInt8(envelope.slipUs === undefined ? envelope.flags : envelope.flags | FLAG_SLIP, at + 3)
  into.writeUInt32BE(envelope.run, at + 4)
  into.writeUInt16BE(envelope.producer, at + 8)
  into.writeUInt16BE(envelope.topic, at + 10)
  into.writeUInt32BE(envelope.partition, at + 12)
  writeUint64(into, envelope.sequence, at + 16)
  writeUint64(into, envelope.intendedUs, at + 24)
  into.writeUInt32BE(Math.max(0, Math.min(MAX_SLIP_US, envelope.slipUs ?? envelope.transaction ?? 0)), at + 32)
  into.writeUInt32BE(0, at + 36)
}

/** What `stampEnvelopes` writes: partition, sequence, times. */
export const STAMPED = { at: ENVELOPE_AT.partition, sizeBytes: 24 } as const

type Stamps = { partition: number; firstSeq: number; intended: Times; offered: Times }

/** Puts into envelopes that stand already what is proper to the records of one batch; `valueAt` says where each begins. */
export function stampEnvelopes(into: DataView, valueAt: Int32Array, batch: Stamps): void {
  const { partition, firstSeq, intended, offered } = batch
  let place = 0
  let offeredRun = 0
  for (let run = 0; run < intended.us.length; run++) {
    const us = intended.us[run] as number
    const usHigh = Math.floor(us / TWO_POW_32)
    const usLow = us % TWO_POW_32
    const end = intended.until[run] as number
    while (place < end) {
      while (place >= (offered.until[offeredRun] as number)) offeredRun++
      const slipUs = Math.max(0, Math.min(MAX_SLIP_US, (offered.us[offeredRun] as number) - us))
      const stop = Math.min(end, offered.until[offeredRun] as number)
      for (; place < stop; place++) {
        const at = valueAt[place] as number
        const sequence = firstSeq + place
        into.setUint32(at + 12, partition)
        into.setUint32(at + 16, Math.floor(sequence / TWO_POW_32))
        into.setUint32(at + 20, sequence % TWO_POW_32)
        into.setUint32(at + 24, usHigh)
        into.setUint32(at + 28, usLow)
        into.setUint32(at + 32, slipUs)
      }
    }
  }
}

/** Puts the CRC-32C of the bytes from `at` to `end`, computed with its own field as zero. */
export function sealCrc(into: Buffer, at: number, end: number, crc32c: Crc32c): void {
  into.writeUInt32BE(crc32c(into.subarray(at, end)), at + 36)
}

/** range: a sequence or a time of 2^53 or more, which no writer can have written and no reader could count with. */
export type EnvelopeReading =
  | { ok: true; envelope: Envelope }
  | { ok: false; reason: 'short' | 'magic' | 'crc' | 'range' }

/** Reads an envelope; with a CRC function and the CRC flag set, the whole `value` is checked (its CRC field is zeroed in place). */
export function readEnvelope(value: Buffer, crc32c?: Crc32c): EnvelopeReading {
  if (value.length < ENVELOPE_BYTES) return { ok: false, reason: 'short' }
  if (value.readUInt16BE(0) !== MAGIC || value.readUInt8(2) !== VERSION) return { ok: false, reason: 'magic' }
  const flags = value.readUInt8(3)
  if (crc32c && flags & FLAG_CRC) {
    const stored = value.readUInt32BE(36)
    value.writeUInt32BE(0, 36)
    if (crc32c(value) !== stored) return { ok: false, reason: 'crc' }
  }
  const sequence = readUint64(value, 16)
  const intendedUs = readUint64(value, 24)
  if (sequence > Number.MAX_SAFE_INTEGER || intendedUs > Number.MAX_SAFE_INTEGER) return { ok: false, reason: 'range' }
  return {
    ok: true,
    envelope: {
      flags,
      run: value.readUInt32BE(4),
      producer: value.readUInt16BE(8),
      topic: value.readUInt16BE(10),
      partition: value.readUInt32BE(12),
      sequence,
      intendedUs,
      ...ofBytes32(flags, value.readUInt32BE(32)),
    },
  }
}

/** The flag says which of its two uses a number is. */
function ofBytes32(flags: number, value: number): Pick<Envelope, 'slipUs' | 'transaction'> {
  if (flags & FLAG_SLIP) return { slipUs: value }
  return value > 0 ? { transaction: value } : {}
}

function writeUint64(into: Buffer, value: number, at: number): void {
  into.writeUInt32BE(Math.floor(value / TWO_POW_32), at)
  into.writeUInt32BE(value % TWO_POW_32, at + 4)
}

function readUint64(from: Buffer, at: number): number {
  return from.readUInt32BE(at) * TWO_POW_32 + from.readUInt32BE(at + 4)
}
