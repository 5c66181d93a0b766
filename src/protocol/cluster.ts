// A cluster as its clients know it: who leads which partition in which epoch, and a connection to each broker for each purpose.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Api } from './api.ts'
import type { Connection, ConnectionOptions } from './connection.ts'
import { CODES } from './error-codes.ts'
import { BrokerError, ConnectionClosed } from './errors.ts'
import { type Address, ConnectionPool } from './pool.ts'
import { type ApiVersionRange, apiVersionsV2 } from './requests/api-versions.ts'
import { type MetadataBroker, type MetadataResponse, metadataV8 } from './requests/metadata.ts'
import { type Security, securityOf } from './security.ts'
import { unsupported } from './versions.ts'

export type ClusterOptions = {
  /** host:port, any of which leads to the rest. */
  bootstrap: readonly string[]
  clientId: string
  security?: Security
  /** Topics whose leaders `refresh` looks up; more by `follow`. */
  topics?: readonly string[]
  connectTimeoutMs?: number
  requestTimeoutMs?: number
  /** For every connection; see there. */
  connection?: Pick<ConnectionOptions, 'maxInFlight' | 'maxFrameBytes' | 'reuseFrames'>
  /** Where to dial instead of an address that a broker advertises. */
  redirect?: (address: Address) => Address
  /** A connection was lost, or could not be made. */
  onTrouble?: (address: Address, cause: Error) => void
}

/** `epoch` is -1 where the broker did not tell. */
export type Leader = { broker: number; epoch: number }

/** Connections of different purposes do not queue behind each other. */
export type Purpose = 'metadata' | 'control' | 'produce' | 'fetch'

const CONNECT_TIMEOUT_MS = 3000
const REQUEST_TIMEOUT_MS = 10_000
/** Every broker answers from memory; one that does not is not waited for as long as one that works. */
const METADATA_TIMEOUT_MS = 3000
const MIN_REFRESH_MS = 100
const PURPOSES: readonly Purpose[] = ['metadata', 'control', 'produce', 'fetch']

export class ClusterClient {
  clusterId: string | null = null
  controllerId = -1
  private readonly bootstrap: readonly Address[]
  private readonly pool: ConnectionPool
  private readonly metadataTimeoutMs: number
  private readonly topics: Set<string>
  private readonly known = new Map<number, MetadataBroker>()
  private readonly leaders = new Map<string, Leader[]>()
  private readonly keys = new Map<number, Record<Purpose, string>>()
  private ranges: readonly ApiVersionRange[] = []
  private turn = 0
  private refreshing: Promise<void> | undefined
  private refreshedAtMs = Number.NEGATIVE_INFINITY

  private constructor(options: ClusterOptions) {
    this.bootstrap = options.bootstrap.map(parseAddress)
    this.topics = new Set(options.topics ?? [])
    const requestTimeoutMs = options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS
    this.metadataTimeoutMs = Math.min(METADATA_TIMEOUT_MS, requestTimeoutMs)
    this.pool = new ConnectionPool({
      clientId: options.clientId,
      connectTimeoutMs: options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS,
      requestTimeoutMs,
      ...options.connection,
      ...securityOf(options.security),
      ...(options.redirect ? { redirect: options.redirect } : {}),
      ...(options.onTrouble ? { onTrouble: options.onTrouble } : {}),
    })
  }

  /** Finds the brokers and the leaders of the topics; rejects with the last failure where no address leads to them. */
  static async connect(options: ClusterOptions): Promise<ClusterClient> {
    const cluster = new ClusterClient(options)
    try {
      const connection = await cluster.any('metadata')
      cluster.ranges = (await connection.request(apiVersionsV2, {})).apis
      await cluster.metadata([...cluster.topics])
      return cluster
    } catch (error) {
      cluster.kill()
      throw error
    }
  }

  get brokers(): readonly MetadataBroker[] {
    return [...this.known.values()]
  }

  get bytesWritten(): number {
    return this.pool.bytesWritten
  }

  get bytesRead(): number {
    return this.pool.bytesRead
  }

  /** Undefined while the partition is unknown or has no leader. */
  leaderOf(topic: string, partition: number): Leader | undefined {
    const leader = this.leaders.get(topic)?.[partition]
    return leader && leader.broker >= 0 ? leader : undefined
  }

  /** Partitions of a topic that metadata has told of, 0 while it is unknown. */
  partitionsOf(topic: string): number {
    return this.leaders.get(topic)?.length ?? 0
  }

  /** Adds topics to those that `refresh` looks up. */
  follow(topics: readonly string[]): void {
    for (const topic of topics) this.topics.add(topic)
  }

  /** Throws where the broker that answered first does not speak our version of a request. */
  demand(api: Api<never, unknown>): void {
    const [lack] = unsupported(this.ranges, [api])
    if (lack !== undefined) throw new BrokerError(CODES.UNSUPPORTED_VERSION, lack)
  }

