// Kafka's Java producer as a record driver: handfuls go through the pipe, outcomes come back with the times of their callbacks.
import { UNPLACED } from '../../record/envelope.ts'
import type { PendingBatch, ProducerCounters, RecordProducer, RecordProducerOptions, RecordResult } from '../driver.ts'
import { FROM_JVM, type FrameReader, FrameWriter, TO_JVM } from './frames.ts'
import { Jvm, openFrame } from './jvm.ts'
import { producerProperties } from './properties.ts'

const OUTCOMES = ['acked', 'sentNoAck', 'failed', 'unknown'] as const
const MAX_HANDFULS = 2 ** 31 - 1
const FRAMING_BYTES = 32

export class JavaProducer implements RecordProducer {
  private readonly options: RecordProducerOptions
  private readonly jvm: Jvm
  private readonly open_ = new Map<number, { handful: PendingBatch; left: number }>()
  private nextHandful = 0
  private sentBytes = 0
  private flushed = false

  constructor(options: RecordProducerOptions) {
    this.options = options
    this.jvm = new Jvm({
      nowUs: () => options.nowUs(),
      onFrame: frame => this.take(frame),
      onEvent: (name, detail) => options.onEvent?.(name, detail),
      onFailed: (errorClass, message, fatal) => {
        // The crew ends a trial whose worker throws; without its JVM this one can do nothing.
        if (fatal) throw new Error(`${errorClass}: ${message}`)
        options.onEvent?.('client.error', { errorClass, message })
      },
    })
  }

  open(): Promise<void> {
    const { options } = this
    const topics = options.topics.map(topic => topic.name)
    const frame = openFrame(TO_JVM.openProducer, producerProperties(options), topics)
    return this.jvm.open(frame, Number(options.settings['buffer.memory']))
  }

  hasRoom(): boolean {
    return this.jvm.hasRoom
  }

  send(handful: PendingBatch): void {
    const { record } = this.options
    const number = this.nextHandful
    this.nextHandful = number === MAX_HANDFULS ? 0 : number + 1
    this.open_.set(number, { handful, left: handful.count })
    const frame = new FrameWriter(TO_JVM.send, handful.rawBytes + FRAMING_BYTES * (handful.count + 1))
    frame.i64(this.jvm.jvmNowNs()).i32(number).i32(handful.topic)
    frame.i32(handful.partition === UNPLACED ? -1 : handful.partition).i32(handful.count)
    for (let at = 0; at < handful.count; at++) {
      frame.blob(record.key(handful, at)).blob(record.value(handful, at))
      const headers = Object.entries(record.headers(handful, at) ?? {})
      frame.i8(headers.length)
      for (const [name, value] of headers) frame.text(name).blob(value)
    }
    this.sentBytes += handful.rawBytes
    this.jvm.write(frame.finish())
  }

  flush(): void {
    if (this.flushed) return
    this.flushed = true
    this.jvm.answer(FROM_JVM.flushed).then(
      () => this.options.onEvent?.('client.metrics', this.metrics()),
      () => undefined, // a JVM that ended is told by its exit
    )
    this.jvm.write(new FrameWriter(TO_JVM.flush).finish())
  }

  /** Exact totals from the client's own averages, which cover its whole life. */
  counters(): ProducerCounters {
    const metric = (name: string): number => this.jvm.stats.metrics.get(name) ?? 0
    const batchBytes = metric('producer-topic-metrics:byte-total')
    const batchRecords = metric('producer-topic-metrics:record-send-total')
    const isCompressed = this.options.settings['compression.type'] !== 'none'
    return {
      requests: Math.round(ratio(batchRecords, metric('producer-metrics:records-per-request-avg'))),
      wireBytes: metric('producer-metrics:outgoing-byte-total'),
      compressedBytes: isCompressed ? batchBytes : 0,
      uncompressedBytes: isCompressed ? this.sentBytes : 0,
      made: {
        batches: Math.round(ratio(batchBytes, metric('producer-metrics:batch-size-avg'))),
        batchRecords,
        batchBytes: isCompressed ? ratio(batchBytes, metric('producer-metrics:compression-rate-avg')) : batchBytes,
      },
    }
  }

  outsideUse() {
    return this.jvm.stats.use
  }

  close(): Promise<void> {
    return this.jvm.close()
  }

  private metrics(): Record<string, unknown> {
    const { metrics, pipe } = this.jvm.stats
    const rows = [...metrics].map(([name, value]) => [name.slice(name.indexOf(':') + 1), value] as const)
    return { ...Object.fromEntries(rows), 'pipe.mean.us': pipe.meanUs, 'pipe.max.us': pipe.maxUs }
  }

  private take(frame: FrameReader): void {
    if (frame.type !== FROM_JVM.results) return
    const results: RecordResult[] = []
    for (let left = frame.i32(); left > 0; left--) results.push(this.takeOne(frame))
    this.options.onResults(results)
  }

  private takeOne(frame: FrameReader): RecordResult {
    const number = frame.i32()
    const [at, count, partition, baseOffset] = [frame.i32(), frame.i32(), frame.i32(), frame.i64()]
    const atUs = this.jvm.unixUs(frame.i64())
    const outcome = OUTCOMES[frame.i8()] ?? 'unknown'
    const errorClass = outcome === 'failed' || outcome === 'unknown' ? frame.text() : undefined
    const open = this.open_.get(number)
    if (!open) throw new Error(`the JVM answered handful ${number}, which is not open`)
    open.left -= count
    if (open.left === 0) this.open_.delete(number)
    return {
      handful: open.handful,
      at,
      count,
      outcome,
      atUs,
      ...(outcome === 'acked' ? { partition, baseOffset } : {}),
      ...(errorClass === undefined ? {} : { errorClass }),
    }
  }
}

const ratio = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole)
