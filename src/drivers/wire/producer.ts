// The wire producer: one produce request per group of batches, each partition judged by its own answer.

import { ClusterClient } from '../../protocol/cluster.ts'
import type { CodecName } from '../../protocol/codecs.ts'
import type { Connection } from '../../protocol/connection.ts'
import type { WireFailure } from '../../protocol/errors.ts'
import { initProducerIdV1 } from '../../protocol/requests/init-producer-id.ts'
import {
  type ProducedPartition,
  type ProducedTopic,
  type ProduceResponse,
  type ProduceTopic,
  produceV8,
} from '../../protocol/requests/produce.ts'
import type { BatchProducer, BatchResult, PendingBatch, ProducerOptions } from '../driver.ts'
import { BatchEncoder, type Encoded } from './encoder.ts'
import { askIdentity } from './identities.ts'
import { Lane, type Stamp } from './lane.ts'
import { type Attempt, judgeAnswer, judgeFailure } from './outcome.ts'

/** A batch on its way, with its bytes. */
type Parcel = { batch: PendingBatch; encoded: Encoded }
type OnResults = (results: BatchResult[]) => void

/** Java's max.block.ms, within which its producers wait for an id. */
const ID_DEADLINE_MS = 60_000
const ANONYMOUS: Stamp = { producerId: -1, epoch: -1, sequence: -1 }
/** Before asking again for an id that no broker gave. */
const RENEWAL_PAUSE_MS = 100

export class WireProducer implements BatchProducer {
  private readonly options: ProducerOptions
  private readonly encoder: BatchEncoder
  private readonly acks: -1 | 0 | 1
  private readonly requestTimeoutMs: number
  /** By topic and partition; empty without idempotence. */
  private lanes: Lane[][] = []
  private readonly renewing = new Set<Lane>()
  /** Groups that wait for a connection, by leader. */
  private readonly waiting = new Map<number, number>()
  private cluster: ClusterClient | undefined
  private requests = 0
  private refreshTimer: NodeJS.Timeout | undefined
  private isClosed = false

  constructor(options: ProducerOptions) {
    this.options = options
    const { settings, record } = options
    const level = (codec: 'gzip' | 'zstd'): { [codec]?: number } => {
      const value = settings[`compression.${codec}.level`]
      return value === undefined ? {} : { [codec]: Number(value) }
    }
    this.acks = settings['acks'] === 'all' ? -1 : settings['acks'] === '0' ? 0 : 1
    this.requestTimeoutMs = Number(settings['request.timeout.ms'])
    this.encoder = new BatchEncoder({
      record,
      batchSizeBytes: Number(settings['batch.size']),
      codec: String(settings['compression.type']) as 'none' | CodecName,
      levels: { ...level('gzip'), ...level('zstd') },
      isPooled: options.compression === 'pool',
    })
  }

  async open(): Promise<void> {
    const { bootstrap, clientId, security, settings, topics } = this.options
    const cluster = await ClusterClient.connect({
      bootstrap,
      clientId,
      topics: topics.map(topic => topic.name),
      requestTimeoutMs: this.requestTimeoutMs,
      connection: { maxInFlight: Number(settings['max.in.flight.requests.per.connection']) },
      ...(security ? { security } : {}),
    })
    this.cluster = cluster
    cluster.demand(produceV8)
    if (settings['enable.idempotence'] === true) {
      cluster.demand(initProducerIdV1)
      const identity = await askIdentity(cluster, ID_DEADLINE_MS)
      this.lanes = topics.map(({ partitions }) => Array.from({ length: partitions }, () => new Lane(identity)))
    }
    this.refreshTimer = setInterval(() => this.refresh(), Number(settings['metadata.max.age.ms'])).unref()
  }

  leaderOf(topic: number, partition: number): number {
    if (this.lanes[topic]?.[partition]?.isBlocked) return -1
    return this.cluster?.leaderOf(this.nameOf(topic), partition)?.broker ?? -1
  }

  refresh(): void {
    // Stale metadata shows as further errors of sends, which are counted.
    if (!this.isClosed) this.cluster?.refresh().catch(() => undefined)
  }

  dispatch(leader: number, batches: PendingBatch[], onResults: OnResults): void {
    // What waits for a connection goes before what comes when it has just opened.
    const connection = this.waiting.has(leader) ? undefined : this.cluster?.ready(leader, 'produce')
    if (connection) return this.send(connection, batches, onResults)
    this.waiting.set(leader, (this.waiting.get(leader) ?? 0) + 1)
    this.opened(leader).then(
      opened => {
        this.noLongerWaits(leader)
        this.send(opened, batches, onResults)
      },
      (failure: WireFailure) => {
        this.noLongerWaits(leader)
        const attempt: Attempt = { isStored: false, ...judgeFailure(failure) }
        const atUs = this.options.nowUs()
        onResults(batches.map(batch => resultOf(batch, attempt, atUs)))
      },
    )
  }

  abandon(batch: PendingBatch): void {
    const lane = this.laneOf(batch)
    lane?.abandon(batch)
    this.renewIfDue(lane)
  }

  isKnown(topic: number, partition: number): boolean {
    return this.lanes[topic]?.[partition]?.isKnown ?? true
  }

  counters() {
    const { compressedBytes, uncompressedBytes } = this.encoder
    return { requests: this.requests, wireBytes: this.cluster?.bytesWritten ?? 0, compressedBytes, uncompressedBytes }
  }

  async close(): Promise<void> {
    this.isClosed = true
    clearInterval(this.refreshTimer)
    await this.cluster?.close()
  }

  private opened(leader: number): Promise<Connection> {
    if (!this.cluster) return Promise.reject(new Error('the producer is not open'))
    return this.cluster.connection(leader, 'produce')
  }

