// Reads a file of runs frame by frame: bounded memory, torn tails left out and counted, anything else that is wrong refused with its byte.
import { type FileHandle, open } from 'node:fs/promises'
import { crc32 } from 'node:zlib'
import { HarnessError } from '../core/errors.ts'
import {
  decodeHead,
  END_MARK,
  FRAME_HEAD_BYTES,
  HEAD_BYTES,
  MAX_FRAME_RUNS,
  RUN_KINDS,
  type RunHead,
  type RunKind,
} from './runs.ts'

/** Runs of one frame, valid until the next one is asked for: a walk takes one buffer, however long the file is. */
export type RunFrame = { at: number; runs: Buffer }

export class RunFile implements AsyncDisposable {
  readonly head: RunHead
  /** True once the frames were read and the writer's end mark stood behind them. */
  isWhole = false
  /** Bytes behind the last whole frame, where a crash cut the file. */
  tornBytes = 0
  private readonly file: FileHandle
  private readonly path: string
  private readonly runBytes: number

  private constructor(file: FileHandle, path: string, head: RunHead, runBytes: number) {
    this.file = file
    this.path = path
    this.head = head
    this.runBytes = runBytes
  }

  static async open(path: string, kind: RunKind): Promise<RunFile> {
    const file = await open(path, 'r')
    const bytes = Buffer.alloc(HEAD_BYTES)
    const { bytesRead } = await file.read(bytes, 0, HEAD_BYTES, 0)
    const head = decodeHead(kind, bytes.subarray(0, bytesRead))
    if (typeof head !== 'string') return new RunFile(file, path, head, RUN_KINDS[kind].runBytes)
    await file.close()
    throw corrupt(path, 0, head)
  }

  /** All frames in order; what a crash tore off is left out and counted. */
  async *frames(): AsyncGenerator<RunFrame> {
    const { size } = await this.file.stat()
    let at = HEAD_BYTES
    let count = 0
    let room = Buffer.alloc(0)
    while (at < size) {
      const head = await this.bytes(at, Math.min(FRAME_HEAD_BYTES, size - at))
      if (head.length === FRAME_HEAD_BYTES && head.readUInt32BE(0) === END_MARK) return this.end(at, size, head, count)
      const n = head.length < FRAME_HEAD_BYTES ? 0 : head.readUInt32BE(0)
      if (n > MAX_FRAME_RUNS) throw corrupt(this.path, at, `announces a frame of ${n} runs`)
      const sizeBytes = FRAME_HEAD_BYTES + n * this.runBytes
      if (n === 0 || at + sizeBytes > size) return this.tear(at, size)
      if (room.length < n * this.runBytes) room = Buffer.allocUnsafeSlow(n * this.runBytes)
      const runs = await this.bytes(at + FRAME_HEAD_BYTES, n * this.runBytes, room)
      if (crc32(runs) !== head.readUInt32BE(4)) {
        // What some file systems leave where bytes were never written.
        if (at + sizeBytes === size && runs.subarray(-this.runBytes).every(byte => byte === 0))
          return this.tear(at, size)
        throw corrupt(this.path, at, 'has a frame that does not match its checksum')
      }
      yield { at, runs }
      count += n
      at += sizeBytes
    }
  }

  /** The runs of a frame that `frames` has named. */
  async frameAt(at: number): Promise<Buffer> {
    const head = await this.bytes(at, FRAME_HEAD_BYTES)
    return this.bytes(at + FRAME_HEAD_BYTES, head.readUInt32BE(0) * this.runBytes)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.file.close()
  }

  private end(at: number, size: number, mark: Buffer, count: number): void {
    if (size !== at + FRAME_HEAD_BYTES) throw corrupt(this.path, at, 'goes on behind its end mark')
    if (mark.readUInt32BE(4) !== count % 2 ** 32)
      throw corrupt(this.path, at, `ends with ${mark.readUInt32BE(4)} runs, ${count} are there`)
    this.isWhole = true
  }

  /** Refuses zero runs with anything but zeros behind them: that no crash leaves. */
  private async tear(at: number, size: number): Promise<void> {
    this.tornBytes = size - at
    const head = await this.bytes(at, Math.min(FRAME_HEAD_BYTES, size - at))
    if (head.length < FRAME_HEAD_BYTES || head.readUInt32BE(0) > 0) return
    const rest = await this.bytes(at, Math.min(size - at, 1 << 20))
    if (rest.some(byte => byte !== 0)) throw corrupt(this.path, at, 'has a frame without runs')
  }

  private async bytes(at: number, sizeBytes: number, bytes = Buffer.allocUnsafe(sizeBytes)): Promise<Buffer> {
    const { bytesRead } = await this.file.read(bytes, 0, sizeBytes, at)
    return bytes.subarray(0, bytesRead)
  }
}

function corrupt(path: string, byte: number, what: string): HarnessError {
  return new HarnessError({
    code: 'E601',
    message: `the file ${what}`,
    place: { file: path, byte },
    hint: 'the file was changed after it was written; take it from a backup or run again',
  })
}
