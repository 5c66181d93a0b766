// The one door to kafkajs: counted sockets, silent logging; unless it runs as shipped, sockets without delay and its endless 1 ms timer switched off.
import { createRequire } from 'node:module'
import net from 'node:net'
import tls from 'node:tls'
import type {
  ConsumerRunConfig,
  EachBatchPayload,
  EachMessagePayload,
  ISocketFactoryArgs,
  KafkaConfig,
  KafkaMessage,
  Producer,
} from 'kafkajs'
import kafkajs from 'kafkajs'
import type { Security } from '../driver.ts'

export type { ConsumerRunConfig, EachBatchPayload, EachMessagePayload, KafkaMessage, Producer }
export const { CompressionTypes, logLevel, Kafka } = kafkajs
export type CompressionTypes = kafkajs.CompressionTypes
/** kafkajs' registry of codecs, by Kafka's codec number. */
export const CompressionCodecs = kafkajs.CompressionCodecs as unknown as Record<number, unknown>

export type KafkaOptions = {
  brokers: string[]
  clientId: string
  requestTimeoutMs?: number
  connectionTimeoutMs?: number
  security?: Security
  /** Retries of the client's own bookkeeping (first connection, metadata); kafkajs' default is 5. */
  retry?: { retries: number; initialRetryTime?: number; maxRetryTime?: number }
  /** Sockets, timers and time-outs as the library's users get them. */
  asShipped?: boolean
  /** Dials this one address whatever brokers advertise, to ask what they advertise. */
  onlyVia?: { host: string; port: number }
}

/** A client and what its sockets carried so far. */
export type KafkaHandle = { kafka: InstanceType<typeof Kafka>; bytesWritten(): number; bytesRead(): number }

type RequestQueueLike = {
  prototype: {
    scheduleCheckPendingRequests(this: {
      throttledUntil: number
      pending: unknown[]
      throttleCheckTimeoutId: unknown
      checkPendingRequests(): void
    }): void
  }
}

let patched = false

/**
 * kafkajs re-arms a 1 ms timer per connection for ever, with negative times on recent Node;
 * the pending queue only needs it while a broker throttles or requests wait.
 */
function patchRequestQueue(): void {
  if (patched) return
  patched = true
  const queue = createRequire(import.meta.url)('kafkajs/src/network/requestQueue/index.js') as RequestQueueLike
  queue.prototype.scheduleCheckPendingRequests = function (): void {
    if (this.throttleCheckTimeoutId || this.pending.length === 0) return
    const waitMs = Math.max(1, this.throttledUntil - Date.now())
    this.throttleCheckTimeoutId = setTimeout(() => {
      this.throttleCheckTimeoutId = null
      this.checkPendingRequests()
    }, waitMs)
  }
}

/** A kafkajs client whose sockets are counted and, unless as shipped, send at once (kafkajs leaves Nagle's algorithm on). */
export function createKafka(options: KafkaOptions): KafkaHandle {
  const asShipped = options.asShipped === true
  if (!asShipped) patchRequestQueue()
  const sockets = new Set<net.Socket>()
  let written = 0
  let read = 0
  const socketFactory = ({ ssl, onConnect, ...advertised }: ISocketFactoryArgs): net.Socket => {
    const { host, port } = options.onlyVia ?? advertised
    const socket = ssl
      ? tls.connect({ host, port, ...(net.isIP(host) ? {} : { servername: host }), ...ssl }, onConnect)
      : net.connect({ host, port }, onConnect)
    if (!asShipped) socket.setNoDelay(true)
    socket.setKeepAlive(true, 60_000)
    sockets.add(socket)
    socket.once('close', () => {
      sockets.delete(socket)
      written += socket.bytesWritten
      read += socket.bytesRead
    })
    return socket
  }
  const security = (options.security ?? {}) as Pick<KafkaConfig, 'ssl' | 'sasl'>
  const kafka = new Kafka({
    brokers: options.brokers,
    clientId: options.clientId,
    logLevel: logLevel.NOTHING,
    ...(asShipped ? {} : { connectionTimeout: options.connectionTimeoutMs ?? 10_000 }),
    requestTimeout: options.requestTimeoutMs ?? 30_000,
    socketFactory,
    ...(options.retry ? { retry: options.retry } : {}),
    ...security,
    // kafkajs writes a function into this object, which then could not be sent to a worker any more.
    ...(security.sasl ? { sasl: { ...security.sasl } } : {}),
  })
  const sum = (field: 'bytesWritten' | 'bytesRead'): number =>
    [...sockets].reduce((total, socket) => total + socket[field], 0)
  return { kafka, bytesWritten: () => written + sum('bytesWritten'), bytesRead: () => read + sum('bytesRead') }
}
