// Looks at the envelope of a record where it lies, without making anything: for readers that check every record of a trial.
import {
  ENVELOPE_AT as AT,
  type Crc32c,
  ENVELOPE_BYTES,
  ENVELOPE_HEAD,
  FLAG_CRC,
  FLAG_SLIP,
  UNPLACED,
} from './envelope.ts'

/** What is wrong with a record; the numbers stand in truth files. */
export const ENVELOPE_FAULT = { none: 0, noEnvelope: 1, otherRun: 2, checksum: 4, otherPlace: 5, range: 7 } as const
export type EnvelopeFault = (typeof ENVELOPE_FAULT)[keyof typeof ENVELOPE_FAULT]

const TWO_POW_32 = 4_294_967_296

/** A cursor: after `look` returned 0 its fields are the envelope's. */
export class EnvelopeInspector {
  producer = 0
  sequence = 0
  transaction = 0
  /** The client chose the partition, so the envelope names none. */
  isUnplaced = false
  private readonly run: number
  private readonly topic: number
  private readonly partition: number
  private readonly crc32c: Crc32c

  constructor(place: { run: number; topic: number; partition: number }, crc32c: Crc32c) {
    this.run = place.run
    this.topic = place.topic
    this.partition = place.partition
    this.crc32c = crc32c
  }

  /** Looks at the value that lies in `bytes` from `at`; a checksum of the whole value is held against it where there is one. */
  look(bytes: Buffer, at: number, sizeBytes: number): EnvelopeFault {
    if (sizeBytes < ENVELOPE_BYTES) return ENVELOPE_FAULT.noEnvelope
    const flags = bytes.readUInt32BE(at)
    if (flags >>> 8 !== ENVELOPE_HEAD) return ENVELOPE_FAULT.noEnvelope
    if (bytes.readUInt32BE(at + AT.run) !== this.run) return ENVELOPE_FAULT.otherRun
    if (flags & FLAG_CRC && !this.isIntact(bytes, at, sizeBytes)) return ENVELOPE_FAULT.checksum
    const partition = bytes.readUInt32BE(at + AT.partition)
    this.isUnplaced = partition === UNPLACED
    if (bytes.readUInt16BE(at + AT.producer + 2) !== this.topic || (partition !== this.partition && !this.isUnplaced))
      return ENVELOPE_FAULT.otherPlace
    this.producer = bytes.readUInt16BE(at + AT.producer)
    this.sequence = bytes.readUInt32BE(at + AT.sequence) * TWO_POW_32 + bytes.readUInt32BE(at + AT.sequence + 4)
    if (this.sequence > Number.MAX_SAFE_INTEGER) return ENVELOPE_FAULT.range
    this.transaction = flags & FLAG_SLIP ? 0 : bytes.readUInt32BE(at + AT.slipUs)
    return ENVELOPE_FAULT.none
  }

  /** The checksum was made with its own field as zero. */
  private isIntact(bytes: Buffer, at: number, sizeBytes: number): boolean {
    const stored = bytes.readUInt32BE(at + 36)
    bytes.writeUInt32BE(0, at + 36)
    const made = this.crc32c(bytes.subarray(at, at + sizeBytes))
    bytes.writeUInt32BE(stored, at + 36)
    return made === stored
  }
}
