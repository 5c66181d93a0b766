// What the contract of record drivers needs: a producer whose answers are kept record by record, and a group member whose records are.
import type {
  ConsumerOptions,
  PendingBatch,
  ReceivedRecord,
  RecordProducer,
  RecordProducerOptions,
  RecordResult,
  Settings,
  TopicHandle,
} from '../../src/drivers/driver.ts'
import { loadDriver } from '../../src/drivers/index.ts'
import { CONSUMER_SETTINGS, PRODUCER_SETTINGS, type SettingTable } from '../../src/scenario/schema/setting-tables.ts'
import { nowUs, valueOf } from './driver-support.ts'

const defaultsOf = (table: SettingTable): Settings =>
  Object.fromEntries(
    Object.entries(table).flatMap(([name, { default: value }]) => (value === undefined ? [] : [[name, value]])),
  )

export type Answer = Omit<RecordResult, 'handful' | 'at' | 'count'> & { seq: number }

/** Answers by handful; a record that is answered twice, or of a handful never sent, is an error. */
export class Answers {
  readonly all = new Map<PendingBatch, Answer[]>()
  readonly mistakes: string[] = []

  take(results: RecordResult[]): void {
    for (const { handful, at, count, baseOffset, ...rest } of results) {
      const answers = this.all.get(handful) ?? []
      this.all.set(handful, answers)
      for (let i = at; i < at + count; i++) {
        const seq = handful.firstSeq + i
        if (answers.some(answer => answer.seq === seq)) this.mistakes.push(`${seq} was answered twice`)
        answers.push({ seq, ...(baseOffset === undefined ? {} : { baseOffset: baseOffset + i - at }), ...rest })
      }
    }
  }

  /** Answers of one handful in the order of its records. */
  of(handful: PendingBatch): Answer[] {
    return (this.all.get(handful) ?? []).toSorted((a, b) => a.seq - b.seq)
  }
}

export type OpenedProducer = {
  producer: RecordProducer
  answers: Answers
  events: Map<string, Record<string, unknown>>
}

export async function openProducer(
  driverName: string,
  setup: { bootstrap: string[]; topics: TopicHandle[]; settings?: Settings } & Partial<
    Pick<RecordProducerOptions, 'security' | 'record'>
  >,
): Promise<OpenedProducer> {
  const driver = await loadDriver(driverName)
  if (!driver.createRecordProducer) throw new Error(`driver ${driverName} takes no records`)
  const answers = new Answers()
  const events = new Map<string, Record<string, unknown>>()
  const producer = driver.createRecordProducer({
    clientId: 'contract',
    record: {
      value: (batch, at) => Buffer.from(valueOf(batch, at)),
      key: () => null,
      headers: () => undefined,
    },
    nowUs,
    onResults: results => answers.take(results),
    onEvent: (name, detail) => events.set(name, detail),
    ...setup,
    settings: { ...defaultsOf(PRODUCER_SETTINGS), 'enable.idempotence': false, ...setup.settings },
  })
  await producer.open()
  return { producer, answers, events }
}

export type Seen = {
  records: Map<number, ReceivedRecord[]>
  /** Records per handling, with the time that the driver gave it. */
  handlings: { count: number; atUs: number }[]
  assigned: number
  /** Next offset by partition, as the driver told of commits. */
  committed: Map<number, number>
  errors: string[]
}

/** A group member with Java's defaults for what is not said. */
export async function openConsumer(
  driverName: string,
  setup: Pick<ConsumerOptions, 'bootstrap' | 'topics' | 'groupId'> & Partial<ConsumerOptions>,
): Promise<{ close(): Promise<void>; seen: Seen }> {
  const seen: Seen = { records: new Map(), handlings: [], assigned: 0, committed: new Map(), errors: [] }
  const consumer = (await loadDriver(driverName)).createConsumer?.({
    clientId: 'contract',
    member: 0,
    members: 1,
    mode: 'tuned',
    start: 'earliest',
    onView: () => undefined,
    onPassed: () => undefined,
    commit: 'manual',
    handling: 'batch',
    delayMs: 0,
    nowUs,
    onRecords: (_topic, partition, records, atUs) => {
      seen.handlings.push({ count: records.length, atUs })
      const list = seen.records.get(partition) ?? []
      seen.records.set(partition, list)
      // Bytes are only lent for the length of the call.
      list.push(...records.map(record => ({ ...record, value: record.value && Buffer.from(record.value) })))
    },
    onAssigned: partitions => {
      seen.assigned = partitions.length
    },
    onRevoked: () => undefined,
    onCommit: ({ partition, offset, isDone }) => {
      if (isDone) seen.committed.set(partition, offset)
    },
    onEvent: () => undefined,
    onError: (errorClass, message) => seen.errors.push(`${errorClass}: ${message}`),
    ...setup,
    settings: { ...defaultsOf(CONSUMER_SETTINGS), 'session.timeout.ms': 10_000, ...setup.settings },
  })
  if (!consumer) throw new Error(`driver ${driverName} has no consumer`)
  await consumer.open()
  return { close: () => consumer.close(), seen }
}
