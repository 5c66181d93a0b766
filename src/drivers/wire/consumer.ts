// The wire reader: partitions assigned by arithmetic, one fetcher per broker, and partitions led to the broker that leads them now.
import { setTimeout as sleep } from 'node:timers/promises'
import { messageOf } from '../../core/errors.ts'
import { ClusterClient } from '../../protocol/cluster.ts'
import { CODES, codeRow } from '../../protocol/error-codes.ts'
import { AuthenticationFailed } from '../../protocol/errors.ts'
import { patiently } from '../../protocol/patience.ts'
import { fetchV11 } from '../../protocol/requests/fetch.ts'
import { listOffsetsV5 } from '../../protocol/requests/list-offsets.ts'
import type { ConsumerOptions, GroupConsumer } from '../driver.ts'
import { assign, type ReadPartition } from './assignment.ts'
import { Delivery } from './delivery.ts'
import { BrokerFetcher, type FetchCounts, type FetcherPorts, type FetchLimits } from './fetcher.ts'
import { type StartPolicy, startOffsets } from './offsets.ts'

const START_DEADLINE_MS = 60_000
const START_RETRIES = 10
const LOOK_AGAIN_MS = 100
const MIN_FRAME_LIMIT_BYTES = 128 * 1024 * 1024
/** An answer may exceed fetch.max.bytes by one batch. */
const SPARE_FRAME_BYTES = 64 * 1024 * 1024

export class WireConsumer implements GroupConsumer {
  private readonly options: ConsumerOptions
  private readonly policy: StartPolicy
  private readonly limits: FetchLimits
  private readonly delivery: Delivery
  private readonly counts: FetchCounts = { requests: 0, fullFetches: 0, incrementalFetches: 0, listedPartitions: 0 }
  private readonly fetchers = new Map<number, BrokerFetcher>()
  /** Who fetches a partition; absent while its leader is looked for. */
  private readonly homes = new Map<ReadPartition, BrokerFetcher>()
  /** Replicas that leaders name to readers of a rack. */
  private readonly preferred = new Map<ReadPartition, number>()
  /** Their positions are gone, and new ones are asked for. */
  private readonly resetting = new Set<ReadPartition>()
  private partitions: ReadPartition[] = []
  private cluster: ClusterClient | undefined
  private refreshTimer: NodeJS.Timeout | undefined
  private isLooking = false
  private isClosed = false

  constructor(options: ConsumerOptions) {
    this.options = options
    const { settings } = options
    const number = (name: string): number => Number(settings[name])
    const readCommitted = settings['isolation.level'] === 'read_committed'
    this.policy = { start: options.start, readCommitted }
    this.limits = {
      maxWaitMs: number('fetch.max.wait.ms'),
      minBytes: number('fetch.min.bytes'),
      maxBytes: number('fetch.max.bytes'),
      maxPartitionBytes: number('max.partition.fetch.bytes'),
      readCommitted,
      rackId: String(settings['client.rack'] ?? ''),
    }
    this.delivery = new Delivery(options)
  }

  async open(): Promise<void> {
    const { bootstrap, clientId, security, settings, topics, member, members } = this.options
    const cluster = await ClusterClient.connect({
      bootstrap,
      clientId,
      topics: topics.map(topic => topic.name),
      requestTimeoutMs: Number(settings['request.timeout.ms']),
      connection: {
        maxFrameBytes: Math.max(MIN_FRAME_LIMIT_BYTES, this.limits.maxBytes + SPARE_FRAME_BYTES),
        // What is handed over at once is used up before the next answer is read.
        reuseFrames: this.options.delayMs === 0,
      },
      ...(security ? { security } : {}),
    })
    this.cluster = cluster
    for (const api of [fetchV11, listOffsetsV5]) cluster.demand(api)
    this.partitions = assign(topics, member, members)
    const patience = { deadlineMs: START_DEADLINE_MS, retries: START_RETRIES, isRead: true }
    const begin = await patiently({ what: 'offsets to begin at', ...patience }, () =>
      startOffsets(cluster, this.partitions, this.policy),
    )
    for (const [partition, offset] of begin) partition.fetchOffset = offset
    this.options.onAssigned(this.partitions.map(({ topic, partition }) => ({ topic, partition })))
    this.settle()
    this.refreshTimer = setInterval(() => this.renew(), Number(settings['metadata.max.age.ms'])).unref()
  }

  counters() {
    return { wireBytes: this.cluster?.bytesRead ?? 0, ...this.counts }
  }

  async close(): Promise<void> {
    this.isClosed = true
    clearInterval(this.refreshTimer)
    this.delivery.close()
    for (const fetcher of this.fetchers.values()) fetcher.close()
    // Fetches that wait for records would hold an orderly end up.
    this.cluster?.kill()
  }

