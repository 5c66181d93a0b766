// The fetches of one broker: one outstanding, and the next one written before the answer to the last is handed over.
import type { ClusterClient } from '../../protocol/cluster.ts'
import type { Connection } from '../../protocol/connection.ts'
import {
  type FetchedPartition,
  type FetchRequest,
  type FetchResponse,
  fetchV11,
} from '../../protocol/requests/fetch.ts'
import type { Source } from '../driver.ts'
import type { ReadPartition } from './assignment.ts'
import { type Delivery, type Fetched, offsetBehind } from './delivery.ts'
import { FetchSession } from './fetch-session.ts'

export type FetchLimits = Pick<FetchRequest, 'maxWaitMs' | 'minBytes' | 'maxBytes' | 'readCommitted' | 'rackId'> & {
  maxPartitionBytes: number
}

/** What a fetcher cannot settle by itself. */
export type FetcherPorts = {
  /** The broker answered with an error for one partition, or for the fetch as a whole. */
  onRefused(code: number, fetcher: BrokerFetcher, partition?: ReadPartition): void
  /** There was no answer. */
  onLost(failure: Error, fetcher: BrokerFetcher): void
  /** What came cannot be read. */
  onBroken(error: unknown): void
  /** The leader names a replica that should be asked instead. */
  onPreferred(partition: ReadPartition, replica: number): void
}

export type FetchCounts = {
  requests: number
  fullFetches: number
  incrementalFetches: number
  listedPartitions: number
}

/** One answer being handled and one waiting: with more, memory would grow with a slow handler. */
const MAX_UNHANDLED = 2
const NO_REPLICA = -1
/** Before another attempt, where the last two were refused. */
const REFUSED_PAUSE_MS = 100

export class BrokerFetcher {
  readonly broker: number
  readonly partitions = new Set<ReadPartition>()
  private readonly cluster: ClusterClient
  private readonly limits: FetchLimits
  private readonly delivery: Delivery
  private readonly counts: FetchCounts
  private readonly ports: FetcherPorts
  private readonly session: FetchSession
  private readonly asLeader: Source
  private readonly asFollower: Source
  private isAsking = false
  private unhandled = 0
  private refusedInARow = 0
  private isClosed = false

  constructor(
    broker: number,
    shared: {
      cluster: ClusterClient
      limits: FetchLimits
      delivery: Delivery
      counts: FetchCounts
      ports: FetcherPorts
    },
  ) {
    this.broker = broker
    this.cluster = shared.cluster
    this.limits = shared.limits
    this.delivery = shared.delivery
    this.counts = shared.counts
    this.ports = shared.ports
    this.asLeader = { broker, isLeader: true }
    this.asFollower = { broker, isLeader: false }
    this.session = new FetchSession(shared.limits.maxPartitionBytes)
  }

  add(partition: ReadPartition): void {
    this.partitions.add(partition)
    this.ask()
  }

  close(): void {
    this.isClosed = true
  }

  /** Asks for more, unless that is already under way or enough waits to be handled. */
  private ask(): void {
    if (this.isAsking || this.isClosed || this.partitions.size === 0 || this.unhandled >= MAX_UNHANDLED) return
    this.isAsking = true
    const connection = this.cluster.ready(this.broker, 'fetch')
    if (connection) return this.send(connection)
    this.cluster.connection(this.broker, 'fetch').then(
      opened => this.send(opened),
      (failure: Error) => this.lost(failure),
    )
  }

  private send(connection: Connection): void {
    const { counts } = this
    const { maxWaitMs, minBytes, maxBytes, readCommitted, rackId } = this.limits
    const isIncremental = this.session.isIncremental
    const { sessionId, sessionEpoch, topics, forgotten } = this.session.next(this.partitions)
    counts.requests++
    if (isIncremental) counts.incrementalFetches++
    else counts.fullFetches++
    for (const topic of topics) counts.listedPartitions += topic.partitions.length
    const asked = { maxWaitMs, minBytes, maxBytes, readCommitted, rackId, sessionId, sessionEpoch, topics, forgotten }
    connection.send(fetchV11, asked, (failure, response) => {
      if (failure) this.lost(failure)
      else this.take(response)
    })
  }

  private lost(failure: Error): void {
    this.isAsking = false
    this.session.fail()
    if (!this.isClosed) this.ports.onLost(failure, this)
  }

  /** Records that break the grammar are the broker's doing, and end the reader instead of the process. */
  private take(response: FetchResponse): void {
    try {
      this.answered(response)
    } catch (error) {
      this.ports.onBroken(error)
    }
  }

  private answered(response: FetchResponse): void {
    if (this.isClosed) return
    if (!this.session.accept(response.errorCode, response.sessionId)) {
      this.ports.onRefused(response.errorCode, this)
      setTimeout(() => this.askAgain(), this.refusedInARow++ === 0 ? 0 : REFUSED_PAUSE_MS)
      return
    }
    this.refusedInARow = 0
    const fetched = this.settle(response)
    this.isAsking = false
    if (fetched.length === 0) return this.ask()
    this.unhandled++
    this.ask()
    const handled = this.delivery.take(fetched)
    if (!handled) this.handled()
    else handled.then(() => this.handled()).catch((error: unknown) => this.ports.onBroken(error))
  }

  private askAgain(): void {
    this.isAsking = false
    this.ask()
  }

  private handled(): void {
    this.unhandled--
    this.ask()
  }

  /** Moves positions behind what came, so that the next fetch can be written; what is left is to be handed over. */
  private settle(response: FetchResponse): Fetched[] {
    const fetched: Fetched[] = []
    for (const { name, partitions } of response.topics) {
      for (const answer of partitions) {
        const partition = this.find(name, answer.partition)
        // An answer to an offset that is no longer wanted, or about a partition that has moved on.
        if (!partition || !this.session.isCurrent(partition)) continue
        if (answer.errorCode !== 0) this.ports.onRefused(answer.errorCode, this, partition)
        else if (answer.preferredReplica !== NO_REPLICA && answer.preferredReplica !== this.broker)
          this.ports.onPreferred(partition, answer.preferredReplica)
        else if (answer.records.length > 0) this.advance(partition, answer, fetched)
      }
    }
    return fetched
  }

  private advance(partition: ReadPartition, answer: FetchedPartition, fetched: Fetched[]): void {
    const fromOffset = partition.fetchOffset
    partition.fetchOffset = offsetBehind(answer.records, fromOffset)
    if (partition.fetchOffset === fromOffset) return
    const isLeader = this.broker === partition.leader
    fetched.push({ partition, answer, fromOffset, source: isLeader ? this.asLeader : this.asFollower })
  }

  private find(name: string, number: number): ReadPartition | undefined {
    for (const partition of this.partitions)
      if (partition.partition === number && partition.name === name) return partition
    return undefined
  }
}
