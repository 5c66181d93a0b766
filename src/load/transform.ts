// What a transforming member writes for what it reads, how each transaction is to end, and what its end means for ledger, history and counters.
import { crc32c } from '@node-rs/crc32'
import { hash32 } from '../core/random.ts'
import type {
  OwnedPartition,
  ReceivedRecord,
  Transaction,
  TransactionEnd,
  TransactionWrite,
  TransformOptions,
} from '../drivers/driver.ts'
import { type Envelope, FLAG_CRC, sealCrc, writeEnvelope } from '../record/envelope.ts'
import { outputOf } from '../record/outputs.ts'
import type { GroupLog } from '../recording/group-log.ts'
import { NO_PRODUCER } from '../recording/group-run.ts'
import { Ledger } from '../recording/ledger.ts'
import type { ConsumerWorkerSpec, TransformSpec } from './messages.ts'
import type { Place } from './places.ts'

/** Numbers of transactions tell members and their lives apart: 6 bits, 4 bits, and 22 bits that count. */
const LIVES = 16
const COUNTED = 2 ** 22
const TWO_POW_32 = 2 ** 32

/** A record of a transaction; without an envelope that can be believed nothing is written for it. */
type Item = { offset: number; bytes: number; envelope: Envelope | undefined; fault?: string }
type Pending = { place: Place; items: Item[]; begunUs: number }

export type TransformPorts = {
  nowUs(): number
  placeOf(topic: number, partition: number): Place
  read(place: Place, record: ReceivedRecord): Envelope | { fault: string }
  /** Counts a record whose transaction was committed. */
  onCommitted(place: Place, item: Item): void
  count(name: string, by?: number): void
  onEvent(name: string, detail: Record<string, unknown>): void
  log: GroupLog | undefined
}

export class Transformer {
  private readonly spec: ConsumerWorkerSpec
  private readonly transform: TransformSpec
  private readonly ports: TransformPorts
  private readonly ledger: Ledger
  private readonly pending = new Map<number, Pending>()
  private counted = 0

  constructor(spec: ConsumerWorkerSpec, transform: TransformSpec, ports: TransformPorts) {
    this.spec = spec
    this.transform = transform
    this.ports = ports
    this.ledger = new Ledger({
      path: transform.ledgerPath,
      envelopeRun: spec.runTag,
      producer: transform.firstProducer,
      topicNumbers: [transform.target.index],
    })
  }

  options(): TransformOptions {
    const { target, records, timeoutMs } = this.transform
    return {
      ...{ target, records, timeoutMs },
      transactionalId: ({ topic, partition }) => this.transactionalId(topic, partition),
      begin: (topic, partition, taken) => this.begin(topic, partition, taken),
      ended: (transaction, end, askedUs, reason) => this.ended(transaction, end, askedUs, reason),
    }
  }

  /** Seals the ledger. */
  close(): Promise<void> {
    return this.ledger.close()
  }

  /** Number of an input partition among all that the group reads. */
  private inputOf(topic: number, partition: number): number {
    const before = this.spec.topics.slice(0, topic).reduce((sum, { partitions }) => sum + partitions, 0)
    return before + partition
  }

  /** Whoever asks for a producer under an id ends what went before under it, and nothing else. */
  private transactionalId(topic: number, partition: number): string {
    const { groupId, member } = this.spec
    const owner = this.transform.fencing === 'member' ? `${groupId}-m${member}` : groupId
    return `${owner}-${this.inputOf(topic, partition)}`
  }

  private begin(topic: number, partition: number, records: ReceivedRecord[]): Transaction | undefined {
    const { ports, transform } = this
    const place = ports.placeOf(topic, partition)
    const own = records.filter(({ offset }) => offset >= place.begin)
    const last = own.at(-1)
    if (!last) return undefined
    const number = (this.spec.member * LIVES + ((this.spec.life ?? 0) % LIVES)) * COUNTED + (++this.counted % COUNTED)
    const writes = new Map<number, TransactionWrite>()
    const items = own.map((record): Item => {
      const reading = ports.read(place, record)
      const bytes = record.value?.length ?? 0
      if ('fault' in reading) return { offset: record.offset, bytes, envelope: undefined, fault: reading.fault }
      const at = this.outputOf(place, record.offset)
      const write = writes.get(at.partition) ?? { partition: at.partition, values: [] }
      writes.set(at.partition, write)
      write.values.push(this.written(record.value as Buffer, reading, { ...at, topic, input: partition, number }))
      return { offset: record.offset, bytes, envelope: reading }
    })
    this.pending.set(number, { place, items, begunUs: ports.nowUs() })
    const isAborted = hash32(transform.seed, transform.firstProducer, number) / TWO_POW_32 < transform.abort
    return { topic, partition, number, next: last.offset + 1, writes: [...writes.values()], isAborted }
  }

