// kafkajs as a group member: batches handed over with the time they reached the handler, commits as the scenario says.
import type { CodecName } from '../../protocol/codecs.ts'
import type { ConsumerOptions, GroupConsumer, ReceivedRecord } from '../driver.ts'
import { CompressionCodecs, createKafka, type EachBatchPayload, type KafkaHandle, type KafkaMessage } from './client.ts'
import { CODEC_NUMBERS, countingCodecs } from './codecs.ts'
import { mapError } from './errors.ts'

export class KafkaJsConsumer implements GroupConsumer {
  private readonly options: ConsumerOptions
  private readonly handle: KafkaHandle
  private readonly consumer
  private readonly index: Map<string, number>
  private closing = false
  private requests = 0

  constructor(options: ConsumerOptions) {
    this.options = options
    const { settings } = options
    const number = (name: string): number => Number(settings[name])
    const codecs = countingCodecs({}, { compressedBytes: 0, uncompressedBytes: 0 })
    for (const name of Object.keys(CODEC_NUMBERS) as CodecName[]) CompressionCodecs[CODEC_NUMBERS[name]] = codecs[name]
    this.handle = createKafka({
      brokers: options.bootstrap,
      clientId: options.clientId,
      requestTimeoutMs: number('request.timeout.ms'),
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
      allowAutoTopicCreation: false,
      ...(settings['client.rack'] ? { rackId: String(settings['client.rack']) } : {}),
      retry: { initialRetryTime: 100, retries: 8, restartOnFailure: async () => !this.closing },
    })
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
      options.onAssigned(assigned)
    })
    consumer.on(consumer.events.REBALANCING, ({ payload }) =>
      options.onEvent('group.rebalancing', { groupId: payload.groupId }),
    )
    consumer.on(consumer.events.FETCH, () => {
      this.requests++
    })
    consumer.on(consumer.events.CRASH, ({ payload }) => {
      if (this.closing) return
      const mapped = mapError(payload.error)
      options.onError(mapped.errorClass, mapped.message, payload.restart !== true)
    })
    await consumer.connect()
    await consumer.subscribe({ topics: options.topics.map(topic => topic.name), fromBeginning: true })
    await consumer.run({
      autoCommit: options.commit === 'auto',
      autoCommitInterval: Number(options.settings['auto.commit.interval.ms']),
      eachBatchAutoResolve: false,
      eachBatch: payload => this.handleBatch(payload),
    })
  }

  counters() {
    return { wireBytes: this.handle.bytesRead(), requests: this.requests }
  }

  async close(): Promise<void> {
    this.closing = true
    await this.consumer.disconnect()
  }

  private async handleBatch(payload: EachBatchPayload): Promise<void> {
    const { options } = this
    const { batch } = payload
    const topic = this.index.get(batch.topic)
    if (topic === undefined) return
    const slice = options.handling === 'message' ? 1 : Number(options.settings['max.poll.records'])
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
    if (this.options.delayMs > 0) await new Promise(resolve => setTimeout(resolve, this.options.delayMs))
    payload.resolveOffset(last.offset)
    if (this.options.commit === 'none') return
    if (this.options.commit === 'auto') return payload.commitOffsetsIfNecessary()
    const next = String(BigInt(last.offset) + 1n)
    await this.consumer.commitOffsets([
      { topic: payload.batch.topic, partition: payload.batch.partition, offset: next },
    ])
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
