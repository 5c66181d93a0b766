// kafkajs as a group member: batches handed over with the time they reached the handler, commits as the scenario says.
import type { CodecName } from '../../protocol/codecs.ts'
import type { ConsumerOptions, GroupConsumer, ReceivedRecord } from '../driver.ts'
import { processing } from '../processing.ts'
import {
  CompressionCodecs,
  type ConsumerRunConfig,
  createKafka,
  type EachBatchPayload,
  type EachMessagePayload,
  type KafkaHandle,
  type KafkaMessage,
} from './client.ts'
import { CODEC_NUMBERS, countingCodecs } from './codecs.ts'
import { answerIn, mapError } from './errors.ts'
import { KafkaJsTransform } from './transform.ts'

export class KafkaJsConsumer implements GroupConsumer {
  private readonly options: ConsumerOptions
  private readonly handle: KafkaHandle
  private readonly consumer
  private readonly index: Map<string, number>
  private readonly asShipped: boolean
  private readonly transform: KafkaJsTransform | undefined
  private closing = false
  private requests = 0
  /** When the commit was asked for whose answer is awaited. */
  private askedUs: number | undefined

  constructor(options: ConsumerOptions) {
    this.options = options
    this.asShipped = options.mode === 'as-shipped'
    const { settings } = options
    const number = (name: string): number => Number(settings[name])
    const codecs = countingCodecs({}, { compressedBytes: 0, uncompressedBytes: 0 })
    for (const name of Object.keys(CODEC_NUMBERS) as CodecName[]) CompressionCodecs[CODEC_NUMBERS[name]] = codecs[name]
    this.handle = createKafka({
      brokers: options.bootstrap,
      clientId: options.clientId,
      requestTimeoutMs: number('request.timeout.ms'),
      asShipped: this.asShipped,
      ...(options.security ? { security: options.security } : {}),
    })
    this.index = new Map(options.topics.map((topic, position) => [topic.name, position]))
    this.consumer = this.handle.kafka.consumer({
      groupId: options.groupId,
      sessionTimeout: number('session.timeout.ms'),
      heartbeatInterval: number('heartbeat.interval.ms'),
      rebalanceTimeout: number('max.poll.interval.ms'),
      metadataMaxAge: number('metadata.max.age.ms'),
      minBytes: number('fetch.min.bytes'),
      maxBytes: number('fetch.max.bytes'),
      maxBytesPerPartition: number('max.partition.fetch.bytes'),
      maxWaitTimeInMs: number('fetch.max.wait.ms'),
      readUncommitted: settings['isolation.level'] === 'read_uncommitted',
      ...(settings['client.rack'] ? { rackId: String(settings['client.rack']) } : {}),
      ...(this.asShipped
        ? {}
        : {
            allowAutoTopicCreation: false,
            retry: { initialRetryTime: 100, retries: 8, restartOnFailure: async () => !this.closing },
          }),
    })
    const { handle, consumer } = this
    if (options.transform)
      this.transform = new KafkaJsTransform(options, options.transform, { handle, seek: at => consumer.seek(at) })
  }

