// The one door to node-rdkafka, an optional peer: loaded where it is installed, and what to install where it is not.
import type { EventEmitter } from 'node:events'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { cacheDirectory } from '../../cluster/places.ts'
import { messageOf } from '../../core/errors.ts'
import type { Config } from './settings.ts'

export type RdError = { message: string; code: number; isFatal?: boolean }
export type Report = { topic: string; partition: number; offset: number; opaque?: unknown }
export type Message = {
  topic: string
  partition: number
  offset: number
  value: Buffer | null
  headers?: Record<string, Buffer | string>[]
}
export type Place = { topic: string; partition: number; offset?: number }

type Client = EventEmitter & {
  connect(options: object, done: (error: RdError | null | undefined) => void): void
  disconnect(done: (error?: RdError) => void): void
  getMetadata(options: object, done: (error: RdError | null | undefined) => void): void
}

export type RdProducer = Client & {
  produce(
    topic: string,
    partition: number | null,
    value: Buffer,
    key: Buffer | null,
    timestamp: null,
    opaque: unknown,
    headers?: Record<string, Buffer>[],
  ): void
  poll(): void
  flush(timeoutMs: number, done: (error?: RdError) => void): void
}

export type RdConsumer = Client & {
  subscribe(topics: string[]): void
  consume(): void
  consume(count: number, done: (error: RdError | null, messages: Message[]) => void): void
  commitSync(places: Place[]): void
  assignments(): Place[]
  setDefaultConsumeTimeout(ms: number): void
}

type Rdkafka = {
  Producer: new (config: Config, topicConfig: Config) => RdProducer
  KafkaConsumer: new (config: Config, topicConfig: Config) => RdConsumer
  librdkafkaVersion: string
}

const HINT =
  'install librdkafka-dev and g++, then run tools/ci/rdkafka.sh of our sources, or BUILD_LIBRDKAFKA=0 npm install node-rdkafka@3 beside kafka-gauntlet'

/** From beside us as any package, else from our cache, where tools/ci/rdkafka.sh builds it. */
export function loadRdkafka(): Rdkafka {
  const beside = createRequire(import.meta.url)
  const cached = createRequire(join(cacheDirectory(), 'node-rdkafka', 'index.js'))
  try {
    return beside('node-rdkafka') as Rdkafka
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw error
    return cached('node-rdkafka') as Rdkafka
  }
}

/** Undefined where the binding is installed and loads in this Node, else why not. */
export function lackOfRdkafka(): { reason: string; hint: string } | undefined {
  try {
    loadRdkafka()
    return undefined
  } catch (error) {
    return { reason: `driver librdkafka: ${messageOf(error).split('\n')[0] ?? ''}`, hint: HINT }
  }
}

/** librdkafka's counters as its statistics tell them; batches are those of one interval. */
type Statistics = {
  tx_bytes: number
  rx_bytes: number
  brokers: Record<string, { req?: Record<string, number> }>
  topics: Record<string, { batchsize?: { sum: number; cnt: number }; batchcnt?: { sum: number } }>
}

/** Adds up what the statistics of one client say. */
export class Totals {
  writtenBytes = 0
  readBytes = 0
  readonly made = { batches: 0, batchRecords: 0, batchBytes: 0 }
  private requests: Record<string, number> = {}

  take(text: string): void {
    const statistics = JSON.parse(text) as Statistics
    this.writtenBytes = statistics.tx_bytes
    this.readBytes = statistics.rx_bytes
    this.requests = {}
    for (const { req = {} } of Object.values(statistics.brokers))
      for (const [name, count] of Object.entries(req)) this.requests[name] = (this.requests[name] ?? 0) + count
    for (const { batchsize, batchcnt } of Object.values(statistics.topics)) {
      this.made.batches += batchsize?.cnt ?? 0
      this.made.batchBytes += batchsize?.sum ?? 0
      this.made.batchRecords += batchcnt?.sum ?? 0
    }
  }

  requestsOf(name: string): number {
    return this.requests[name] ?? 0
  }
}

/** Connects, or throws librdkafka's words. */
export function connect(client: Client): Promise<void> {
  return new Promise((resolve, reject) =>
    client.connect({ timeout: 30_000 }, error =>
      error ? reject(new Error(`librdkafka: ${error.message} (${error.code})`)) : resolve(),
    ),
  )
}

export function disconnect(client: Client): Promise<void> {
  return new Promise(resolve => client.disconnect(() => resolve()))
}
