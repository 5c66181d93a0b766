// Reads Kafka's primitive types from a frame that may be torn or hostile: every read is checked against its end.
import { ProtocolError, shownText } from './errors.ts'

const TWO_POW_32 = 4_294_967_296
const HIGH_WORD_LIMIT = 0x20_0000
const MAX_VARINT_BYTES = 5
const MAX_VARLONG_BYTES = 10
/** Bytes handed out for null; never written to. */
const NO_BYTES = Buffer.alloc(0)

/** As long as the name of a topic may be. */
const MAX_NAME_BYTES = 249
/** Nearly every answer names the one topic that is loaded: comparing is cheaper than making the same text again. */
let lastName = ''

/** A cursor over the bytes from `at` to `end`; views that it hands out share memory with the frame. */
export class Reader {
  readonly bytes: Buffer
  readonly end: number
  at: number

  constructor(bytes: Buffer, at = 0, end = bytes.length) {
    this.bytes = bytes
    this.at = at
    this.end = end
  }

  get remaining(): number {
    return this.end - this.at
  }

  /** Steps over bytes and says where they began. */
  skip(sizeBytes: number): number {
    const { at } = this
    if (sizeBytes < 0 || sizeBytes > this.end - at) {
      throw new ProtocolError(`${sizeBytes} bytes wanted at ${at}, ${this.end - at} left`)
    }
    this.at = at + sizeBytes
    return at
  }

  int8(): number {
    return this.bytes.readInt8(this.skip(1))
  }

  boolean(): boolean {
    return this.int8() !== 0
  }

  int16(): number {
    return this.bytes.readInt16BE(this.skip(2))
  }

  int32(): number {
    return this.bytes.readInt32BE(this.skip(4))
  }

  /** Offsets, times and ids; Kafka never uses more than 53 bits of them, so more is an error. */
  int64(): number {
    return readInt64(this.bytes, this.skip(8))
  }

  /** Any 64-bit value: a number where it is exact, else a bigint. */
  int64Exact(): number | bigint {
    const value = this.bytes.readBigInt64BE(this.skip(8))
    const number = Number(value)
    return Number.isSafeInteger(number) ? number : value
  }

  /** Zigzag of at most 32 bits. */
  varint(): number {
    const value = this.unsignedVarint()
    return (value >>> 1) ^ -(value & 1)
  }

  unsignedVarint(): number {
    let value = 0
    for (let i = 0; i < MAX_VARINT_BYTES; i++) {
      const byte = this.bytes.readUInt8(this.skip(1))
      if (i === MAX_VARINT_BYTES - 1 && byte > 0x0f) break
      value |= (byte & 0x7f) << (7 * i)
      if (byte < 0x80) return value >>> 0
    }
    throw new ProtocolError(`varint before ${this.at} is longer than 32 bits`)
  }

  /** Zigzag of at most 64 bits; beyond 53 bits the nearest double. */
  varlong(): number {
    const first = this.bytes.readUInt8(this.skip(1))
    let value = (first & 0x7f) >>> 1
    let scale = 64
    let byte = first
    for (let i = 1; byte >= 0x80; i++) {
      byte = this.bytes.readUInt8(this.skip(1))
      if (i === MAX_VARLONG_BYTES - 1 && byte > 1)
        throw new ProtocolError(`varlong before ${this.at} is longer than 64 bits`)
      value += (byte & 0x7f) * scale
      scale *= 128
    }
    return first & 1 ? -value - 1 : value
  }

  string(): string {
    const text = this.nullableString()
    if (text === null) throw new ProtocolError(`null before ${this.at} where a string is due`)
    return text
  }

  nullableString(): string | null {
    return this.text(this.int16())
  }

  /** What a broker says went wrong, fit to be shown. */
  message(): string | null {
    return shownOrNull(this.nullableString())
  }

  /** A view. */
  bytesView(): Buffer {
    const view = this.nullableBytesView()
    if (view === null) throw new ProtocolError(`null before ${this.at} where bytes are due`)
    return view
  }

