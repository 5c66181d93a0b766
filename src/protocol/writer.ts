// Writes requests as a list of buffers: small fields go into one growing buffer, record batches are spliced in as they are.

const TWO_POW_32 = 4_294_967_296
const DEFAULT_CAPACITY_BYTES = 512
const SHORT_BYTES = 64

/** A ready-made buffer that stands in the message before the own bytes from `at` on. */
type Splice = { at: number; buffer: Buffer }

export class Writer {
  private buffer: Buffer
  private at = 0
  private spliced: Splice[] | undefined
  private splicedBytes = 0

  constructor(capacityBytes = DEFAULT_CAPACITY_BYTES) {
    this.buffer = Buffer.allocUnsafe(capacityBytes)
  }

  /** Bytes of the message so far, spliced ones included. */
  get sizeBytes(): number {
    return this.at + this.splicedBytes
  }

  int8(value: number): void {
    const at = this.reserve(1)
    this.buffer.writeInt8(value, at)
  }

  boolean(value: boolean): void {
    this.int8(value ? 1 : 0)
  }

  int16(value: number): void {
    const at = this.reserve(2)
    this.buffer.writeInt16BE(value, at)
  }

  int32(value: number): void {
    const at = this.reserve(4)
    this.buffer.writeInt32BE(value, at)
  }

  int64(value: number | bigint): void {
    const at = this.reserve(8)
    if (typeof value === 'bigint') this.buffer.writeBigInt64BE(value, at)
    else writeInt64(this.buffer, value, at)
  }

  /** Zigzag of at most 32 bits. */
  varint(value: number): void {
    this.unsignedVarint(((value << 1) ^ (value >> 31)) >>> 0)
  }

  unsignedVarint(value: number): void {
    let rest = value
    while (rest > 0x7f) {
      this.uint8((rest & 0x7f) | 0x80)
      rest >>>= 7
    }
    this.uint8(rest)
  }

  /** Zigzag of a safe integer. */
  varlong(value: number): void {
    let rest = value < 0 ? BigInt(value) * -2n - 1n : BigInt(value) * 2n
    while (rest > 0x7fn) {
      this.uint8(Number(rest & 0x7fn) | 0x80)
      rest >>= 7n
    }
    this.uint8(Number(rest))
  }

  string(text: string): void {
    const sizeBytes = bytesOf(text)
    this.int16(sizeBytes)
    this.text(text, sizeBytes)
  }

  nullableString(text: string | null): void {
    if (text === null) this.int16(-1)
    else this.string(text)
  }

  /** Copies. */
  bytes(value: Uint8Array): void {
    this.int32(value.length)
    this.raw(value)
  }

  nullableBytes(value: Uint8Array | null): void {
    if (value === null) this.int32(-1)
    else this.bytes(value)
  }

  /** Copies bytes without a length before them. */
  raw(value: Uint8Array): void {
    const at = this.reserve(value.length)
    this.buffer.set(value, at)
  }

  array<T>(items: readonly T[], write: (writer: Writer, item: T) => void): void {
    this.int32(items.length)
    for (const item of items) write(this, item)
  }

  nullableArray<T>(items: readonly T[] | null, write: (writer: Writer, item: T) => void): void {
    if (items === null) this.int32(-1)
    else this.array(items, write)
  }

  compactString(text: string): void {
    const sizeBytes = bytesOf(text)
    this.unsignedVarint(sizeBytes + 1)
    this.text(text, sizeBytes)
  }

  compactArray<T>(items: readonly T[], write: (writer: Writer, item: T) => void): void {
    this.unsignedVarint(items.length + 1)
    for (const item of items) write(this, item)
  }

  /** The tagged fields of a flexible version: none. */
  noTags(): void {
    this.int8(0)
  }

  /** Puts a buffer into the message without copying it; its owner must leave it alone until it is sent. */
  splice(buffer: Buffer): void {
    this.spliced ??= []
    this.spliced.push({ at: this.at, buffer })
    this.splicedBytes += buffer.length
  }

  /** The message in order; the first buffer is always our own and begins with what was written first. */
  parts(): Buffer[] {
    if (!this.spliced) return [this.buffer.subarray(0, this.at)]
    const parts: Buffer[] = []
    let from = 0
    for (const { at, buffer } of this.spliced) {
      if (at > from || parts.length === 0) parts.push(this.buffer.subarray(from, at))
      parts.push(buffer)
      from = at
    }
    if (this.at > from) parts.push(this.buffer.subarray(from, this.at))
    return parts
  }

  /** The message as one buffer; copies where something was spliced in. */
  toBuffer(): Buffer {
    const parts = this.parts()
    return parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts, this.sizeBytes)
  }

  private uint8(value: number): void {
    const at = this.reserve(1)
    this.buffer.writeUInt8(value, at)
  }

  private text(text: string, sizeBytes: number): void {
    const at = this.reserve(sizeBytes)
    // A name of a few plain letters is written sooner than the runtime is asked to.
    if (sizeBytes === text.length && sizeBytes <= SHORT_BYTES)
      for (let i = 0; i < sizeBytes; i++) this.buffer[at + i] = text.charCodeAt(i)
    else this.buffer.write(text, at, sizeBytes, 'utf8')
  }

  /** Makes room for so many bytes and says where they go; the buffer may be another one afterwards. */
  private reserve(sizeBytes: number): number {
    const { at } = this
    const wanted = at + sizeBytes
    if (wanted > this.buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(wanted, this.buffer.length * 2))
      larger.set(this.buffer.subarray(0, at))
      this.buffer = larger
    }
    this.at = wanted
    return at
  }
}

/** Bytes of a text in UTF-8; as many as characters only where all of them are ASCII. */
function bytesOf(text: string): number {
  if (text.length > SHORT_BYTES) return Buffer.byteLength(text)
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return Buffer.byteLength(text)
  return text.length
}

/** Puts a safe integer as 64 bits into a buffer. */
export function writeInt64(into: Buffer, value: number, at: number): void {
  const high = Math.floor(value / TWO_POW_32)
  into.writeInt32BE(high, at)
  into.writeUInt32BE(value - high * TWO_POW_32, at + 4)
}

/** Writes an array element that is an int32. */
export function writeInt32(writer: Writer, value: number): void {
  writer.int32(value)
}

/** Writes an array element that is a string. */
export function writeString(writer: Writer, text: string): void {
  writer.string(text)
}