  private outputOf({ begin }: Place, offset: number): ReturnType<typeof outputOf> {
    return outputOf(offset - begin, this.transform.target.partitions)
  }

  /** The value as it was read, under an envelope of its own. */
  private written(
    value: Buffer,
    { intendedUs }: Envelope,
    to: { topic: number; input: number; partition: number; sequence: number; number: number },
  ): Buffer {
    const { target, firstProducer } = this.transform
    const made = Buffer.from(value)
    writeEnvelope(made, 0, {
      flags: FLAG_CRC,
      run: this.spec.runTag,
      producer: firstProducer + this.inputOf(to.topic, to.input),
      topic: target.index,
      partition: to.partition,
      sequence: to.sequence,
      intendedUs,
      transaction: to.number,
    })
    sealCrc(made, 0, made.length, crc32c)
    return made
  }

  private ended(transaction: Transaction, end: TransactionEnd, askedUs: number, reason?: string): void {
    const { ports, pending } = this
    const held = pending.get(transaction.number)
    if (!held) return
    pending.delete(transaction.number)
    ports.count(`transactions.${end}`)
    ports.count(`transactions.records.${end}`, held.items.filter(item => item.envelope).length)
    const { topic, partition, next } = transaction
    if (end !== 'committed' && end !== 'aborted')
      ports.onEvent(`transaction.${end}`, {
        transactionalId: this.transactionalId(topic, partition),
        transaction: transaction.number,
        ...{ partition, next, reason },
      })
    if (end === 'committed') this.committed(held, transaction, askedUs)
    if (end === 'committed' || end === 'unknown')
      this.tell(held, transaction, end === 'committed' ? 'acked' : 'unknown')
    if (end !== 'aborted') ports.log?.committed(this.numbered(topic, partition), next, askedUs, end === 'committed')
  }

  private numbered(topic: number, partition: number): OwnedPartition {
    return { topic: this.spec.topics[topic]?.index ?? 0, partition }
  }

  /** A record counts as processed once its transaction was committed, at the time at which that was asked for. */
  private committed({ place, items }: Pending, { topic, partition, next }: Transaction, askedUs: number): void {
    const number = this.numbered(topic, partition).topic
    for (const item of items) {
      const { producer, sequence } = item.envelope ?? { producer: NO_PRODUCER, sequence: 0 }
      this.ports.onCommitted(place, item)
      this.ports.log?.processed(number, partition, item.offset, producer, sequence, askedUs)
    }
    place.next = Math.max(place.next, next)
  }

  /** What was written by a transaction that was not committed is told by the one that writes it again. */
  private tell({ place, items, begunUs }: Pending, transaction: Transaction, state: 'acked' | 'unknown'): void {
    const atUs = this.ports.nowUs()
    const written = new Map<number, number>()
    const bases = new Map(transaction.writes.map(write => [write.partition, write.baseOffset]))
    for (const { offset, bytes, envelope } of items) {
      if (!envelope) continue
      const { partition, sequence } = this.outputOf(place, offset)
      const before = written.get(partition) ?? 0
      written.set(partition, before + 1)
      const base = bases.get(partition)
      this.ledger.settled(
        {
          ...{ topic: 0, partition, firstSeq: sequence, count: 1, rawBytes: bytes, attempts: 1, ambiguous: false },
          writer: this.transform.firstProducer + this.inputOf(transaction.topic, transaction.partition),
          intended: { first: envelope.intendedUs, last: envelope.intendedUs },
          offered: { first: begunUs },
        },
        state,
        state === 'acked' && base !== undefined ? base + before : undefined,
        atUs,
      )
    }
  }
}
