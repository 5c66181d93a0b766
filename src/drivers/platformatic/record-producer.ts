// @platformatic/kafka as its users get it: a handful of records per send call, and everything else is the library's own.
import type { PendingBatch, RecordProducer, RecordProducerOptions, RecordResult } from '../driver.ts'
import { type BufferProducer, baseOptions, type Codec, ProduceCounts, Producer, SocketCounts } from './client.ts'
import { type CodecCounts, countCodecs } from './codecs.ts'
import { isSurelyRefused, mapError } from './errors.ts'
import { makeMessages } from './messages.ts'

export class PlatformaticRecordProducer implements RecordProducer {
  private readonly options: RecordProducerOptions
  private readonly client: BufferProducer
  private readonly sockets: SocketCounts
  private readonly sent: ProduceCounts
  private readonly counts: CodecCounts = { compressedBytes: 0, uncompressedBytes: 0 }
  private readonly messagesOf: ReturnType<typeof makeMessages>
  private readonly made = { batches: 0, batchRecords: 0, batchBytes: 0 }
  private readonly acks: number

  constructor(options: RecordProducerOptions) {
    this.options = options
    const { settings } = options
    this.acks = settings['acks'] === 'all' ? -1 : Number(settings['acks'])
    this.messagesOf = makeMessages(options.record)
    countCodecs(this.counts)
    this.client = new Producer({
      ...baseOptions(options),
      requestTimeout: Number(settings['request.timeout.ms']),
      maxInflights: Number(settings['max.in.flight.requests.per.connection']),
      metadataMaxAge: Number(settings['metadata.max.age.ms']),
      retries: Number(settings['retries']),
      retryDelay: Number(settings['retry.backoff.ms']),
      ...(settings['enable.idempotence'] === true ? { idempotent: true } : {}),
    })
    this.sockets = new SocketCounts(this.client)
    this.sent = new ProduceCounts(this.client)
  }

  /** The client connects by itself at the first call; it is done here so that no measured record waits for it. */
  async open(): Promise<void> {
    await this.client.metadata({ topics: this.options.topics.map(topic => topic.name) })
    await this.client.connectToBrokers()
  }

  /** The client queues without a limit. */
  hasRoom(): boolean {
    return true
  }

  send(handful: PendingBatch): void {
    const topic = this.options.topics[handful.topic]?.name ?? ''
    const messages = this.messagesOf(topic, handful, false)
    const writtenBefore = this.sent.total
    const compression = String(this.options.settings['compression.type']) as Codec
    this.client.send({ messages, acks: this.acks, compression }, (error, result) => {
      if (!error) return this.answered(handful, result?.offsets?.length ?? 1)
      const isSure = this.sent.total === writtenBefore || isSurelyRefused(error)
      this.settle(handful, { outcome: isSure ? 'failed' : 'unknown', errorClass: mapError(error).errorClass })
    })
  }

  flush(): void {
    // Nothing lingers.
  }

  counters() {
    const { total } = this.sent
    return { requests: total, wireBytes: this.sockets.written, ...this.counts, made: { ...this.made } }
  }

  async close(): Promise<void> {
    await this.client.close(true)
    this.sent.close()
  }

  private answered(handful: PendingBatch, batches: number): void {
    this.made.batches += batches
    this.made.batchRecords += handful.count
    this.made.batchBytes += handful.rawBytes
    this.settle(handful, { outcome: this.acks === 0 ? 'sentNoAck' : 'acked' })
  }

  private settle(handful: PendingBatch, result: Pick<RecordResult, 'outcome' | 'errorClass'>): void {
    this.options.onResults([{ handful, at: 0, count: handful.count, atUs: this.options.nowUs(), ...result }])
  }
}
