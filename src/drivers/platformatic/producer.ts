// @platformatic/kafka as a batch driver: the harness chooses partitions, batches and retries; the client encodes, compresses and talks.
import type { BatchProducer, BatchResult, PendingBatch, ProducerOptions } from '../driver.ts'
import { type BufferProducer, baseOptions, type Codec, ProduceCounts, Producer, SocketCounts } from './client.ts'
import { type CodecCounts, countCodecs } from './codecs.ts'
import { outcomeOf } from './errors.ts'
import { makeMessages } from './messages.ts'

const REFRESH_MIN_MS = 100
const CONNECT_TIMEOUT_MS = 10_000
/** The client's own metadata must outlive ours, so that it sends where we looked. */
const METADATA_SLACK = 2

export class PlatformaticProducer implements BatchProducer {
  private readonly options: ProducerOptions
  private readonly client: BufferProducer
  private readonly sockets: SocketCounts
  private readonly sent: ProduceCounts
  private readonly counts: CodecCounts = { compressedBytes: 0, uncompressedBytes: 0 }
  private readonly messagesOf: ReturnType<typeof makeMessages>
  private readonly names: string[]
  private readonly leaders: number[][]
  private readonly idempotent: boolean
  private readonly acks: number
  private refreshing = false
  private refreshedAtMs = 0
  private refreshTimer: NodeJS.Timeout | undefined
  private closed = false

  constructor(options: ProducerOptions) {
    this.options = options
    this.names = options.topics.map(topic => topic.name)
    this.leaders = options.topics.map(topic => Array.from({ length: topic.partitions }, () => -1))
    this.idempotent = options.settings['enable.idempotence'] === true
    this.acks = options.settings['acks'] === 'all' ? -1 : Number(options.settings['acks'])
    this.messagesOf = makeMessages(options.record)
    countCodecs(this.counts)
    this.client = makeClient(options, this.idempotent)
    this.sockets = new SocketCounts(this.client)
    this.sent = new ProduceCounts(this.client)
    this.client.on('client:metadata', ({ topics }) => {
      for (const [name, { partitions }] of topics) {
        const known = this.leaders[this.names.indexOf(name)]
        if (known) for (let at = 0; at < known.length; at++) known[at] = partitions[at]?.leader ?? -1
      }
    })
  }

  async open(): Promise<void> {
    await this.readLeaders()
    await this.client.connectToBrokers()
    if (this.idempotent) await this.client.initIdempotentProducer({})
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
        this.refreshedAtMs = performance.now()
        this.refreshing = false
      })
  }

  dispatch(_leader: number, batches: PendingBatch[], onResults: (results: BatchResult[]) => void): void {
    const before = batches.map(batch => this.writtenFor(batch))
    const send = {
      messages: batches.flatMap(batch => this.messagesOf(this.names[batch.topic] ?? '', batch, true)),
      acks: this.acks,
      compression: String(this.options.settings['compression.type']) as Codec,
    }
    this.client.send(send, (error, result) => {
      const atUs = this.options.nowUs()
      if (error) return onResults(this.failed(batches, error, before, atUs))
      if (this.acks === 0) return onResults(batches.map(batch => ({ batch, outcome: 'sentNoAck', atUs })))
      onResults(batches.map(batch => this.acked(batch, result?.offsets ?? [], atUs)))
    })
  }

  counters() {
    return { requests: this.sent.total, wireBytes: this.sockets.written, ...this.counts }
  }

  async close(): Promise<void> {
    this.closed = true
    clearInterval(this.refreshTimer)
    await this.client.close(true)
    this.sent.close()
  }

  private async readLeaders(): Promise<void> {
    // One look at every broker: a dead or frozen one may be the first that is asked.
    await this.client.metadata({ topics: [...this.names], forceUpdate: true, retries: this.options.bootstrap.length })
    this.refreshedAtMs = performance.now()
  }

  /** Produce requests written so far to the broker that a batch would go to. */
  private writtenFor(batch: PendingBatch): { address: string; count: number } {
    const broker = this.client.currentMetadata?.brokers.get(this.leaderOf(batch.topic, batch.partition))
    const address = broker ? `${broker.host}:${broker.port}` : ''
    return { address, count: this.sent.at(address) }
  }

  private acked(
    batch: PendingBatch,
    offsets: { topic: string; partition: number; offset: bigint }[],
    atUs: number,
  ): BatchResult {
    const name = this.names[batch.topic]
    const answer = offsets.find(({ topic, partition }) => topic === name && partition === batch.partition)
    if (answer) return { batch, outcome: 'acked', atUs, baseOffset: Number(answer.offset) }
    const message = 'the answer does not name this partition'
    return { batch, outcome: 'error', atUs, errorClass: 'noAnswer', message, retriable: false, maybeWritten: true }
  }

  /** A batch is surely not written where no request went to its broker, then or now, since it was handed over. */
  private failed(
    batches: PendingBatch[],
    error: unknown,
    before: { address: string; count: number }[],
    atUs: number,
  ): BatchResult[] {
    return batches.map((batch, index): BatchResult => {
      const then = before[index] ?? { address: '', count: 0 }
      const now = this.writtenFor(batch)
      const isMoved = now.address !== then.address
      const written = isMoved || this.sent.at(then.address) > then.count
      const outcome = outcomeOf(error, this.names[batch.topic] ?? '', batch.partition, written)
      if (outcome.acked) return { batch, outcome: 'acked', atUs, baseOffset: outcome.baseOffset }
      // The client forgets its producer id with every failed call: sent again, a stored batch would be a duplicate.
      const retriable = outcome.retriable && !(this.idempotent && outcome.maybeWritten)
      const { errorClass, message, maybeWritten } = outcome
      return { batch, outcome: 'error', atUs, errorClass, message, retriable, maybeWritten }
    })
  }
}

/** Retries of the client's own, under idempotence only: it keeps a sequence number for the length of one call. */
function ownRetries(settings: ProducerOptions['settings']): number {
  const backoffMs = Math.max(1, Number(settings['retry.backoff.ms']))
  return Math.min(Number(settings['retries']), Math.ceil(Number(settings['delivery.timeout.ms']) / backoffMs))
}

function makeClient(options: ProducerOptions, idempotent: boolean): BufferProducer {
  const { settings } = options
  return new Producer({
    ...baseOptions(options),
    connectTimeout: CONNECT_TIMEOUT_MS,
    requestTimeout: Number(settings['request.timeout.ms']),
    timeout: Number(settings['request.timeout.ms']),
    maxInflights: Number(settings['max.in.flight.requests.per.connection']),
    metadataMaxAge: Number(settings['metadata.max.age.ms']) * METADATA_SLACK,
    autocreateTopics: false,
    // Retries are the accumulator's; with idempotence a number below 2 would mean for ever.
    retries: idempotent ? Math.max(2, ownRetries(settings)) : 0,
    retryDelay: Math.max(1, Number(settings['retry.backoff.ms'])),
    repeatOnStaleMetadata: idempotent,
    ...(idempotent ? { idempotent } : {}),
  })
}
