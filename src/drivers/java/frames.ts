// Frames between a worker and its JVM: length, type and body, as java/gauntlet/Pipe.java reads and writes them.

export const TO_JVM = { openProducer: 1, openConsumer: 2, send: 3, ping: 4, flush: 5, close: 6 } as const
export const FROM_JVM = {
  pong: 20,
  opened: 21,
  results: 22,
  stats: 23,
  records: 24,
  assigned: 25,
  event: 26,
  failed: 27,
  flushed: 28,
  revoked: 29,
  commit: 30,
} as const

const HEAD_BYTES = 4
const MAX_FRAME_BYTES = 1 << 28
const TWO_POW_32 = 4_294_967_296

/** A frame being made; it grows as needed. */
export class FrameWriter {
  private bytes: Buffer
  private at = HEAD_BYTES

  constructor(type: number, expectedBytes = 256) {
    this.bytes = Buffer.allocUnsafe(expectedBytes)
    this.i8(type)
  }

  i8(value: number): this {
    this.room(1)
    this.at = this.bytes.writeInt8(value, this.at)
    return this
  }

  i32(value: number): this {
    this.room(4)
    this.at = this.bytes.writeInt32BE(value, this.at)
    return this
  }

  i64(value: bigint): this {
    this.room(8)
    this.at = this.bytes.writeBigInt64BE(value, this.at)
    return this
  }

  /** Bytes with their length before them. */
  blob(value: Buffer | null): this {
    if (!value) return this.i32(-1)
    this.i32(value.length)
    this.room(value.length)
    this.at += value.copy(this.bytes, this.at)
    return this
  }

  text(value: string): this {
    return this.blob(Buffer.from(value))
  }

  finish(): Buffer {
    this.bytes.writeInt32BE(this.at - HEAD_BYTES, 0)
    return this.bytes.subarray(0, this.at)
  }

  private room(sizeBytes: number): void {
    if (this.at + sizeBytes <= this.bytes.length) return
    const larger = Buffer.allocUnsafe(Math.max(this.bytes.length * 2, this.at + sizeBytes))
    this.bytes.copy(larger, 0, 0, this.at)
    this.bytes = larger
  }
}

/** A frame being read. */
export class FrameReader {
  readonly type: number
  private readonly bytes: Buffer
  private at = 1

  constructor(bytes: Buffer) {
    this.bytes = bytes
    this.type = bytes.readInt8(0)
  }

  i8(): number {
    return this.bytes.readInt8(this.at++)
  }

  i32(): number {
    this.at += 4
    return this.bytes.readInt32BE(this.at - 4)
  }

  /** Exact up to 2^53. */
  i64(): number {
    const high = this.i32()
    const low = this.bytes.readUInt32BE(this.at)
    this.at += 4
    return high * TWO_POW_32 + low
  }

  f64(): number {
    this.at += 8
    return this.bytes.readDoubleBE(this.at - 8)
  }

  blob(): Buffer | null {
    const length = this.i32()
    if (length < 0) return null
    this.at += length
    return this.bytes.subarray(this.at - length, this.at)
  }

  text(): string {
    return this.blob()?.toString() ?? ''
  }
}

/** Cuts a stream of chunks into frames; each is valid within the call, as long as it is not changed. */
export class FrameCutter {
  private rest: Buffer[] = []
  private restBytes = 0
  private readonly onFrame: (frame: FrameReader) => void

  constructor(onFrame: (frame: FrameReader) => void) {
    this.onFrame = onFrame
  }

  push(chunk: Buffer): void {
    this.rest.push(chunk)
    this.restBytes += chunk.length
    const needed = this.needed()
    if (this.restBytes < needed) return
    let bytes = this.rest.length === 1 ? chunk : Buffer.concat(this.rest, this.restBytes)
    while (bytes.length >= HEAD_BYTES) {
      const end = HEAD_BYTES + lengthAt(bytes)
      if (bytes.length < end) break
      this.onFrame(new FrameReader(bytes.subarray(HEAD_BYTES, end)))
      bytes = bytes.subarray(end)
    }
    this.rest = bytes.length > 0 ? [bytes] : []
    this.restBytes = bytes.length
  }

  /** Bytes of the first frame that is not whole yet, so that a large one is joined once and not at every chunk. */
  private needed(): number {
    const [first] = this.rest
    return first && first.length >= HEAD_BYTES ? HEAD_BYTES + lengthAt(first) : HEAD_BYTES
  }
}

function lengthAt(bytes: Buffer): number {
  const length = bytes.readInt32BE(0)
  if (length < 1 || length > MAX_FRAME_BYTES) throw new RangeError(`the JVM sent a frame of ${length} bytes`)
  return length
}
