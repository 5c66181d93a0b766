// A wire reader for tests: keeps every record it was handed as plain values, and what it told beside them.
import type { ConsumerOptions, Settings, Source, TopicHandle } from '../../src/drivers/driver.ts'
import { WireConsumer } from '../../src/drivers/wire/consumer.ts'
import { CONSUMER_SETTINGS } from '../../src/scenario/schema/setting-tables.ts'
import { nowUs } from './driver-support.ts'

export type Seen = {
  topic: number
  partition: number
  offset: number
  key: string | null
  value: string | null
  headers: Record<string, string>
}

export type ReaderSetup = {
  bootstrap: string[]
  topics: TopicHandle[]
  settings?: Settings
  options?: Partial<ConsumerOptions>
}

export class TestReader implements AsyncDisposable {
  readonly seen: Seen[] = []
  readonly events: { name: string; detail: Record<string, unknown> }[] = []
  readonly errors: string[] = []
  /** Where reading has got to, by topic:partition. */
  readonly positions = new Map<string, number>()
  readonly handlings: number[] = []
  /** Who served each handling. */
  readonly sources: (Source | undefined)[] = []
  assigned: string[] = []
  corrupt = 0
  readonly consumer: WireConsumer

  private constructor({ bootstrap, topics, settings, options }: ReaderSetup) {
    const defaults = Object.fromEntries(
      Object.entries(CONSUMER_SETTINGS).flatMap(([name, setting]) =>
        setting.default === undefined ? [] : [[name, setting.default]],
      ),
    )
    this.consumer = new WireConsumer({
      bootstrap,
      clientId: 'contract',
      groupId: 'none',
      member: 0,
      members: 1,
      start: 'earliest',
      mode: 'tuned',
      settings: { ...defaults, ...settings },
      topics,
      commit: 'none',
      handling: 'batch',
      delayMs: 0,
      nowUs,
      onRecords: () => this.errors.push('records as objects'),
      onView: view => this.take(view),
      onPassed: ({ topic, partition, nextOffset, corrupt }) => {
        this.corrupt += corrupt
        this.positions.set(`${topic}:${partition}`, nextOffset)
      },
      onAssigned: partitions => {
        this.assigned = partitions.map(({ topic, partition }) => `${topic}:${partition}`)
      },
      onRevoked: () => undefined,
      onCommit: () => undefined,
      onEvent: (name, detail) => this.events.push({ name, detail }),
      onError: (errorClass, message) => this.errors.push(`${errorClass}: ${message}`),
      ...options,
    })
  }

  static async open(setup: ReaderSetup): Promise<TestReader> {
    const reader = new TestReader(setup)
    await reader.consumer.open()
    return reader
  }

  values(partition?: number): (string | null)[] {
    return this.seen.filter(one => partition === undefined || one.partition === partition).map(({ value }) => value)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.consumer.close()
  }

  private take({
    topic,
    partition,
    baseOffset,
    records,
    count,
    nextOffset,
    source,
  }: Parameters<ConsumerOptions['onView']>[0]): void {
    this.handlings.push(count)
    this.sources.push(source)
    for (let i = 0; i < count; i++) {
      records.next()
      const offset = baseOffset + records.offsetDelta
      const [key, value] = [records.key(), records.value()].map(bytes => bytes && bytes.toString())
      const headers: Record<string, string> = {}
      while (records.nextHeader()) headers[records.headerKey()] = String(records.headerValue())
      this.seen.push({ topic, partition, offset, key: key ?? null, value: value ?? null, headers })
      this.positions.set(`${topic}:${partition}`, Math.max(offset + 1, nextOffset))
    }
  }
}
