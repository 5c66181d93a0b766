// One socket to one broker: requests go out as they are given, answers come back in the same order, nothing waits for ever.
import type net from 'node:net'
import { type Api, readResponse, stampRequest, writeRequest } from './api.ts'
import { Reader } from './bytes.ts'
import { ConnectionClosed, ProtocolError, RequestTimeout, type WireFailure } from './errors.ts'
import { FrameReader } from './frames.ts'
import { authenticate, type Sasl } from './sasl.ts'
import { dial, hangUp, type TlsOptions, whenConnected, writeParts } from './socket.ts'

export type ConnectionOptions = {
  host: string
  port: number
  clientId: string
  /** For the connection with its TLS and SASL exchanges. */
  connectTimeoutMs?: number
  /** From the write to the answer; a late answer ends the connection. */
  requestTimeoutMs?: number
  maxFrameBytes?: number
  /** Requests beyond these wait here, unwritten. */
  maxInFlight?: number
  tls?: TlsOptions
  sasl?: Sasl
  /** Answers are read into one buffer: views of one end with its callback. For large answers that are used up at once. */
  reuseFrames?: boolean
  /** Called once when an opened connection has ended, before the requests in flight fail. */
  onClose?: (cause: Error) => void
}

/** Gets the answer, or why there is none. */
export type OnResponse<Response> = (
  ...outcome: [failure: null, response: Response] | [failure: WireFailure, response: undefined]
) => void

type Pending = {
  api: Api<never, unknown>
  correlationId: number
  sentMs: number
  onResponse: OnResponse<unknown>
}
type Waiting = { write(): void; fail(failure: WireFailure): void }

const CONNECT_TIMEOUT_MS = 10_000
const REQUEST_TIMEOUT_MS = 30_000
const MAX_FRAME_BYTES = 128 * 1024 * 1024
const MAX_IN_FLIGHT = 64
const MAX_CORRELATION_ID = 0x7fff_ffff
const HANG_UP_MS = 1000
/** Time is checked ten times per time-out, within these bounds. */
const MIN_CHECK_MS = 5
const MAX_CHECK_MS = 250

export class Connection {
  readonly address: string
  private readonly options: ConnectionOptions
  private readonly requestTimeoutMs: number
  private readonly maxInFlight: number
  private readonly frames: FrameReader
  private readonly socket: net.Socket
  private readonly timer: NodeJS.Timeout
  private readonly inFlight: Pending[] = []
  private readonly waiting: Waiting[] = []
  private nextCorrelationId = 0
  private bytesOut = 0
  private bytesIn = 0
  private isReady = false
  private isClosing = false
  private onIdle: (() => void) | undefined
  private cause: Error | undefined

  private constructor(options: ConnectionOptions) {
    this.options = options
    this.address = `${options.host}:${options.port}`
    this.requestTimeoutMs = options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS
    this.maxInFlight = options.maxInFlight ?? MAX_IN_FLIGHT
    const maxFrameBytes = options.maxFrameBytes ?? MAX_FRAME_BYTES
    this.frames = new FrameReader({ maxFrameBytes, reuse: options.reuseFrames ?? false })
    this.socket = dial({
      host: options.host,
      port: options.port,
      ...(options.tls ? { tls: options.tls } : {}),
      target: () => this.frames.target(),
      onRead: sizeBytes => this.onRead(sizeBytes),
    })
    this.socket.on('error', error => this.end(this.closed(textOf(error), error)))
    this.socket.on('end', () => this.end(this.closed(this.isClosing ? 'closed by us' : 'closed by the broker')))
    this.socket.on('close', () => this.end(this.closed('closed')))
    const checkMs = Math.min(MAX_CHECK_MS, Math.max(MIN_CHECK_MS, this.requestTimeoutMs / 10))
    this.timer = setInterval(() => this.checkTime(), checkMs).unref()
  }

  /** Connects and authenticates; rejects with the reason where either fails or takes too long. */
  static async open(options: ConnectionOptions): Promise<Connection> {
    const connection = new Connection(options)
    const limitMs = options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS
    const timer = setTimeout(() => connection.end(connection.closed(`not connected within ${limitMs} ms`)), limitMs)
    try {
      await whenConnected(connection.socket)
      if (options.sasl) await authenticate(connection, options.sasl, options.host)
      connection.isReady = true
      return connection
    } catch (error) {
      connection.end(error as Error)
      throw connection.cause ?? error
    } finally {
      clearTimeout(timer)
    }
  }

  get isOpen(): boolean {
    return this.cause === undefined && !this.isClosing
  }

  /** Requests written and not yet answered. */
  get inFlightCount(): number {
    return this.inFlight.length
  }

  /** Bytes of requests, before TLS. */
  get bytesWritten(): number {
    return this.bytesOut
  }

  /** Bytes of answers, after TLS. */
  get bytesRead(): number {
    return this.bytesIn
  }

  /** Bytes of requests that the kernel has not taken yet. */
  get unsentBytes(): number {
    return this.socket.writableLength
  }