  async open(): Promise<void> {
    const { consumer, options } = this
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
      const assigned = Object.entries(payload.memberAssignment).flatMap(([name, partitions]) =>
        partitions.map(partition => ({ topic: this.index.get(name) ?? -1, partition })),
      )
      options.onEvent('group.join', {
        groupId: payload.groupId,
        durationMs: payload.duration,
        partitions: assigned.length,
      })
      // Every join begins anew where the group stands, whatever was owned before.
      this.transform?.joined()
      options.onRevoked()
      options.onAssigned(assigned)
    })
    consumer.on(consumer.events.REBALANCING, ({ payload }) =>
      options.onEvent('group.rebalancing', { groupId: payload.groupId }),
    )
    consumer.on(consumer.events.COMMIT_OFFSETS, ({ payload }) => {
      // Partitions are texts here, whatever the types say.
      for (const { topic, partitions } of payload.topics)
        for (const { partition, offset } of partitions) this.tell(topic, Number(partition), Number(offset), true)
    })
    consumer.on(consumer.events.FETCH, () => {
      this.requests++
    })
    consumer.on(consumer.events.CRASH, ({ payload }) => {
      if (this.closing) return
      const mapped = mapError(payload.error)
      options.onError(mapped.errorClass, mapped.message, payload.restart !== true)
    })
    await Promise.all([consumer.connect(), this.transform?.open()])
    await consumer.subscribe({ topics: options.topics.map(topic => topic.name), fromBeginning: true })
    await consumer.run({ ...this.commits(), ...this.handler() })
  }

  counters() {
    return { wireBytes: this.handle.bytesRead(), requests: this.requests }
  }

  async quiesce(): Promise<void> {
    await this.transform?.quiesce()
  }

  async close(): Promise<void> {
    this.closing = true
    await this.consumer.disconnect()
    await this.transform?.close()
  }

  private commits(): { autoCommit: boolean; autoCommitInterval?: number } {
    const intervalMs = this.options.settings['auto.commit.interval.ms']
    return {
      autoCommit: this.options.commit === 'auto',
      ...(intervalMs === undefined ? {} : { autoCommitInterval: Number(intervalMs) }),
    }
  }

  /** As shipped, single records come one by one from kafkajs itself; else they are cut from its batches. */
  private handler(): ConsumerRunConfig {
    if (this.asShipped && this.options.handling === 'message')
      return { eachMessage: payload => this.handleMessage(payload) }
    return { eachBatchAutoResolve: false, eachBatch: payload => this.handleBatch(payload) }
  }

  private async handleMessage({ topic: name, partition, message }: EachMessagePayload): Promise<void> {
    const { options } = this
    const topic = this.index.get(name)
    if (topic === undefined) return
    options.onRecords(topic, partition, [received(message)], options.nowUs())
    if (options.delayMs > 0) await processing(options.delayMs)
    if (options.commit === 'manual') await this.commitBehind(name, partition, message)
  }

  private async commitBehind(topic: string, partition: number, { offset }: KafkaMessage): Promise<void> {
    const next = BigInt(offset) + 1n
    try {
      await this.asking(() => this.consumer.commitOffsets([{ topic, partition, offset: String(next) }]))
    } catch (error) {
      this.tell(topic, partition, Number(next), false)
      // Wrapped, the refusal of a group that went on without this member would end the client for good.
      throw this.asShipped ? error : answerIn(error)
    }
  }

  /** Keeps the time at which a commit was asked for, for the event that tells of it. */
  private async asking(commit: () => Promise<void>): Promise<void> {
    this.askedUs = this.options.nowUs()
    try {
      await commit()
    } finally {
      this.askedUs = undefined
    }
  }

  private tell(name: string, partition: number, offset: number, isDone: boolean): void {
    const topic = this.index.get(name)
    const askedUs = this.askedUs ?? this.options.nowUs()
    if (topic !== undefined) this.options.onCommit({ topic, partition, offset, askedUs, isDone })
  }

  private async handleBatch(payload: EachBatchPayload): Promise<void> {
    const { options } = this
    const { batch } = payload
    const topic = this.index.get(batch.topic)
    if (topic === undefined) return
    if (this.transform) return this.transform.take(payload, topic)
    const atOnce = options.settings['max.poll.records'] ?? Number.POSITIVE_INFINITY
    const slice = options.handling === 'message' ? 1 : Number(atOnce)
    for (let at = 0; at < batch.messages.length && payload.isRunning() && !payload.isStale(); at += slice) {
      const messages = batch.messages.slice(at, at + slice)
      const atUs = options.nowUs()
      options.onRecords(topic, batch.partition, messages.map(received), atUs)
      await this.finishHandling(payload, messages)
    }
    await payload.heartbeat()
  }

  private async finishHandling(payload: EachBatchPayload, messages: KafkaMessage[]): Promise<void> {
    const last = messages.at(-1)
    if (!last) return
    if (this.options.delayMs > 0) await processing(this.options.delayMs)
    payload.resolveOffset(last.offset)
    if (this.options.commit === 'none') return
    if (this.options.commit === 'auto') return this.asking(() => payload.commitOffsetsIfNecessary())
    await this.commitBehind(payload.batch.topic, payload.batch.partition, last)
    await payload.heartbeat()
  }
}

function received(message: KafkaMessage): ReceivedRecord {
  return {
    value: message.value,
    headers: message.headers as Record<string, Buffer> | undefined,
    offset: Number(message.offset),
  }
}
