// kafkajs as a batch driver: the harness chooses partitions, batches and retries; kafkajs encodes, compresses and talks.

import type { CodecName } from '../../protocol/codecs.ts'
import type { BatchProducer, BatchResult, PendingBatch, ProducerOptions } from '../driver.ts'
import { makeValues } from '../values.ts'
import { CompressionCodecs, CompressionTypes, createKafka, type KafkaHandle, type Producer } from './client.ts'
import { CODEC_NUMBERS, type CodecCounts, countingCodecs } from './codecs.ts'
import { isSequenceLost, mapError } from './errors.ts'
import { Identities } from './identities.ts'
import { Turns } from './turns.ts'

const REFRESH_MIN_MS = 100

type Message = { key: Buffer | null; value: Buffer; partition: number; headers?: Record<string, Buffer> }

type OnResults = (results: BatchResult[]) => void
type Identity = ReturnType<Identities['of']>

/** How often batches of one dispatch were encoded, which is the last thing that kafkajs does before it writes them. */
type Encodings = { count: number; onFirst: () => void }

export class KafkaJsProducer implements BatchProducer {
  private readonly options: ProducerOptions
  private readonly handle: KafkaHandle
  private readonly counts: CodecCounts = { compressedBytes: 0, uncompressedBytes: 0 }
  private readonly leaders: number[][]
  private readonly identities: Identities
  private readonly outOfSequence = new WeakSet<PendingBatch>()
  private readonly admin
  private readonly turns = new Turns()
  private readonly valuesOf: (batch: PendingBatch) => Buffer[]
  private requests = 0
  private refreshing = false
  private refreshedAtMs = 0
  private refreshTimer: NodeJS.Timeout | undefined
  private closed = false

  constructor(options: ProducerOptions) {
    this.options = options
    this.valuesOf = makeValues(options.record)
    const { settings } = options
    const level = (name: string): number | undefined =>
      settings[name] === undefined ? undefined : Number(settings[name])
    const [gzip, zstd] = [level('compression.gzip.level'), level('compression.zstd.level')]
    const codecs = countingCodecs(
      { ...(gzip === undefined ? {} : { gzip }), ...(zstd === undefined ? {} : { zstd }) },
      this.counts,
    )
    for (const name of Object.keys(CODEC_NUMBERS) as CodecName[]) CompressionCodecs[CODEC_NUMBERS[name]] = codecs[name]
    this.handle = createKafka({
      brokers: options.bootstrap,
      clientId: options.clientId,
      requestTimeoutMs: Number(settings['request.timeout.ms']),
      // One look at every broker; kafkajs' own back-off of seconds would keep errors from the accumulator, whose retries these are.
      retry: { retries: options.bootstrap.length + 1, initialRetryTime: 50, maxRetryTime: 200 },
      ...(options.security ? { security: options.security } : {}),
    })
    this.leaders = options.topics.map(topic => Array.from({ length: topic.partitions }, () => -1))
    this.identities = new Identities(() => this.makeClient())
    this.admin = this.handle.kafka.admin({ retry: { retries: 2, initialRetryTime: 100 } })
  }

  async open(): Promise<void> {
    await Promise.all([this.identities.open(), this.admin.connect()])
    await this.readLeaders()
    this.refreshTimer = setInterval(() => this.refresh(), Number(this.options.settings['metadata.max.age.ms'])).unref()
  }

  leaderOf(topic: number, partition: number): number {
    return this.leaders[topic]?.[partition] ?? -1
  }

  refresh(): void {
    if (this.refreshing || this.closed || performance.now() - this.refreshedAtMs < REFRESH_MIN_MS) return
    this.refreshing = true
    this.readLeaders()
      .catch(() => undefined) // stale metadata shows as further errors of sends, which are counted
      .finally(() => {
        this.refreshing = false
      })
  }

  dispatch(leader: number, batches: PendingBatch[], onResults: OnResults): void {
    const groups = Map.groupBy(batches, ({ topic, partition }) => this.identities.of(topic, partition))
    const sent = [...groups].map(([identity, group]) => this.sendInTurn(leader, identity, group))
    void Promise.all(sent).then(results => onResults(results.flat()))
  }

  abandon(batch: PendingBatch): void {
    const isInDoubt = batch.ambiguous || this.outOfSequence.has(batch)
    if (isInDoubt && this.isIdempotent) this.identities.leave(batch.topic, batch.partition)
  }

  counters() {
    return { requests: this.requests, wireBytes: this.handle.bytesWritten(), ...this.counts }
  }

  async close(): Promise<void> {
    this.closed = true
    clearInterval(this.refreshTimer)
    await Promise.allSettled([this.identities.close(), this.admin.disconnect()])
  }

  private get isIdempotent(): boolean {
    return this.options.settings['enable.idempotence'] === true
  }

