// Cuts a stream of bytes into frames; sockets read straight into its buffer, so that a frame is never put together from chunks.
import { ProtocolError } from './errors.ts'

const SIZE_BYTES = 4
const CORRELATION_BYTES = 4
const SLAB_BYTES = 128 * 1024
/** With less room than this at the end of a slab, the next read gets a new one. */
const MIN_ROOM_BYTES = 8 * 1024
const SPARE_FACTOR = 1.25
const TLS_RECORD = /^1[4-7]03/

/** `reuse`: a frame may be overwritten as soon as the next one is asked for, so that one buffer serves for ever. */
export type FrameOptions = { maxFrameBytes: number; reuse: boolean }

export class FrameReader {
  private readonly maxFrameBytes: number
  private readonly reuse: boolean
  private slab: Buffer = Buffer.allocUnsafeSlow(SLAB_BYTES)
  /** Where the first frame not yet handed out begins, and where the bytes read so far end. */
  private start = 0
  private end = 0

  constructor({ maxFrameBytes, reuse }: FrameOptions) {
    this.maxFrameBytes = maxFrameBytes
    this.reuse = reuse
  }

  /** Where the next bytes of the stream belong; never empty once `next` has found no further frame. */
  target(): Buffer {
    return this.slab.subarray(this.end)
  }

  /** Takes note of bytes that were put into the target. */
  advance(sizeBytes: number): void {
    this.end += sizeBytes
  }

  /** The next whole frame without its size field, as a view; undefined until more bytes have come. */
  next(): Buffer | undefined {
    const heldBytes = this.end - this.start
    if (heldBytes < SIZE_BYTES) return this.makeRoom(SIZE_BYTES)
    const frameBytes = this.frameBytes()
    if (heldBytes < SIZE_BYTES + frameBytes) return this.makeRoom(SIZE_BYTES + frameBytes)
    const from = this.start + SIZE_BYTES
    this.start = from + frameBytes
    return this.slab.subarray(from, this.start)
  }

  private frameBytes(): number {
    const frameBytes = this.slab.readInt32BE(this.start)
    if (frameBytes >= CORRELATION_BYTES && frameBytes <= this.maxFrameBytes) return frameBytes
    const head = this.slab.toString('hex', this.start, this.start + SIZE_BYTES)
    const guess = TLS_RECORD.test(head) ? '; the listener seems to speak TLS' : ''
    throw new ProtocolError(`frame of ${frameBytes} bytes, ${this.maxFrameBytes} are the most allowed${guess}`)
  }

  /** Sees to it that the unfinished frame, of which so many bytes are known to come, fits behind its start. */
  private makeRoom(wantedBytes: number): undefined {
    const heldBytes = this.end - this.start
    const minEnd = this.end + (wantedBytes === SIZE_BYTES ? MIN_ROOM_BYTES : 0)
    const isIdle = this.reuse && heldBytes === 0
    if (!isIdle && Math.max(this.start + wantedBytes, minEnd) <= this.slab.length) return
    const next = this.reuse && wantedBytes <= this.slab.length ? this.slab : this.newSlab(wantedBytes)
    this.slab.copy(next, 0, this.start, this.end)
    this.slab = next
    this.start = 0
    this.end = heldBytes
  }

  /** Exact for a large frame, with something to spare where it is to serve for larger ones. */
  private newSlab(wantedBytes: number): Buffer {
    const sizeBytes = this.reuse ? Math.ceil(wantedBytes * SPARE_FACTOR) : wantedBytes
    return Buffer.allocUnsafeSlow(Math.max(SLAB_BYTES, sizeBytes))
  }
}