  /** Gives every partition to the broker that leads it now, or that its leader named. */
  private settle(): void {
    for (const partition of this.partitions) {
      const leader = this.opened().leaderOf(partition.name, partition.partition)
      if (!leader || this.resetting.has(partition)) continue
      const home = this.homes.get(partition)
      if (leader.epoch > partition.leaderEpoch) this.preferred.delete(partition)
      const broker = this.preferred.get(partition) ?? leader.broker
      partition.leaderEpoch = leader.epoch
      partition.leader = leader.broker
      if (home?.broker === broker) continue
      this.drop(partition)
      const fetcher = this.fetcherOf(broker)
      this.homes.set(partition, fetcher)
      fetcher.add(partition)
    }
  }

  private drop(partition: ReadPartition): void {
    this.homes.get(partition)?.partitions.delete(partition)
    this.homes.delete(partition)
  }

  private fetcherOf(broker: number): BrokerFetcher {
    const known = this.fetchers.get(broker)
    if (known) return known
    const { limits, delivery, counts } = this
    const fetcher = new BrokerFetcher(broker, { cluster: this.opened(), limits, delivery, counts, ports: this.ports() })
    this.fetchers.set(broker, fetcher)
    return fetcher
  }

  private ports(): FetcherPorts {
    return {
      onRefused: (code, fetcher, partition) => this.refused(code, fetcher, partition),
      onLost: (failure, fetcher) => this.lost(failure, fetcher),
      onBroken: error => this.fail(error),
      onPreferred: (partition, replica) => {
        this.preferred.set(partition, replica)
        this.settle()
      },
    }
  }

  private refused(code: number, { broker }: BrokerFetcher, partition: ReadPartition | undefined): void {
    const { name: error, retriable } = codeRow(code)
    const { name, partition: number, fetchOffset } = partition ?? { name: 'fetch', partition: -1, fetchOffset: -1 }
    this.options.onEvent('reader.refused', { error, broker, topic: name, partition: number, offset: fetchOffset })
    const isOutOfRange = code === CODES.OFFSET_OUT_OF_RANGE && partition !== undefined
    // What a Java consumer settles by itself is no error of the reader; a position that is gone is one.
    if (!retriable) this.options.onError(error, `${name}-${number} at ${fetchOffset}, broker ${broker}`, !isOutOfRange)
    if (!partition) return
    this.drop(partition)
    const wasReplica = this.preferred.delete(partition)
    if (isOutOfRange && !wasReplica) this.reset(partition).catch((failure: unknown) => this.fail(failure))
    else this.look()
  }

  private lost(failure: Error, fetcher: BrokerFetcher): void {
    this.options.onError(failure.name, failure.message, failure instanceof AuthenticationFailed)
    for (const partition of fetcher.partitions) {
      this.drop(partition)
      this.preferred.delete(partition)
    }
    this.look()
  }

  private fail(error: unknown): void {
    const isKnown = error instanceof Error
    if (!this.isClosed) this.options.onError(isKnown ? error.name : 'Error', messageOf(error), true)
  }

  /** Begins anew where the policy says, as Java's auto.offset.reset does, and tells what was skipped or is read again. */
  private async reset(partition: ReadPartition): Promise<void> {
    this.resetting.add(partition)
    const from = partition.fetchOffset
    for (let isDone = false; !this.isClosed && !isDone; ) {
      try {
        const begin = await startOffsets(this.opened(), [partition], this.policy)
        const to = begin.get(partition) ?? from
        this.options.onEvent('reader.reset', { topic: partition.name, partition: partition.partition, from, to })
        if (to === from) await sleep(LOOK_AGAIN_MS)
        partition.fetchOffset = to
        isDone = true
      } catch (error) {
        this.options.onEvent('reader.reset', {
          topic: partition.name,
          partition: partition.partition,
          error: messageOf(error),
        })
        await sleep(LOOK_AGAIN_MS)
        await this.opened()
          .refresh()
          .catch(() => undefined) // the next attempt tells
      }
    }
    this.resetting.delete(partition)
    if (!this.isClosed) this.settle()
  }

  /** Leaders are asked again which replica to read from, as Java's consumers do: one that fell behind would be read for ever. */
  private renew(): void {
    this.preferred.clear()
    this.look()
  }

  /** Looks for leaders until every partition has one; brokers are asked no more often than is useful. */
  private look(): void {
    if (this.isLooking || this.isClosed) return
    this.isLooking = true
    this.lookOnce()
      .then(isSettled => {
        this.isLooking = false
        if (!isSettled) this.look()
      })
      .catch((error: unknown) => this.fail(error))
  }

  private async lookOnce(): Promise<boolean> {
    try {
      await this.opened().refresh()
    } catch (error) {
      if (!this.isClosed) this.options.onError('METADATA', messageOf(error), error instanceof AuthenticationFailed)
      await sleep(LOOK_AGAIN_MS)
    }
    if (this.isClosed) return true
    this.settle()
    return this.partitions.every(partition => this.homes.has(partition) || this.resetting.has(partition))
  }

  private opened(): ClusterClient {
    if (!this.cluster) throw new Error('the reader is not open')
    return this.cluster
  }
}