  private makeClient(): Producer {
    const { settings } = this.options
    return this.handle.kafka.producer({
      allowAutoTopicCreation: false,
      metadataMaxAge: Number(settings['metadata.max.age.ms']),
      idempotent: this.isIdempotent,
      maxInFlightRequests: Number(settings['max.in.flight.requests.per.connection']),
      // Retries are the accumulator's; kafkajs refuses an idempotent producer without one of its own, made under the same sequence.
      retry: { retries: this.isIdempotent ? 1 : 0, initialRetryTime: 50 },
      createPartitioner:
        () =>
        ({ message }) =>
          message.partition as number,
    })
  }

  private sendInTurn(leader: number, identity: Identity, batches: PendingBatch[]): Promise<BatchResult[]> {
    return new Promise(resolve => {
      this.turns.take(leader, pass => {
        void this.send(identity, batches, pass).then(results => {
          pass()
          resolve(results)
        })
      })
    })
  }

  /** Sends batches under one producer id; never rejects. */
  private send(identity: Identity, batches: PendingBatch[], onEncoding: () => void): Promise<BatchResult[]> {
    this.requests++
    const { settings } = this.options
    const acks = settings['acks'] === 'all' ? -1 : Number(settings['acks'])
    const encodings: Encodings = { count: 0, onFirst: onEncoding }
    return this.identities
      .use(identity, client =>
        client.sendBatch({
          topicMessages: this.topicMessages(batches, encodings),
          acks,
          timeout: Number(settings['request.timeout.ms']),
          compression: this.compression(),
        }),
      )
      .then(
        answers => this.acked(batches, answers, acks),
        (error: unknown) => this.failed(batches, error, encodings.count),
      )
  }

  private compression(): CompressionTypes {
    const name = String(this.options.settings['compression.type'])
    return name === 'none' ? CompressionTypes.None : CODEC_NUMBERS[name as CodecName]
  }

  private async readLeaders(): Promise<void> {
    const { topics } = await this.admin.fetchTopicMetadata({ topics: this.options.topics.map(topic => topic.name) })
    this.refreshedAtMs = performance.now()
    for (const topic of topics) {
      const index = this.options.topics.findIndex(candidate => candidate.name === topic.name)
      for (const partition of topic.partitions) (this.leaders[index] ?? [])[partition.partitionId] = partition.leader
    }
  }

  private topicMessages(batches: PendingBatch[], encodings: Encodings): { topic: string; messages: Message[] }[] {
    const { record, topics } = this.options
    const byTopic = new Map<number, Message[]>()
    for (const batch of batches) {
      const messages = byTopic.get(batch.topic) ?? []
      byTopic.set(batch.topic, messages)
      for (const [at, value] of this.valuesOf(batch).entries()) {
        const message: Message = { key: record.key(batch, at), value, partition: batch.partition }
        const headers = record.headers(batch, at)
        if (headers) message.headers = headers
        messages.push(at === 0 ? countingEncodings(message, encodings) : message)
      }
    }
    return [...byTopic].map(([topic, messages]) => ({ topic: topics[topic]?.name ?? '', messages }))
  }

  private acked(
    batches: PendingBatch[],
    answers: { topicName: string; partition: number; baseOffset?: string }[],
    acks: number,
  ): BatchResult[] {
    const atUs = this.options.nowUs()
    if (acks === 0) return batches.map(batch => ({ batch, outcome: 'sentNoAck', atUs }))
    return batches.map((batch): BatchResult => {
      const name = this.options.topics[batch.topic]?.name
      const answer = answers.find(candidate => candidate.topicName === name && candidate.partition === batch.partition)
      if (!answer)
        return {
          batch,
          outcome: 'error',
          atUs,
          errorClass: 'noAnswer',
          message: 'the answer does not name this partition',
          retriable: false,
          maybeWritten: true,
        }
      return {
        batch,
        outcome: 'acked',
        atUs,
        ...(answer.baseOffset === undefined ? {} : { baseOffset: Number(answer.baseOffset) }),
      }
    })
  }

  /**
   * kafkajs tells one error for all partitions, retries an idempotent request once by itself, and hides an error behind
   * one of the metadata it then reads: only what was never encoded, or one partition's own refusal, is surely not written.
   */
  private failed(batches: PendingBatch[], error: unknown, encodings: number): BatchResult[] {
    const mapped = mapError(error)
    const maybeWritten = encodings > 0 && (mapped.maybeWritten || encodings > 1 || batches.length > 1)
    const atUs = this.options.nowUs()
    if (isSequenceLost(mapped)) for (const batch of batches) this.outOfSequence.add(batch)
    return batches.map(batch => ({ batch, outcome: 'error', atUs, ...mapped, maybeWritten }))
  }
}

/** The same message, counting how often its headers are read, which kafkajs does once per encoding. */
function countingEncodings(message: Message, encodings: Encodings): Message {
  const { headers = {} } = message
  return Object.defineProperty(message, 'headers', {
    enumerable: true,
    get: () => {
      encodings.count++
      if (encodings.count === 1) encodings.onFirst()
      return headers
    },
  })
}
