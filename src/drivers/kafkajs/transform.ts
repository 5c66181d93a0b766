// kafkajs as consume-transform-produce: one transactional producer per input partition, fenced by its epoch, since kafkajs sends no group generation with offsets.
import type { ConsumerOptions, OwnedPartition, Transaction, TransactionEnd, TransformOptions } from '../driver.ts'
import { processing } from '../processing.ts'
import type { EachBatchPayload, KafkaHandle, KafkaMessage, Producer } from './client.ts'
import { mapError } from './errors.ts'

/** The coordinator's answers to an epoch that is not the newest of its transactional id any more. */
const FENCED: ReadonlySet<string> = new Set([
  'INVALID_PRODUCER_EPOCH',
  'PRODUCER_FENCED',
  'INVALID_PRODUCER_ID_MAPPING',
])
const ACKS_ALL = -1
const RETRY = { retries: 8, initialRetryTime: 20, maxRetryTime: 1000 }

type Opened = Awaited<ReturnType<Producer['transaction']>>

/** An input partition for as long as this member has it; a new producer begins at what the group has committed by then. */
type Source = OwnedPartition & {
  name: string
  producer?: Producer | undefined
  /** What came with the producer id and has written nothing yet. */
  opened?: Opened | undefined
  /** The next offset to take; -1 where nothing was committed so far. */
  next: number
  /** A transaction of which nobody said whether it was committed. */
  doubt?: { transaction: Transaction; askedUs: number } | undefined
  isLost: boolean
}

/** What of the group member is needed here. */
type Ports = { handle: KafkaHandle; seek(at: { topic: string; partition: number; offset: string }): void }

export class KafkaJsTransform {
  private readonly options: ConsumerOptions
  private readonly transform: TransformOptions
  private readonly ports: Ports
  private readonly admin
  private readonly sources = new Map<string, Source>()
  private isEnding = false
  private underWay: Promise<void> = Promise.resolve()

  constructor(options: ConsumerOptions, transform: TransformOptions, ports: Ports) {
    this.options = options
    this.transform = transform
    this.ports = ports
    this.admin = ports.handle.kafka.admin({ retry: RETRY })
  }

  open(): Promise<void> {
    return this.admin.connect()
  }

  /** Another generation has begun: what this member had may have been somebody else's in between. */
  joined(): void {
    for (const source of this.sources.values()) this.lose(source)
    this.sources.clear()
  }

  /** Takes what was fetched of one partition, transaction by transaction, until one is not committed. */
  take(payload: EachBatchPayload, topic: number): Promise<void> {
    if (this.isEnding) return Promise.resolve()
    this.underWay = this.takeBatch(payload, topic)
    return this.underWay
  }

  /** Ends the transaction that is under way and begins no other. */
  async quiesce(): Promise<void> {
    this.isEnding = true
    await this.underWay.catch(() => undefined) // what became of its transaction was told
    this.joined()
  }

  async close(): Promise<void> {
    this.joined()
    await this.admin.disconnect()
  }

  private async takeBatch(payload: EachBatchPayload, topic: number): Promise<void> {
    const { batch } = payload
    const source = this.sourceOf(topic, batch.topic, batch.partition)
    if (!source.producer) await this.takeOver(source, payload)
    // What was fetched from behind the group's position leaves records out.
    if (source.next >= 0 && fetchedFrom(batch) > source.next) return this.goBack(source, source.next)
    const messages = batch.messages.filter(({ offset }) => Number(offset) >= source.next)
    for (let at = 0; at < messages.length; at += this.transform.records) {
      if (!payload.isRunning() || payload.isStale() || this.isEnding) return
      if (!(await this.transact(source, messages.slice(at, at + this.transform.records), payload))) return
      await payload.heartbeat()
    }
  }

  private sourceOf(topic: number, name: string, partition: number): Source {
    const key = `${topic}:${partition}`
    const known = this.sources.get(key)
    if (known) return known
    const made: Source = { topic, name, partition, next: -1, isLost: false }
    this.sources.set(key, made)
    return made
  }

  /**
   * Fences whoever had the partition: InitProducerId ends its transaction, whose offsets are then committed or gone,
   * and every later request under its epoch is refused. Only behind that what is committed can be relied on.
   */
  private async takeOver(source: Source, payload: EachBatchPayload): Promise<void> {
    // Who is no member any more must not fence its successor.
    await payload.heartbeat()
    const transactionalId = this.transform.transactionalId(source)
    const producer = this.ports.handle.kafka.producer({
      transactionalId,
      transactionTimeout: this.transform.timeoutMs,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      metadataMaxAge: Number(this.options.settings['metadata.max.age.ms']),
      retry: RETRY,
      createPartitioner:
        () =>
        ({ message }) =>
          message.partition as number,
    })
    try {
      await producer.connect()
      source.opened = await producer.transaction()
      source.next = await this.committed(source)
    } catch (error) {
      leave(producer)
      throw error
    }
    source.producer = producer
    this.options.onEvent('transform.begun', { transactionalId, partition: source.partition, offset: source.next })
    const { doubt } = source
    source.doubt = undefined
    if (!doubt) return
    const { transaction, askedUs } = doubt
    this.transform.ended(transaction, source.next >= transaction.next ? 'committed' : 'failed', askedUs)
  }