  private noLongerWaits(leader: number): void {
    const left = (this.waiting.get(leader) ?? 1) - 1
    if (left > 0) this.waiting.set(leader, left)
    else this.waiting.delete(leader)
  }

  private laneOf({ topic, partition }: PendingBatch): Lane | undefined {
    return this.lanes[topic]?.[partition]
  }

  private send(connection: Connection, batches: PendingBatch[], onResults: OnResults): void {
    const parcels: Parcel[] = []
    const held: PendingBatch[] = []
    for (const batch of batches) {
      const lane = this.laneOf(batch)
      const stamp = lane ? lane.enter(batch) : ANONYMOUS
      if (stamp) parcels.push({ batch, encoded: this.encoder.encode(batch, stamp) })
      else held.push(batch)
    }
    const finish = (judge: (batch: PendingBatch) => Attempt): void => {
      const atUs = this.options.nowUs()
      const results = parcels.map(({ batch }) => this.settle(batch, judge(batch), atUs))
      for (const batch of held) results.push(resultOf(batch, WAITING_FOR_ID, atUs))
      onResults(results)
      for (const { batch } of parcels) this.renewIfDue(this.laneOf(batch))
    }
    if (parcels.length === 0) {
      setImmediate(() => finish(() => WAITING_FOR_ID))
      return
    }
    this.requests++
    const request = {
      transactionalId: null,
      acks: this.acks,
      timeoutMs: this.requestTimeoutMs,
      topics: this.topicsOf(parcels),
    }
    connection.send(
      produceV8,
      request,
      (failure, response) => finish(failure ? judgedAlike(failure) : this.judged(response)),
      () => {
        for (const { encoded } of parcels) encoded.release()
      },
    )
  }

  private topicsOf(parcels: readonly Parcel[]): ProduceTopic[] {
    if (this.options.topics.length === 1) return [this.topicOf(0, parcels)]
    const byTopic = Map.groupBy(parcels, ({ batch }) => batch.topic)
    return [...byTopic].map(([topic, own]) => this.topicOf(topic, own))
  }

  private topicOf(topic: number, parcels: readonly Parcel[]): ProduceTopic {
    const partitions = parcels.map(({ batch, encoded }) => ({ partition: batch.partition, records: encoded.records }))
    return { name: this.nameOf(topic), partitions }
  }

  /** At acks=0 there is no answer: the bytes have left, which is all that can be said. */
  private judged({ topics }: ProduceResponse): (batch: PendingBatch) => Attempt {
    if (this.acks === 0) return () => ({ isStored: true })
    const answerTo = topics.length === 1 ? amongFew(topics[0] as ProducedTopic) : oneOf(topics)
    return batch => judgeAnswer(answerTo(this.nameOf(batch.topic), batch.partition), this.acks)
  }

  private nameOf(topic: number): string {
    return this.options.topics[topic]?.name ?? ''
  }

  private settle(batch: PendingBatch, attempt: Attempt, atUs: number): BatchResult {
    const lane = this.laneOf(batch)
    if (attempt.isStored) {
      lane?.stored(batch)
      const { baseOffset } = attempt
      const outcome = this.acks === 0 ? 'sentNoAck' : 'acked'
      return { batch, outcome, atUs, ...(baseOffset === undefined ? {} : { baseOffset }) }
    }
    return resultOf(batch, lane ? { ...attempt, ...lane.failed(batch, attempt) } : attempt, atUs)
  }

  private renewIfDue(lane: Lane | undefined): void {
    if (!lane?.needsIdentity || this.renewing.has(lane) || this.isClosed || !this.cluster) return
    this.renewing.add(lane)
    askIdentity(this.cluster, ID_DEADLINE_MS).then(
      identity => {
        this.renewing.delete(lane)
        lane.renew(identity)
      },
      () => {
        // The partition stays blocked meanwhile, and its batches end by delivery.timeout.ms at the latest.
        setTimeout(() => {
          this.renewing.delete(lane)
          this.renewIfDue(lane)
        }, RENEWAL_PAUSE_MS).unref()
      },
    )
  }
}

const WAITING_FOR_ID: Attempt = {
  isStored: false,
  errorClass: 'producerIdRenewal',
  message: 'waits for a new producer id',
  retriable: true,
  maybeWritten: false,
}

/** Partitions that are sooner looked through than put into a map. */
const FEW = 8

type AnswerTo = (name: string, partition: number) => ProducedPartition | undefined

/** Most answers are about a full batch and the one that was begun behind it. */
function amongFew({ name: only, partitions }: ProducedTopic): AnswerTo {
  if (partitions.length > FEW) return oneOf([{ name: only, partitions }])
  return (name, partition) => (name === only ? partitions.find(answer => answer.partition === partition) : undefined)
}

function oneOf(topics: readonly ProducedTopic[]): AnswerTo {
  const answers = new Map<string, Map<number, ProducedPartition>>()
  for (const { name, partitions } of topics)
    answers.set(name, new Map(partitions.map(answer => [answer.partition, answer])))
  return (name, partition) => answers.get(name)?.get(partition)
}

function judgedAlike(failure: WireFailure): () => Attempt {
  const attempt: Attempt = { isStored: false, ...judgeFailure(failure) }
  return () => attempt
}

function resultOf(batch: PendingBatch, attempt: Attempt & { duplicatePossible?: boolean }, atUs: number): BatchResult {
  if (attempt.isStored) throw new TypeError('a stored batch has no error')
  const { errorClass, message, retriable, maybeWritten, duplicatePossible } = attempt
  return {
    batch,
    outcome: 'error',
    atUs,
    errorClass,
    message,
    retriable,
    maybeWritten,
    ...(duplicatePossible ? { duplicatePossible } : {}),
  }
}
