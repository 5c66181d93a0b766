// Writes a file of runs while a trial goes on: what was settled is in the file within a quarter of a second, and nobody waits for it.
import { closeSync, fdatasync, openSync, write, writeSync } from 'node:fs'
import { promisify } from 'node:util'
import { HarnessError, messageOf } from '../core/errors.ts'
import { encodeEnd, encodeFrameHead, encodeHead, RUN_KINDS, type RunHead, type RunKind } from './runs.ts'

/** Longest time a run waits in memory; what a killed process takes with it. */
const FLUSH_EVERY_MS = 250
const FRAME_RUNS = 1024

const writeBytes = promisify(write)
const syncData = promisify(fdatasync)

export class RunWriter {
  private readonly file: number
  private readonly path: string
  private readonly runBytes: number
  private buffer: Buffer
  private used = 0
  private count = 0
  private queue: Buffer[] = []
  private writing: Promise<void> = Promise.resolve()
  private timer: NodeJS.Timeout | undefined
  private failure: HarnessError | undefined
  private isClosed = false
  private readonly beforeFlush: () => void

  /** `beforeFlush` may place what was held back until now. */
  constructor(path: string, kind: RunKind, head: RunHead, beforeFlush: () => void = () => undefined) {
    this.path = path
    this.beforeFlush = beforeFlush
    this.runBytes = RUN_KINDS[kind].runBytes
    this.buffer = Buffer.alloc(FRAME_RUNS * this.runBytes)
    try {
      this.file = openSync(path, 'w')
      writeSync(this.file, encodeHead(kind, head))
    } catch (error) {
      throw this.refusal(error)
    }
  }

  /** Hands out the place of the next run: its bytes are zero, and belong to the file from now on. */
  place(encode: (into: Buffer, at: number) => void): void {
    if (this.isClosed) return
    encode(this.buffer, this.used)
    this.used += this.runBytes
    this.count++
    if (this.used === this.buffer.length) this.cut()
    this.wake()
  }

  /** Makes sure that a flush comes soon. */
  wake(): void {
    if (this.isClosed || this.timer !== undefined) return
    this.timer = setTimeout(() => {
      this.beforeFlush()
      this.timer = undefined
      this.cut()
      void this.drain()
    }, FLUSH_EVERY_MS)
  }

  /** Resolves when every frame that is full is written; throws what went wrong. */
  async flush(): Promise<void> {
    await this.drain()
    if (this.failure) throw this.failure
  }

  /** Writes the rest and, unless the file is to say that it was cut off, the end mark, and syncs; what comes later is not taken. */
  async close(isWhole = true): Promise<void> {
    if (this.isClosed) return
    this.beforeFlush()
    this.isClosed = true
    clearTimeout(this.timer)
    this.cut()
    if (isWhole) this.queue.push(encodeEnd(this.count))
    try {
      await this.drain()
      if (this.failure) throw this.failure
      await syncData(this.file)
    } finally {
      closeSync(this.file)
    }
  }

  /** Makes a frame of the runs that wait. */
  private cut(): void {
    if (this.used === 0) return
    const runs = this.buffer.subarray(0, this.used)
    this.queue.push(encodeFrameHead(runs, this.runBytes), runs)
    this.buffer = Buffer.alloc(FRAME_RUNS * this.runBytes)
    this.used = 0
  }

  private drain(): Promise<void> {
    this.writing = this.writing.then(async () => {
      const bytes = Buffer.concat(this.queue)
      this.queue = []
      try {
        for (let at = 0; at < bytes.length && !this.failure; )
          at += (await writeBytes(this.file, bytes, at, bytes.length - at, null)).bytesWritten
      } catch (error) {
        this.failure = this.refusal(error)
      }
    })
    return this.writing
  }

  private refusal(error: unknown): HarnessError {
    return new HarnessError({
      code: 'E310',
      message: `cannot write ${this.path}: ${messageOf(error)}`,
      hint: 'free disk space or choose another folder with --out',
    })
  }
}