  /** Records, offsets and end of one transaction; true where it was committed and reading goes on behind it. */
  private async transact(source: Source, messages: KafkaMessage[], payload: EachBatchPayload): Promise<boolean> {
    const last = messages.at(-1) as KafkaMessage
    const transaction = this.transform.begin(source.topic, source.partition, messages.map(received))
    if (transaction) {
      const asked = { us: undefined as number | undefined }
      try {
        await this.write(source, transaction)
        asked.us = this.options.nowUs()
        await this.end(source, transaction)
      } catch (error) {
        this.fail(source, transaction, error, asked.us)
        return false
      }
      this.transform.ended(transaction, transaction.isAborted ? 'aborted' : 'committed', asked.us)
      if (transaction.isAborted) {
        const committed = await this.committed(source)
        this.goBack(source, committed < 0 ? Number(messages[0]?.offset) : committed)
        return false
      }
    }
    source.next = Number(last.offset) + 1
    payload.resolveOffset(last.offset)
    return true
  }

  /** One partition after the other: kafkajs adds partitions to a transaction once per broker at the same time, and would double records where one of them is refused. */
  private async write(source: Source, { writes, topic, partition, next }: Transaction): Promise<void> {
    const opened = source.opened ?? (await source.producer?.transaction())
    if (!opened) throw new Error('the partition was taken away')
    source.opened = opened
    for (const write of writes) {
      const messages = write.values.map(value => ({ key: null, value, partition: write.partition }))
      const [answer] = await opened.send({ topic: this.transform.target.name, acks: ACKS_ALL, messages })
      if (answer?.baseOffset !== undefined) write.baseOffset = Number(answer.baseOffset)
    }
    if (this.options.delayMs > 0) await processing(this.options.delayMs)
    const { name } = this.options.topics[topic] as { name: string }
    const topics = [{ topic: name, partitions: [{ partition, offset: String(next) }] }]
    await opened.sendOffsets({ consumerGroupId: this.options.groupId, topics })
  }

  private async end(source: Source, { isAborted }: Transaction): Promise<void> {
    const { opened } = source
    source.opened = undefined
    if (isAborted) await opened?.abort()
    else await opened?.commit()
  }

  /** What a producer does after an error nobody knows: its sequence may be the broker's no longer, so another one takes over. */
  private fail(source: Source, transaction: Transaction, error: unknown, askedUs: number | undefined): void {
    const { errorClass, message } = mapError(error)
    const isFenced = FENCED.has(errorClass)
    const isInDoubt = !isFenced && askedUs !== undefined && !transaction.isAborted
    leave(source.producer)
    source.producer = undefined
    source.opened = undefined
    if (isInDoubt && !source.isLost) source.doubt = { transaction, askedUs }
    const end: TransactionEnd = isFenced ? 'fenced' : isInDoubt ? 'unknown' : 'failed'
    if (source.doubt === undefined)
      this.transform.ended(transaction, end, askedUs ?? this.options.nowUs(), `${errorClass}: ${message}`)
  }

  private lose(source: Source): void {
    const { doubt, producer } = source
    source.isLost = true
    source.producer = undefined
    source.opened = undefined
    source.doubt = undefined
    leave(producer)
    if (doubt) this.transform.ended(doubt.transaction, 'unknown', doubt.askedUs)
  }

  /** What the group has committed of a partition, -1 without. */
  private async committed({ name, partition }: Source): Promise<number> {
    const { groupId } = this.options
    const [answer] = await this.admin.fetchOffsets({ groupId, topics: [name] })
    return Number(answer?.partitions.find(one => one.partition === partition)?.offset ?? -1)
  }

  private goBack(source: Source, offset: number): void {
    source.next = offset
    this.ports.seek({ topic: source.name, partition: source.partition, offset: String(offset) })
  }
}

/** Where a fetch began, which kafkajs keeps from its types. */
const fetchedFrom = (batch: EachBatchPayload['batch']): number =>
  Number((batch as EachBatchPayload['batch'] & { fetchedOffset: string }).fetchedOffset)

const received = (message: KafkaMessage) => ({
  value: message.value,
  headers: message.headers as Record<string, Buffer> | undefined,
  offset: Number(message.offset),
})

/** Its connections are closed; what it had open, InitProducerId or the time-out aborts. */
function leave(producer: Producer | undefined): void {
  void producer?.disconnect().catch(() => undefined)
}