  nullableBytesView(): Buffer | null {
    const sizeBytes = this.int32()
    if (sizeBytes === -1) return null
    if (sizeBytes === 0) return NO_BYTES
    const at = this.skip(sizeBytes)
    return this.bytes.subarray(at, at + sizeBytes)
  }

  /** Elements that take at least so many bytes each: a length that cannot fit is refused before anything is allocated. */
  array<T>(minElementBytes: number, read: (reader: Reader) => T): T[] {
    return this.elements(this.int32(), minElementBytes, read) ?? this.refuseNull()
  }

  nullableArray<T>(minElementBytes: number, read: (reader: Reader) => T): T[] | null {
    return this.elements(this.int32(), minElementBytes, read)
  }

  compactString(): string {
    return this.compactNullableString() ?? this.refuseNull()
  }

  compactNullableString(): string | null {
    return this.text(this.unsignedVarint() - 1)
  }

  compactMessage(): string | null {
    return shownOrNull(this.compactNullableString())
  }

  compactArray<T>(minElementBytes: number, read: (reader: Reader) => T): T[] {
    return this.elements(this.unsignedVarint() - 1, minElementBytes, read) ?? this.refuseNull()
  }

  /** Steps over the tagged fields of a flexible version, none of which is used. */
  skipTags(): void {
    const count = this.unsignedVarint()
    for (let i = 0; i < count; i++) {
      this.unsignedVarint()
      this.skip(this.unsignedVarint())
    }
  }

  /** Refuses what stands behind the last field. */
  expectEnd(): void {
    if (this.at !== this.end) throw new ProtocolError(`${this.end - this.at} bytes after the last field`)
  }

  private text(sizeBytes: number): string | null {
    if (sizeBytes === -1) return null
    const at = this.skip(sizeBytes)
    if (this.isLastName(at, sizeBytes)) return lastName
    const text = this.bytes.toString('utf8', at, at + sizeBytes)
    // As many characters as bytes: plain letters, each of which is its byte.
    if (text.length === sizeBytes && sizeBytes <= MAX_NAME_BYTES) lastName = text
    return text
  }

  private isLastName(at: number, sizeBytes: number): boolean {
    if (sizeBytes !== lastName.length) return false
    for (let i = 0; i < sizeBytes; i++) if (this.bytes[at + i] !== lastName.charCodeAt(i)) return false
    return true
  }

  private elements<T>(count: number, minElementBytes: number, read: (reader: Reader) => T): T[] | null {
    if (count === -1) return null
    if (count < 0 || count * minElementBytes > this.end - this.at) {
      throw new ProtocolError(`${count} elements announced before ${this.at}, ${this.end - this.at} bytes left`)
    }
    const elements: T[] = []
    for (let i = 0; i < count; i++) elements.push(read(this))
    return elements
  }

  private refuseNull(): never {
    throw new ProtocolError(`null before ${this.at} where a value is due`)
  }
}

function shownOrNull(text: string | null): string | null {
  return text === null ? null : shownText(text)
}

/** Reads 64 bits as a number; more than 53 of them in use is an error. */
export function readInt64(from: Buffer, at: number): number {
  const high = from.readInt32BE(at)
  if (high >= HIGH_WORD_LIMIT || high < -HIGH_WORD_LIMIT) {
    throw new ProtocolError(`64-bit number at ${at} is beyond 53 bits`)
  }
  return high * TWO_POW_32 + from.readUInt32BE(at + 4)
}

/** Reads 64 bits as the nearest double, for times: some write nanoseconds. */
export function readInt64Nearest(from: Buffer, at: number): number {
  return from.readInt32BE(at) * TWO_POW_32 + from.readUInt32BE(at + 4)
}

/** Reads an array element that is an int32. */
export function readInt32(reader: Reader): number {
  return reader.int32()
}

/** Reads an array element that is a string. */
export function readString(reader: Reader): string {
  return reader.string()
}
