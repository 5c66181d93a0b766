// Kafka's Java consumer as a group member: poll, handling, delay and commit happen in the JVM as in a user's program.
import type { ConsumerOptions, GroupConsumer, ReceivedRecord } from '../driver.ts'
import { FROM_JVM, type FrameReader, TO_JVM } from './frames.ts'
import { Jvm, openFrame } from './jvm.ts'
import { consumerProperties } from './properties.ts'

export class JavaConsumer implements GroupConsumer {
  private readonly options: ConsumerOptions
  private readonly jvm: Jvm

  constructor(options: ConsumerOptions) {
    this.options = options
    this.jvm = new Jvm({
      nowUs: () => options.nowUs(),
      onFrame: frame => this.take(frame),
      onEvent: (name, detail) => options.onEvent(name, detail),
      onFailed: (errorClass, message, fatal) => options.onError(errorClass, message, fatal),
    })
  }

  open(): Promise<void> {
    const { options } = this
    const topics = options.topics.map(topic => topic.name)
    const frame = openFrame(TO_JVM.openConsumer, consumerProperties(options), topics)
    frame
      .i8(options.commit === 'manual' ? 1 : 0)
      .i8(options.handling === 'message' ? 1 : 0)
      .i32(options.delayMs)
    return this.jvm.open(frame, Number(options.settings['fetch.max.bytes']))
  }

  counters() {
    const metric = (name: string): number => this.jvm.stats.metrics.get(name) ?? 0
    return {
      wireBytes: metric('consumer-metrics:incoming-byte-total'),
      requests: metric('consumer-fetch-manager-metrics:fetch-total'),
    }
  }

  outsideUse() {
    return this.jvm.stats.use
  }

  close(): Promise<void> {
    return this.jvm.close()
  }

  private take(frame: FrameReader): void {
    if (frame.type === FROM_JVM.records) return this.takeRecords(frame)
    if (frame.type === FROM_JVM.commit) return this.takeCommit(frame)
    if (frame.type !== FROM_JVM.assigned && frame.type !== FROM_JVM.revoked) return
    const atUs = this.jvm.unixUs(frame.i64())
    const partitions = Array.from({ length: frame.i32() }, () => ({ topic: frame.i32(), partition: frame.i32() }))
    if (frame.type === FROM_JVM.assigned) this.options.onAssigned(partitions, atUs)
    else this.options.onRevoked(partitions, atUs)
  }

  private takeCommit(frame: FrameReader): void {
    const askedUs = this.jvm.unixUs(frame.i64())
    const isDone = frame.i8() === 1
    this.options.onCommit({ topic: frame.i32(), partition: frame.i32(), offset: frame.i64(), askedUs, isDone })
  }

  private takeRecords(frame: FrameReader): void {
    const atUs = this.jvm.unixUs(frame.i64())
    const [topic, partition, count] = [frame.i32(), frame.i32(), frame.i32()]
    const records: ReceivedRecord[] = []
    for (let i = 0; i < count; i++) {
      const offset = frame.i64()
      const value = frame.blob()
      const headerCount = frame.i8()
      const headers: Record<string, Buffer> = {}
      for (let h = 0; h < headerCount; h++) headers[frame.text()] = frame.blob() ?? Buffer.alloc(0)
      records.push({ value, headers: headerCount > 0 ? headers : undefined, offset })
    }
    this.options.onRecords(topic, partition, records, atUs)
  }
}
