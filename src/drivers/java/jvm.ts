// One JVM with Kafka's client beside a worker: started, spoken to in frames, its clock mapped to ours, ended with the worker.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { OutsideUse } from '../driver.ts'
import { type ClockMap, type Exchange, mapClocks } from './clock.ts'
import { FROM_JVM, FrameCutter, type FrameReader, FrameWriter, TO_JVM } from './frames.ts'
import { prepareJavaClient } from './install.ts'
import type { Properties } from './properties.ts'

const OPEN_DEADLINE_MS = 60_000
const CLOSE_DEADLINE_MS = 4000
const EXCHANGES = 16
/** What may wait in the pipe before the client counts as full: the JVM reads nothing while its own buffer is. */
const PIPE_BYTES = 256 * 1024
const HEAP_BEYOND_BUFFER_BYTES = 480 * 1024 * 1024
const LAST_WORDS = 2000

/** Kafka's own metrics by `group:name`, and how long records took through the pipe. */
export type JvmStats = {
  metrics: Map<string, number>
  use: OutsideUse
  pipe: { records: number; meanUs: number; maxUs: number }
}

type Ports = {
  nowUs(): number
  onFrame(frame: FrameReader): void
  onFailed(errorClass: string, message: string, fatal: boolean): void
  onEvent(name: string, detail: Record<string, unknown>): void
}

export class Jvm {
  stats: JvmStats = { metrics: new Map(), use: { cpuUs: 0, rssBytes: 0 }, pipe: { records: 0, meanUs: 0, maxUs: 0 } }
  private readonly ports: Ports
  private child!: ChildProcess
  private clock: ClockMap = { offsetNs: 0n, uncertaintyNs: 0n }
  private toUs = 0
  private waiting = new Map<number, (frame: FrameReader) => void>()
  private abort: (error: Error) => void = () => undefined
  private ended!: Promise<never>
  private lastWords = ''
  private closing = false

  constructor(ports: Ports) {
    this.ports = ports
  }

  /** Starts the JVM and the client in it; `open` is the frame that names its settings. */
  async open(open: FrameWriter, bufferBytes: number): Promise<void> {
    const { java, classPath, kafkaVersion } = await prepareJavaClient()
    const heapMiB = Math.ceil((bufferBytes + HEAP_BEYOND_BUFFER_BYTES) / 2 ** 20)
    const args = [`-Xmx${heapMiB}m`, '-XX:+ExitOnOutOfMemoryError', '-cp', classPath, 'gauntlet.Main']
    this.child = spawn(java, args, { stdio: ['pipe', 'pipe', 'pipe'] })
    this.ended = new Promise<never>((_, reject) => {
      this.abort = reject
    })
    this.ended.catch(() => undefined)
    this.watch(this.child)
    const timer = setTimeout(() => this.abort(new Error('the JVM did not answer in time')), OPEN_DEADLINE_MS)
    try {
      await this.mapClock()
      const opened = this.answer(FROM_JVM.opened)
      this.write(open.finish())
      await opened
    } finally {
      clearTimeout(timer)
    }
    const { offsetNs, uncertaintyNs } = this.clock
    this.ports.onEvent('client.jvm', {
      kafkaVersion,
      pid: this.child.pid,
      clock: uncertaintyNs === 0n ? 'same as ours' : `mapped by ${offsetNs} ns, ±${uncertaintyNs} ns`,
    })
  }

  get hasRoom(): boolean {
    return (this.child.stdin?.writableLength ?? 0) < PIPE_BYTES
  }

  write(frame: Buffer): void {
    if (this.child.stdin?.writable) this.child.stdin.write(frame)
  }

  /** The JVM's time now, as it would read it. */
  jvmNowNs(): bigint {
    return process.hrtime.bigint() - this.clock.offsetNs
  }

  /** A time of the JVM on our clock, in whole Unix µs. */
  unixUs(jvmNs: number): number {
    return Math.round(jvmNs / 1000 + this.toUs)
  }

  /** Resolves with the next frame of a type; rejects where the JVM ends before. */
  answer(type: number): Promise<FrameReader> {
    const frame = new Promise<FrameReader>(resolve => this.waiting.set(type, resolve))
    return Promise.race([frame, this.ended])
  }

