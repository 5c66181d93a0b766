// Walks the records of one batch, uncompressed or decompressed, handing out positions instead of objects.
//
//   length VARINT, attributes INT8, timestamp_delta VARLONG, offset_delta VARINT,
//   key_length VARINT (−1: null), key, value_length VARINT (−1: null), value,
//   header_count VARINT, [key_length VARINT, key, value_length VARINT (−1: null), value]
import { ProtocolError } from './errors.ts'

const MIN_RECORD_BYTES = 6
const MAX_VARINT_SHIFT = 28
/** The tenth and last byte of a varlong, which holds a single bit. */
const MAX_VARLONG_SCALE = 2 ** 62
const NO_BYTES: Buffer = Buffer.alloc(0)

/** A cursor: after each `next() === true` its fields are those of one record; sizes of −1 stand for null. */
export class RecordReader {
  bytes: Buffer = NO_BYTES
  timestampDeltaMs = 0
  offsetDelta = 0
  keyAt = 0
  keyBytes = 0
  valueAt = 0
  valueBytes = 0
  headerCount = 0
  /** Set by `nextHeader`. */
  headerKeyAt = 0
  headerKeyBytes = 0
  headerValueAt = 0
  headerValueBytes = 0
  private at = 0
  private end = 0
  private recordEnd = 0
  private left = 0
  private headersLeft = 0

  /** Begins anew over `count` records that fill the bytes from `at` to `end`. */
  over(bytes: Buffer, at: number, end: number, count: number): this {
    this.bytes = bytes
    this.recordEnd = at
    this.end = end
    this.left = count
    this.headersLeft = 0
    return this
  }

  /** Goes to the next record; false after the last. */
  next(): boolean {
    this.at = this.recordEnd
    if (this.left === 0) {
      if (this.at !== this.end) throw new ProtocolError(`${this.end - this.at} bytes after the last record of a batch`)
      return false
    }
    this.left--
    const sizeBytes = this.varint()
    const recordEnd = this.at + sizeBytes
    if (sizeBytes < MIN_RECORD_BYTES || recordEnd > this.end) throw this.broken('size')
    this.recordEnd = recordEnd
    this.at++
    this.timestampDeltaMs = this.varlong()
    this.offsetDelta = this.varint()
    this.keyBytes = this.varint()
    this.keyAt = this.skip(this.keyBytes)
    this.valueBytes = this.varint()
    this.valueAt = this.skip(this.valueBytes)
    this.headerCount = this.varint()
    this.headersLeft = this.headerCount
    if (this.headerCount < 0) throw this.broken('number of headers')
    if (this.at > recordEnd || (this.headerCount === 0 && this.at < recordEnd)) throw this.broken('fields')
    return true
  }

  /** Goes to the next header of the record; false after the last. */
  nextHeader(): boolean {
    if (this.headersLeft === 0) return false
    this.headersLeft--
    this.headerKeyBytes = this.varint()
    if (this.headerKeyBytes < 0) throw this.broken('header key')
    this.headerKeyAt = this.skip(this.headerKeyBytes)
    this.headerValueBytes = this.varint()
    this.headerValueAt = this.skip(this.headerValueBytes)
    const isTorn = this.headersLeft === 0 ? this.at !== this.recordEnd : this.at > this.recordEnd
    if (isTorn) throw this.broken('headers')
    return true
  }

  /** A view of the key. */
  key(): Buffer | null {
    return this.view(this.keyAt, this.keyBytes)
  }

  /** A view of the value. */
  value(): Buffer | null {
    return this.view(this.valueAt, this.valueBytes)
  }

  headerKey(): string {
    return this.bytes.toString('utf8', this.headerKeyAt, this.headerKeyAt + this.headerKeyBytes)
  }

  /** A view of the header's value. */
  headerValue(): Buffer | null {
    return this.view(this.headerValueAt, this.headerValueBytes)
  }

  private view(at: number, sizeBytes: number): Buffer | null {
    return sizeBytes < 0 ? null : this.bytes.subarray(at, at + sizeBytes)
  }

  /** Steps over a field of so many bytes, or over none for null, and says where it began. */
  private skip(sizeBytes: number): number {
    const { at } = this
    if (sizeBytes < -1 || sizeBytes > this.end - at) throw this.broken('field')
    if (sizeBytes > 0) this.at = at + sizeBytes
    return at
  }

  /** Bytes behind the end of the buffer read as 0, and the check behind the loop finds them. */
  private varint(): number {
    let { at } = this
    let byte = this.bytes[at++] as number
    let value = byte & 0x7f
    for (let shift = 7; byte >= 0x80; shift += 7) {
      byte = this.bytes[at++] as number
      if (shift > MAX_VARINT_SHIFT || (shift === MAX_VARINT_SHIFT && byte > 0x0f)) throw this.broken('varint')
      value |= (byte & 0x7f) << shift
    }
    if (at > this.end) throw this.broken('varint')
    this.at = at
    return (value >>> 1) ^ -(value & 1)
  }

  /** Beyond 53 bits the nearest double. */
  private varlong(): number {
    let { at } = this
    const first = this.bytes[at++] as number
    let byte = first
    let value = (first & 0x7f) >>> 1
    for (let scale = 64; byte >= 0x80; scale *= 128) {
      byte = this.bytes[at++] as number
      if (scale > MAX_VARLONG_SCALE || (scale === MAX_VARLONG_SCALE && byte > 1)) throw this.broken('varlong')
      value += (byte & 0x7f) * scale
    }
    if (at > this.end) throw this.broken('varlong')
    this.at = at
    return first & 1 ? -value - 1 : value
  }

  private broken(what: string): ProtocolError {
    return new ProtocolError(`broken ${what} of a record before ${this.at}`)
  }
}
