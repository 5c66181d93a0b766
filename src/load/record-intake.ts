// Hands records to a client that batches by itself, a handful per wake-up, and keeps count of those without an outcome.
import { Times } from '../core/times.ts'
import type { PendingBatch, RecordProducer, RecordResult } from '../drivers/driver.ts'
import { UNPLACED } from '../record/envelope.ts'
import { type AccumulatorPorts, BATCH_OVERHEAD_BYTES, RECORD_OVERHEAD_BYTES } from './accumulator.ts'

/** Records that one handful holds at most, so that answers are read in between. */
const MAX_HANDFUL_RECORDS = 1000

/** A handful that was handed over: which of its records have an outcome. */
type Handed = { settled: Uint8Array; open: number }

export type RecordIntakePorts = Pick<AccumulatorPorts, 'onFinal' | 'onSettled' | 'nowUs'> & {
  producer: Pick<RecordProducer, 'hasRoom' | 'send' | 'flush'>
}

/** Takes the accumulator's place in front of such a client, with the same questions and answers. */
export class RecordIntake {
  private readonly bufferMemoryBytes: number
  private readonly ports: RecordIntakePorts
  private readonly nextSeqs = new Map<string, number>()
  private readonly gathering = new Map<string, PendingBatch>()
  private readonly handed = new Map<PendingBatch, Handed>()
  private usedBytes = 0
  private closed = false
  private isHandingSoon = false

  constructor(bufferMemoryBytes: number, ports: RecordIntakePorts) {
    this.bufferMemoryBytes = bufferMemoryBytes
    this.ports = ports
  }

  nextSeq(topic: number, partition: number): number {
    return this.nextSeqs.get(`${topic}:${partition}`) ?? 0
  }

  /** Takes a record; 'full' where buffer.memory is used up or the client has no room. */
  offer(
    topic: number,
    partition: number,
    sizeBytes: number,
    intendedUs: number,
    nowUs: number,
    key?: number,
  ): 'appended' | 'newBatch' | 'full' {
    const bytes = sizeBytes + RECORD_OVERHEAD_BYTES
    if (this.usedBytes > 0 && (this.usedBytes + bytes > this.bufferMemoryBytes || !this.ports.producer.hasRoom()))
      return 'full'
    const place = `${topic}:${partition}`
    const handful = this.gathering.get(place)
    const into = handful ?? this.begin(topic, partition, nowUs, key !== undefined)
    this.nextSeqs.set(place, into.firstSeq + into.count + 1)
    into.count++
    into.rawBytes += bytes
    into.intended.add(intendedUs)
    into.offered.add(nowUs)
    if (key !== undefined) into.keys?.push(key)
    this.usedBytes += bytes
    if (into.count >= MAX_HANDFUL_RECORDS) this.hand(place, into)
    return handful ? 'appended' : 'newBatch'
  }

  /** Takes one record of a run, if there is room: the client has no batches that could be filled at once. */
  offerRun(
    topic: number,
    partition: number,
    sizeBytes: number,
    _count: number,
    intendedUs: number,
    nowUs: number,
  ): number {
    return this.offer(topic, partition, sizeBytes, intendedUs, nowUs) === 'full' ? 0 : 1
  }

  /** The client fills its batches as it likes. */
  isTailComplete(): boolean {
    return true
  }

  isTailFull(): boolean {
    return true
  }

  /** Hands over what was gathered; what falls due at one wake-up goes together. True where that was anything. */
  poll(): boolean {
    this.isHandingSoon = false
    if (this.closed || this.gathering.size === 0) return false
    for (const [place, handful] of this.gathering) this.hand(place, handful)
    return true
  }

  /** Outcomes from the client, in any order. */
  settle(results: readonly RecordResult[]): void {
    if (this.closed) return
    for (const result of results) this.settleOne(result)
    this.ports.onSettled?.()
  }

  flush(): void {
    this.poll()
    this.ports.producer.flush()
  }

  /** Stretches of records without an outcome, for the drain deadline. */
  outstanding(): PendingBatch[] {
    return [...this.handed].flatMap(([handful, { settled }]) => {
      const stretches: PendingBatch[] = []
      for (let at = 0; at < handful.count; at++) {
        const from = at
        while (at < handful.count && settled[at] === 0) at++
        if (at > from) stretches.push(part(handful, from, at - from))
      }
      return stretches
    })
  }

  /** Hands over and hears nothing more; returns what has no outcome. */
  close(): PendingBatch[] {
    this.closed = true
    return this.outstanding()
  }

  get isEmpty(): boolean {
    return this.handed.size === 0 && this.gathering.size === 0
  }

  private begin(topic: number, partition: number, nowUs: number, keyed: boolean): PendingBatch {
    const handful: PendingBatch = {
      topic,
      partition,
      firstSeq: this.nextSeq(topic, partition),
      count: 0,
      rawBytes: BATCH_OVERHEAD_BYTES,
      intended: new Times(),
      offered: new Times(),
      ...(keyed ? { keys: [] } : {}),
      createdUs: nowUs,
      attempts: 1,
      notBeforeUs: 0,
      ambiguous: false,
    }
    this.gathering.set(`${topic}:${partition}`, handful)
    // After everything that is due now was gathered, and before anything else happens.
    if (!this.isHandingSoon) queueMicrotask(() => this.poll())
    this.isHandingSoon = true
    return handful
  }

  private hand(place: string, handful: PendingBatch): void {
    this.gathering.delete(place)
    this.handed.set(handful, { settled: new Uint8Array(handful.count), open: handful.count })
    this.ports.producer.send(handful)
  }

  private settleOne({ handful, at, count, outcome, atUs, baseOffset, errorClass }: RecordResult): void {
    const state = this.handed.get(handful)
    if (!state || state.settled.subarray(at, at + count).some(Boolean))
      throw new Error(`records ${handful.firstSeq + at} to ${handful.firstSeq + at + count - 1} were answered twice`)
    state.settled.fill(1, at, at + count)
    state.open -= count
    const settled = count === handful.count ? handful : part(handful, at, count)
    this.usedBytes -= settled.rawBytes - BATCH_OVERHEAD_BYTES
    if (state.open === 0) {
      this.handed.delete(handful)
      // What dividing the bytes evenly left over.
      if (this.handed.size === 0 && this.gathering.size === 0) this.usedBytes = 0
    }
    // An offset means nothing beside a partition that the record itself does not name.
    this.ports.onFinal(settled, outcome, atUs, errorClass, handful.partition === UNPLACED ? undefined : baseOffset)
  }
}

/** A stretch of a handful as one of its own; its bytes are its share. */
function part(handful: PendingBatch, at: number, count: number): PendingBatch {
  const share = Math.round((handful.rawBytes - BATCH_OVERHEAD_BYTES) * (count / handful.count))
  return {
    ...handful,
    firstSeq: handful.firstSeq + at,
    count,
    rawBytes: BATCH_OVERHEAD_BYTES + share,
    intended: handful.intended.slice(at, count),
    offered: handful.offered.slice(at, count),
    ...(handful.keys ? { keys: handful.keys.slice(at, at + count) } : {}),
  }
}