  /** Asks the client to close; a JVM that does not is killed. */
  async close(): Promise<void> {
    this.closing = true
    const { child } = this
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const gone = once(child, 'exit')
    this.write(new FrameWriter(TO_JVM.close).finish())
    const timer = setTimeout(() => child.kill('SIGKILL'), CLOSE_DEADLINE_MS)
    await gone
    clearTimeout(timer)
  }

  private watch(child: ChildProcess): void {
    const cutter = new FrameCutter(frame => this.take(frame))
    child.stdout?.on('data', (chunk: Buffer) => cutter.push(chunk))
    child.stderr?.on('data', (chunk: Buffer) => {
      this.lastWords = (this.lastWords + chunk.toString()).slice(-LAST_WORDS)
    })
    // Writing to a JVM that has just ended fails; its exit is what is told.
    child.stdin?.on('error', () => undefined)
    child.on('error', error => this.abort(error))
    child.on('exit', (code, signal) => {
      const words = this.lastWords.trim().split('\n').at(-1)
      const message = `the JVM ended ${signal ? `by ${signal}` : `with code ${code}`}${words ? `: ${words}` : ''}`
      this.abort(new Error(message))
      if (!this.closing) this.ports.onFailed('JvmEnded', message, true)
    })
  }

  private take(frame: FrameReader): void {
    const waiting = this.waiting.get(frame.type)
    if (waiting) {
      this.waiting.delete(frame.type)
      return waiting(frame)
    }
    if (frame.type === FROM_JVM.stats) this.takeStats(frame)
    else if (frame.type === FROM_JVM.event) this.takeEvent(frame)
    else if (frame.type === FROM_JVM.failed) this.takeFailure(frame)
    else this.ports.onFrame(frame)
  }

  private takeStats(frame: FrameReader): void {
    const use = { cpuUs: frame.i64() / 1000, rssBytes: frame.i64() }
    const [sumNs, records, maxNs] = [frame.i64(), frame.i64(), frame.i64()]
    const metrics = new Map<string, number>()
    for (let left = frame.i32(); left > 0; left--) metrics.set(frame.text(), frame.f64())
    const pipe = { records, meanUs: records === 0 ? 0 : sumNs / records / 1000, maxUs: maxNs / 1000 }
    this.stats = { metrics, use, pipe }
  }

  private takeEvent(frame: FrameReader): void {
    const name = frame.text()
    const detail: Record<string, unknown> = {}
    for (let left = frame.i32(); left > 0; left--) {
      const key = frame.text()
      const text = frame.text()
      detail[key] = /^\d+$/.test(text) ? Number(text) : text
    }
    this.ports.onEvent(name, detail)
  }

  private takeFailure(frame: FrameReader): void {
    const [errorClass, message, fatal] = [frame.text(), frame.text(), frame.i8() === 1]
    if (fatal) this.abort(new Error(`${errorClass}: ${message}`))
    if (fatal) this.closing = true
    this.ports.onFailed(errorClass, message, fatal)
  }

  private async mapClock(): Promise<void> {
    const exchanges: Exchange[] = []
    for (let i = 0; i < EXCHANGES; i++) {
      const pong = this.answer(FROM_JVM.pong)
      const beforeNs = process.hrtime.bigint()
      this.write(new FrameWriter(TO_JVM.ping).finish())
      const jvmNs = (await pong).i64()
      exchanges.push({ beforeNs, jvmNs: BigInt(jvmNs), afterNs: process.hrtime.bigint() })
    }
    this.clock = mapClocks(exchanges)
    this.toUs = this.readOffsetUs()
  }

  /** Unix µs − the JVM's clock, from the tightest of several paired readings. */
  private readOffsetUs(): number {
    const readings = Array.from({ length: EXCHANGES }, () => {
      const before = process.hrtime.bigint()
      const unixUs = this.ports.nowUs()
      const after = process.hrtime.bigint()
      return { gap: after - before, offsetUs: unixUs - Number((before + after) / 2n - this.clock.offsetNs) / 1000 }
    })
    return readings.reduce((a, b) => (b.gap < a.gap ? b : a)).offsetUs
  }
}

/** The frame that opens a client: its properties and topics. */
export function openFrame(type: number, properties: Properties, topics: readonly string[]): FrameWriter {
  const rows = Object.entries(properties)
  const frame = new FrameWriter(type).i32(rows.length)
  for (const [name, value] of rows) frame.text(name).text(value)
  frame.i32(topics.length)
  for (const topic of topics) frame.text(topic)
  return frame
}