  /** Looks up the followed topics; whoever asks meanwhile shares the answer, and nobody asks more often than is useful. */
  refresh(): Promise<void> {
    this.refreshing ??= this.lookUp().finally(() => {
      this.refreshing = undefined
    })
    return this.refreshing
  }

  /** Asks for topics (null: all), of one broker after the other until one answers, and remembers what it says. */
  async metadata(topics: readonly string[] | null): Promise<MetadataResponse> {
    for (let left = this.candidates().length; ; left--) {
      try {
        const connection = await this.any('metadata')
        const response = await connection.request(metadataV8, { topics })
        this.learn(response)
        return response
      } catch (error) {
        if (left <= 1) throw error
      }
    }
  }

  /** A connection to a broker; rejects where it is unknown or cannot be reached. */
  connection(broker: number, purpose: Purpose = 'control'): Promise<Connection> {
    const address = this.known.get(broker)
    if (address) return this.pool.open(this.keyOfBroker(broker, purpose), address)
    return Promise.reject(new ConnectionClosed(`no address of broker ${broker} is known`, { maybeWritten: false }))
  }

  /** The connection to a broker if it is open; else begins to make it. */
  ready(broker: number, purpose: Purpose = 'control'): Connection | undefined {
    const address = this.known.get(broker)
    return address && this.pool.ready(this.keyOfBroker(broker, purpose), address)
  }

  /** A connection to whichever broker can be reached, those without trouble first. */
  async any(purpose: 'metadata' | 'control' = 'control'): Promise<Connection> {
    const own = purpose === 'metadata' ? { requestTimeoutMs: this.metadataTimeoutMs } : {}
    let failure: unknown = new ConnectionClosed('no address to connect to', { maybeWritten: false })
    for (const { name, address } of this.candidates()) {
      try {
        return await this.pool.open(keyOf(name, purpose), address, own)
      } catch (error) {
        failure = error
      }
    }
    throw failure
  }

  close(): Promise<void> {
    return this.pool.close()
  }

  kill(): void {
    this.pool.kill()
  }

  /** Made once: a text that is put together anew for every request has to be looked up by its letters. */
  private keyOfBroker(broker: number, purpose: Purpose): string {
    const known = this.keys.get(broker)
    if (known) return known[purpose]
    const keys = Object.fromEntries(PURPOSES.map(own => [own, keyOf(String(broker), own)])) as Record<Purpose, string>
    this.keys.set(broker, keys)
    return keys[purpose]
  }

  /** Brokers in turn, then where we began; what failed last goes last. */
  private candidates(): { name: string; address: Address }[] {
    const brokers = this.brokers.map(({ id, host, port }) => ({ name: String(id), address: { host, port } }))
    const first = brokers.length === 0 ? 0 : this.turn++ % brokers.length
    const bootstrap = this.bootstrap.map(address => ({ name: `${address.host}:${address.port}`, address }))
    return [...brokers.slice(first), ...brokers.slice(0, first), ...bootstrap]
      .map(candidate => ({ ...candidate, failures: this.failuresOf(candidate.name) }))
      .sort((a, b) => a.failures - b.failures)
  }

  private failuresOf(name: string): number {
    return Math.max(...PURPOSES.map(purpose => this.pool.failuresOf(keyOf(name, purpose))))
  }

  private async lookUp(): Promise<void> {
    const waitMs = this.refreshedAtMs + MIN_REFRESH_MS - performance.now()
    if (waitMs > 0) await sleep(waitMs)
    try {
      await this.metadata([...this.topics])
    } finally {
      this.refreshedAtMs = performance.now()
    }
  }

  private learn(response: MetadataResponse): void {
    this.clusterId = response.clusterId
    this.controllerId = response.controllerId
    for (const broker of response.brokers) this.known.set(broker.id, broker)
    for (const { name, errorCode, partitions } of response.topics) {
      if (errorCode === CODES.UNKNOWN_TOPIC_OR_PARTITION) this.leaders.delete(name)
      if (errorCode !== 0) continue
      const leaders = this.leaders.get(name) ?? []
      this.leaders.set(name, leaders)
      for (const { partition, leader, leaderEpoch } of partitions) {
        // A broker that was cut off may still name an old leader.
        if (leaderEpoch >= (leaders[partition]?.epoch ?? -1))
          leaders[partition] = { broker: leader, epoch: leaderEpoch }
      }
    }
  }
}

/** What a connection is called in the pool. */
function keyOf(name: string, purpose: Purpose): string {
  return `${name}/${purpose}`
}

/** Takes host:port apart; IPv6 hosts stand in brackets. */
export function parseAddress(text: string): Address {
  const at = text.lastIndexOf(':')
  return { host: text.slice(0, at).replace(/^\[|\]$/g, ''), port: Number(text.slice(at + 1)) }
}