  /**
   * Writes a request, or lets it wait for room. `onResponse` is called once and never from within this call;
   * buffers spliced into the request belong to the socket until `onFlushed`, which is called once in any case.
   */
  send<Request, Response>(
    api: Api<Request, Response>,
    request: Request,
    onResponse: OnResponse<Response>,
    onFlushed?: () => void,
  ): void {
    if (this.isOpen && this.waiting.length === 0 && this.inFlight.length < this.maxInFlight) {
      this.write(api, request, onResponse, onFlushed)
      return
    }
    const fail = (failure: WireFailure): void => {
      onFlushed?.()
      onResponse(failure, undefined)
    }
    if (this.isOpen) this.waiting.push({ write: () => this.write(api, request, onResponse, onFlushed), fail })
    else queueMicrotask(() => fail(this.lost(false)))
  }

  /** `send` as a promise, for all that is not load. */
  request<Request, Response>(api: Api<Request, Response>, request: Request): Promise<Response> {
    return new Promise((resolve, reject) => {
      this.send(api, request, (failure, response) => {
        if (failure) reject(failure)
        else resolve(response)
      })
    })
  }

  /** Takes no more requests, waits for the answers that are due, and hangs up. */
  async close(): Promise<void> {
    this.isClosing = true
    if (this.inFlight.length + this.waiting.length > 0) {
      await new Promise<void>(resolve => {
        this.onIdle = resolve
      })
    }
    if (this.cause) return
    await hangUp(this.socket, HANG_UP_MS)
  }

  /** Ends the connection at once; what is in flight fails, with an unknown outcome, before this returns. */
  kill(): void {
    this.end(this.closed('closed by us'))
  }

  private write<Request, Response>(
    api: Api<Request, Response>,
    request: Request,
    onResponse: OnResponse<Response>,
    onFlushed: (() => void) | undefined,
  ): void {
    const correlationId = this.nextCorrelationId
    this.nextCorrelationId = (correlationId + 1) & MAX_CORRELATION_ID
    const writer = writeRequest(api, request, this.options.clientId)
    const parts = writer.parts()
    stampRequest(parts[0] as Buffer, writer.sizeBytes, correlationId)
    this.bytesOut += writer.sizeBytes
    const unanswered = api.unanswered?.(request)
    if (unanswered === undefined) {
      const pending = { api, correlationId, sentMs: performance.now(), onResponse }
      this.inFlight.push(pending as unknown as Pending)
      writeParts(this.socket, parts, onFlushed)
      return
    }
    writeParts(this.socket, parts, error => {
      onFlushed?.()
      if (error) onResponse(this.lost(true), undefined)
      else onResponse(null, unanswered)
    })
  }

  private onRead(sizeBytes: number): void {
    this.bytesIn += sizeBytes
    this.frames.advance(sizeBytes)
    while (!this.cause) {
      let frame: Buffer | undefined
      try {
        frame = this.frames.next()
      } catch (error) {
        this.endByProtocol(error)
        return
      }
      if (!frame) return
      this.onFrame(frame)
    }
  }

  private onFrame(frame: Buffer): void {
    const pending = this.inFlight[0]
    let response: unknown
    try {
      const reader = new Reader(frame)
      const correlationId = reader.int32()
      if (pending?.correlationId !== correlationId) {
        const due = pending ? `${pending.correlationId} (${pending.api.name}) is due` : 'none is due'
        throw new ProtocolError(`answer to request ${correlationId}, but ${due}`)
      }
      response = readResponse(pending.api, reader)
    } catch (error) {
      this.endByProtocol(error)
      return
    }
    this.inFlight.shift()
    this.waiting.shift()?.write()
    pending.onResponse(null, response)
    if (this.onIdle && this.inFlight.length + this.waiting.length === 0) this.onIdle()
  }

  private endByProtocol(error: unknown): void {
    if (!(error instanceof ProtocolError)) throw error
    const during = this.inFlight[0] ? `, ${this.inFlight[0].api.name}` : ''
    this.end(new ProtocolError(`${this.address}${during}: ${error.message}`, { cause: error }))
  }

  private checkTime(): void {
    const oldest = this.inFlight[0]
    if (!oldest || performance.now() - oldest.sentMs < this.requestTimeoutMs) return
    const what = `no answer to ${oldest.api.name} from ${this.address} within ${this.requestTimeoutMs} ms`
    this.end(new RequestTimeout(what))
  }

  /** Ends the connection for the first cause that comes; the oldest request gets it as it is. */
  private end(cause: Error): void {
    if (this.cause) return
    this.cause = cause
    clearInterval(this.timer)
    this.socket.destroy()
    if (this.isReady) this.options.onClose?.(cause)
    const isOwn = cause instanceof RequestTimeout || cause instanceof ProtocolError
    const inFlight = this.inFlight.splice(0)
    inFlight.forEach((pending, i) => pending.onResponse(isOwn && i === 0 ? cause : this.lost(true), undefined))
    for (const waiting of this.waiting.splice(0)) waiting.fail(this.lost(false))
    this.onIdle?.()
  }

  private closed(why: string, cause?: Error): ConnectionClosed {
    return new ConnectionClosed(`${this.address}: ${why}`, { maybeWritten: false, cause })
  }

  /** What a request gets that ended with the connection, or came after its end. */
  private lost(maybeWritten: boolean): ConnectionClosed {
    return new ConnectionClosed(this.cause?.message ?? `${this.address}: closing`, { maybeWritten, cause: this.cause })
  }
}

/** What the system refused, without the address, which stands in the message already. */
function textOf(error: NodeJS.ErrnoException): string {
  return error.syscall && error.code ? `${error.syscall} ${error.code}` : error.message || error.code || error.name
}
