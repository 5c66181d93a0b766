// kafkajs as its users get it: a handful of records per send call, and everything else is the library's own.
import type { PendingBatch, RecordProducer, RecordProducerOptions, RecordResult } from '../driver.ts'
import { CompressionCodecs, CompressionTypes, createKafka, type KafkaHandle } from './client.ts'
import { type CodecCounts, countShippedCodecs } from './codecs.ts'
import { mapError } from './errors.ts'

type Message = { key: Buffer | null; value: Buffer; headers?: Record<string, Buffer> }

export class KafkaJsRecordProducer implements RecordProducer {
  private readonly options: RecordProducerOptions
  private readonly handle: KafkaHandle
  private readonly counts: CodecCounts = { compressedBytes: 0, uncompressedBytes: 0 }
  private readonly made = { batches: 0, batchRecords: 0, batchBytes: 0 }
  private readonly client
  private readonly acks: number
  private requests = 0

  constructor(options: RecordProducerOptions) {
    this.options = options
    const { settings } = options
    this.acks = settings['acks'] === 'all' ? -1 : Number(settings['acks'])
    countShippedCodecs(CompressionCodecs, this.counts)
    this.handle = createKafka({
      brokers: options.bootstrap,
      clientId: options.clientId,
      requestTimeoutMs: Number(settings['request.timeout.ms']),
      asShipped: true,
      ...(options.security ? { security: options.security } : {}),
    })
    const inFlight = settings['max.in.flight.requests.per.connection']
    this.client = this.handle.kafka.producer({
      metadataMaxAge: Number(settings['metadata.max.age.ms']),
      idempotent: settings['enable.idempotence'] === true,
      retry: { retries: Number(settings['retries']), initialRetryTime: Number(settings['retry.backoff.ms']) },
      ...(inFlight === undefined ? {} : { maxInFlightRequests: Number(inFlight) }),
    })
    this.client.on(this.client.events.REQUEST, ({ payload }) => {
      if (payload.apiName === 'Produce') this.requests++
    })
  }

  async open(): Promise<void> {
    await this.client.connect()
  }

  /** kafkajs queues without a limit. */
  hasRoom(): boolean {
    return true
  }

  send(handful: PendingBatch): void {
    const compression = this.options.settings['compression.type'] === 'gzip' ? CompressionTypes.GZIP : undefined
    this.client
      .send({
        topic: this.options.topics[handful.topic]?.name ?? '',
        messages: this.messages(handful),
        acks: this.acks,
        ...(compression === undefined ? {} : { compression }),
      })
      .then(
        answers => this.answered(handful, answers.length),
        (error: unknown) => this.failed(handful, error),
      )
  }

  flush(): void {
    // Nothing lingers.
  }

  counters() {
    return { requests: this.requests, wireBytes: this.handle.bytesWritten(), ...this.counts, made: { ...this.made } }
  }

  async close(): Promise<void> {
    await this.client.disconnect()
  }

  private messages(handful: PendingBatch): Message[] {
    const { record } = this.options
    return Array.from({ length: handful.count }, (_, at) => {
      const headers = record.headers(handful, at)
      return {
        key: record.key(handful, at),
        value: record.value(handful, at),
        ...(headers ? { headers } : {}),
      }
    })
  }

  /** One batch per partition that the call's records went to; at acks=0 kafkajs tells of none. */
  private answered(handful: PendingBatch, batches: number): void {
    this.made.batches += Math.max(1, batches)
    this.made.batchRecords += handful.count
    this.made.batchBytes += handful.rawBytes
    this.settle(handful, { outcome: this.acks === 0 ? 'sentNoAck' : 'acked' })
  }

  /** One error for the whole call: it tells of a record only where the call has no other, and was not tried again. */
  private failed(handful: PendingBatch, error: unknown): void {
    const { errorClass, retriable, maybeWritten } = mapError(error)
    const isSure = handful.count === 1 && !retriable && !maybeWritten
    this.settle(handful, { outcome: isSure ? 'failed' : 'unknown', errorClass })
  }

  private settle(handful: PendingBatch, result: Pick<RecordResult, 'outcome' | 'errorClass'>): void {
    this.options.onResults([{ handful, at: 0, count: handful.count, atUs: this.options.nowUs(), ...result }])
  }
}
