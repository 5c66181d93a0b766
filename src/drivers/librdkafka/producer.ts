// librdkafka's producer as a record driver: records go in one by one, delivery reports come back and are told in stretches.
import { UNPLACED } from '../../record/envelope.ts'
import type { PendingBatch, ProducerCounters, RecordProducer, RecordProducerOptions, RecordResult } from '../driver.ts'
import { connect, disconnect, loadRdkafka, type RdError, type RdProducer, type Report, Totals } from './client.ts'
import { producerConfig } from './settings.ts'

const POLL_MS = 1
const FLUSH_MS = 600_000
const QUEUE_FULL = -184
/** Refused for good, and so surely not written; reports carry librdkafka's words and no code. */
const NEVER_WRITTEN = /message size too large|unknown (topic|partition)/i

type Tag = { handful: PendingBatch; at: number }

export class RdkafkaProducer implements RecordProducer {
  private readonly options: RecordProducerOptions
  private readonly client: RdProducer
  private readonly totals = new Totals()
  private readonly waiting: Tag[] = []
  private results: RecordResult[] = []
  private timer: NodeJS.Timeout | undefined
  private uncompressedBytes = 0

  constructor(options: RecordProducerOptions) {
    this.options = options
    const { Producer, librdkafkaVersion } = loadRdkafka()
    const { client, topic } = producerConfig(options)
    this.client = new Producer(client, topic)
    this.client.on('delivery-report', (error: RdError | null, report: Report) => this.take(error, report))
    this.client.on('event.stats', (event: { message: string }) => this.totals.take(event.message))
    this.client.on('event.error', (error: RdError) =>
      options.onEvent?.('client.error', { errorClass: String(error.code), message: error.message }),
    )
    options.onEvent?.('client.librdkafka', { version: librdkafkaVersion })
  }

  async open(): Promise<void> {
    await connect(this.client, this.options.security)
    this.timer = setInterval(() => this.poll(), POLL_MS)
  }

  /** A full queue refuses a record, which then waits here; nothing more is taken until it went. */
  hasRoom(): boolean {
    return this.waiting.length === 0
  }

  send(handful: PendingBatch): void {
    this.uncompressedBytes += handful.rawBytes
    for (let at = 0; at < handful.count; at++) this.waiting.push({ handful, at })
    this.produceWaiting()
  }

  flush(): void {
    this.client.flush(FLUSH_MS, () => {
      this.options.onEvent?.('client.metrics', { ...this.totals.made, requests: this.totals.requestsOf('Produce') })
    })
  }

  counters(): ProducerCounters {
    const isCompressed = this.options.settings['compression.type'] !== 'none'
    return {
      requests: this.totals.requestsOf('Produce'),
      wireBytes: this.totals.writtenBytes,
      compressedBytes: isCompressed ? this.totals.made.batchBytes : 0,
      uncompressedBytes: isCompressed ? this.uncompressedBytes : 0,
      made: { ...this.totals.made },
    }
  }

  async close(): Promise<void> {
    clearInterval(this.timer)
    this.timer = undefined
    await disconnect(this.client)
  }

  private poll(): void {
    this.client.poll()
    if (this.waiting.length > 0) this.produceWaiting()
    this.tell()
  }

  private produceWaiting(): void {
    let done = 0
    for (const tag of this.waiting) {
      if (!this.produce(tag)) break
      done++
    }
    this.waiting.splice(0, done)
  }

  /** False where the queue is full. */
  private produce(tag: Tag): boolean {
    const { handful, at } = tag
    const { record, topics } = this.options
    const headers = record.headers(handful, at)
    try {
      this.client.produce(
        topics[handful.topic]?.name ?? '',
        handful.partition === UNPLACED ? null : handful.partition,
        record.value(handful, at),
        record.key(handful, at),
        null,
        tag,
        headers && Object.entries(headers).map(([name, value]) => ({ [name]: value })),
      )
      return true
    } catch (error) {
      const { code } = error as RdError
      if (code === QUEUE_FULL) return false
      this.add(tag, { outcome: 'failed', errorClass: nameOf(error as RdError) })
      return true
    }
  }

  private take(error: RdError | null, report: Report): void {
    const tag = report.opaque as Tag
    if (error)
      this.add(tag, { outcome: NEVER_WRITTEN.test(error.message) ? 'failed' : 'unknown', errorClass: nameOf(error) })
    else if (this.options.settings['acks'] === '0') this.add(tag, { outcome: 'sentNoAck' })
    else this.add(tag, { outcome: 'acked', partition: report.partition, baseOffset: report.offset })
  }

  /** Goes on with the last stretch where it can: reports of a batch come one after another. */
  private add(tag: Tag, part: Pick<RecordResult, 'outcome' | 'partition' | 'baseOffset' | 'errorClass'>): void {
    const last = this.results.at(-1)
    const goesOn =
      last?.handful === tag.handful &&
      last.at + last.count === tag.at &&
      last.outcome === part.outcome &&
      last.partition === part.partition &&
      last.errorClass === part.errorClass &&
      (part.baseOffset === undefined || part.baseOffset === (last.baseOffset ?? 0) + last.count)
    if (last && goesOn) last.count++
    else this.results.push({ ...tag, count: 1, atUs: this.options.nowUs(), ...part })
  }

  private tell(): void {
    if (this.results.length === 0) return
    const { results } = this
    this.results = []
    this.options.onResults(results)
  }
}

const nameOf = ({ code, message }: RdError): string => `rdkafka ${code === -1 ? '' : `${code} `}${message}`.slice(0, 80)
