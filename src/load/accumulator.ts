// Batches records per partition by the rules of Java's RecordAccumulator: batch.size, linger.ms, one batch per partition per request, retries at the front.
import { Times } from '../core/times.ts'
import type { BatchProducer, BatchResult, PendingBatch } from '../drivers/driver.ts'
import { ActiveQueues, batchesIn, emptyQueue, type Queue, takeBack } from './queues.ts'

export type AccumulatorSettings = {
  batchSizeBytes: number
  lingerUs: number
  bufferMemoryBytes: number
  maxInFlightPerLeader: number
  maxRequestBytes: number
  maxRecordsPerBatch: number
  deliveryTimeoutUs: number
  retries: number
  retryBackoffUs: number
  idempotent: boolean
}

/** The end of a batch, reported once; `acked` is the only success at acks ≠ 0. */
export type FinalOutcome = 'acked' | 'sentNoAck' | 'failed' | 'unknown'

export type AccumulatorPorts = {
  producer: Pick<BatchProducer, 'leaderOf' | 'dispatch' | 'refresh' | 'abandon' | 'isKnown'>
  nowUs(): number
  /** `baseOffset` where a broker told it. */
  onFinal(batch: PendingBatch, outcome: FinalOutcome, atUs: number, errorClass?: string, baseOffset?: number): void
  onRetry(batch: PendingBatch, errorClass: string, duplicatePossible: boolean): void
  onDispatch(batches: PendingBatch[]): void
  /** After the answers of one request were taken in, and before anything more is sent. */
  onSettled?(): void
}

/** Bytes of a batch's header, and of a record's framing beside key and value (a close upper bound). */
export const BATCH_OVERHEAD_BYTES = 61
export const RECORD_OVERHEAD_BYTES = 12
const EXPIRY_SCAN_US = 100_000
const NO_LEADERS: readonly number[] = []

/** Records of one offer; bytes of all of them. */
type Run = { count: number; bytes: number; intendedUs: number; nowUs: number }

export class Accumulator {
  private readonly settings: AccumulatorSettings
  private readonly ports: AccumulatorPorts
  private readonly queues: Queue[] = []
  private readonly byTopic: Queue[][]
  private readonly active = new ActiveQueues()
  private readonly inFlight = new Map<number, number>()
  /** Batches without an outcome: those that wait and those on their way. */
  private pending = 0
  private usedBytes = 0
  private flushing = false
  private closed = false
  private rotation = 0
  private lastScanUs = 0

  constructor(partitionsOfTopic: readonly number[], settings: AccumulatorSettings, ports: AccumulatorPorts) {
    this.settings = settings
    this.ports = ports
    this.byTopic = partitionsOfTopic.map((count, topic) =>
      Array.from({ length: count }, (_, partition) => {
        const queue = emptyQueue(topic, partition)
        this.queues.push(queue)
        return queue
      }),
    )
  }

  /** The sequence number the next record of a partition will get. */
  nextSeq(topic: number, partition: number): number {
    return this.queue(topic, partition).nextSeq
  }

  /** Appends a record, unless buffer.memory is used up. */
  offer(
    topic: number,
    partition: number,
    sizeBytes: number,
    intendedUs: number,
    nowUs: number,
    key?: number,
  ): 'appended' | 'newBatch' | 'full' {
    const queue = this.queue(topic, partition)
    const bytes = sizeBytes + RECORD_OVERHEAD_BYTES
    const room = this.roomIn(queue.batches.at(-1), bytes)
    const batch = room > 0 ? (queue.batches.at(-1) as PendingBatch) : this.begin(queue, bytes, nowUs, key !== undefined)
    if (!batch) return 'full'
    this.append(queue, batch, { count: 1, bytes, intendedUs, nowUs })
    if (key !== undefined) batch.keys?.push(key)
    return room > 0 ? 'appended' : 'newBatch'
  }

  /** Appends up to `count` records without keys, alike in size and time; takes as many as one batch has room for, 0 where memory is used up. */
  offerRun(
    topic: number,
    partition: number,
    sizeBytes: number,
    count: number,
    intendedUs: number,
    nowUs: number,
  ): number {
    const queue = this.queue(topic, partition)
    const bytes = sizeBytes + RECORD_OVERHEAD_BYTES
    const tail = queue.batches.at(-1)
    const batch = tail && this.roomIn(tail, bytes) > 0 ? tail : this.begin(queue, bytes, nowUs, false)
    if (!batch) return 0
    const taken = Math.min(count, Math.max(1, this.roomIn(batch, bytes)))
    this.append(queue, batch, { count: taken, bytes: bytes * taken, intendedUs, nowUs })
    return taken
  }

  /** False where the partition's last batch would take another record of this size. */
  isTailFull(topic: number, partition: number, sizeBytes: number): boolean {
    return this.roomIn(this.queue(topic, partition).batches.at(-1), sizeBytes + RECORD_OVERHEAD_BYTES) <= 0
  }

  /** Java's word for it: nothing waits for more records in this partition; a batch with a little room left still does. */
  isTailComplete(topic: number, partition: number): boolean {
    const tail = this.queue(topic, partition).batches.at(-1)
    if (!tail || tail.attempts > 0 || tail.count >= this.settings.maxRecordsPerBatch) return true
    return tail.rawBytes >= this.settings.batchSizeBytes
  }

  /** Sends what may be sent; true where that was anything. */
  poll(nowUs: number): boolean {
    if (this.closed) return false
    if (nowUs - this.lastScanUs > EXPIRY_SCAN_US) this.expire(nowUs)
    let isSent = false
    for (const leader of this.readyLeaders(nowUs)) {
      while ((this.inFlight.get(leader) ?? 0) < this.settings.maxInFlightPerLeader) {
        const group = this.drain(leader, nowUs)
        if (group.length === 0) break
        this.send(leader, group)
        isSent = true
        if (!this.isReady(leader, nowUs)) break
      }
    }
    return isSent
  }

  /** From now on nothing lingers. */
  flush(): void {
    this.flushing = true
  }

  /** Batches without an outcome yet, in the order in which they were begun. */
  outstanding(): PendingBatch[] {
    return batchesIn(this.queues)
  }

  /** Sends and hears nothing more, so that what is told of the batches without an outcome stays true; returns them. */
  close(): PendingBatch[] {
    this.closed = true
    return this.outstanding()
  }

  get isEmpty(): boolean {
    return this.pending === 0
  }

  get usedMemoryBytes(): number {
    return this.usedBytes
  }

  private queue(topic: number, partition: number): Queue {
    const queue = this.byTopic[topic]?.[partition]
    if (!queue) throw new RangeError(`no partition ${partition} of topic ${topic}`)
    return queue
  }

  /** How many records of so many bytes a batch still takes. */
  private roomIn(batch: PendingBatch | undefined, bytes: number): number {
    if (!batch || batch.attempts > 0) return 0
    const byBytes = Math.floor((this.settings.batchSizeBytes - batch.rawBytes) / bytes)
    return Math.min(byBytes, this.settings.maxRecordsPerBatch - batch.count)
  }

  /** A new batch at the end of a queue; undefined where buffer.memory has no room for one. */
  private begin(queue: Queue, bytes: number, nowUs: number, isKeyed: boolean): PendingBatch | undefined {
    const reserve = Math.max(this.settings.batchSizeBytes, bytes + BATCH_OVERHEAD_BYTES)
    if (this.usedBytes + reserve > this.settings.bufferMemoryBytes && this.usedBytes > 0) return undefined
    const batch: PendingBatch = {
      topic: queue.topic,
      partition: queue.partition,
      firstSeq: queue.nextSeq,
      count: 0,
      rawBytes: BATCH_OVERHEAD_BYTES,
      intended: new Times(),
      offered: new Times(),
      ...(isKeyed ? { keys: [] } : {}),
      createdUs: nowUs,
      attempts: 0,
      notBeforeUs: 0,
      ambiguous: false,
    }
    queue.batches.push(batch)
    this.pending++
    this.active.add(queue)
    this.usedBytes += reserve
    return batch
  }

  private append(queue: Queue, batch: PendingBatch, run: Run): void {
    batch.count += run.count
    batch.rawBytes += run.bytes
    batch.intended.add(run.intendedUs, run.count)
    batch.offered.add(run.nowUs, run.count)
    queue.nextSeq += run.count
  }

  private sendable(queue: Queue, nowUs: number): boolean {
    const head = queue.batches[0]
    if (!head || queue.muted || nowUs < head.notBeforeUs || this.isHeld(queue, head)) return false
    if (head.attempts > 0 || this.flushing || queue.batches.length > 1) return true
    const full =
      head.rawBytes + RECORD_OVERHEAD_BYTES >= this.settings.batchSizeBytes ||
      head.count >= this.settings.maxRecordsPerBatch
    const exhausted = this.usedBytes + this.settings.batchSizeBytes > this.settings.bufferMemoryBytes
    return full || exhausted || nowUs - head.createdUs >= this.settings.lingerUs
  }

  /**
   * With idempotence a batch that is sent again, or to another leader, waits for the earlier ones that are still out:
   * a leader that knows nothing of this producer takes whichever sequence it accepts first. While none can know, one goes alone.
   */
  private isHeld(queue: Queue, head: PendingBatch): boolean {
    if (!this.settings.idempotent || queue.inFlight.length === 0) return false
    if (this.ports.producer.isKnown?.(queue.topic, queue.partition) === false) return true
    const leader = this.ports.producer.leaderOf(queue.topic, queue.partition)
    return queue.inFlight.some(
      sent => sent.batch.firstSeq < head.firstSeq && (head.attempts > 0 || sent.leader !== leader),
    )
  }

  private readyLeaders(nowUs: number): readonly number[] {
    // Made when it is needed: a spinning pacer asks some hundred thousand times a second, nearly always in vain.
    let leaders: number[] | undefined
    for (const queue of this.active.list) {
      if (!this.sendable(queue, nowUs)) continue
      const leader = this.ports.producer.leaderOf(queue.topic, queue.partition)
      if (leader < 0) this.ports.producer.refresh()
      else if (!leaders) leaders = [leader]
      else if (!leaders.includes(leader)) leaders.push(leader)
    }
    return leaders ?? NO_LEADERS
  }

  private isReady(leader: number, nowUs: number): boolean {
    for (const queue of this.active.list) {
      if (this.sendable(queue, nowUs) && this.ports.producer.leaderOf(queue.topic, queue.partition) === leader)
        return true
    }
    return false
  }

  /** Takes the head of every partition this leader leads, as Java does once the node is ready at all. */
  private drain(leader: number, nowUs: number): PendingBatch[] {
    const { list: queues } = this.active
    const group: PendingBatch[] = []
    let bytes = 0
    this.rotation++
    for (let i = 0; i < queues.length; i++) {
      const queue = queues[(i + this.rotation) % queues.length]
      const head = queue?.batches[0]
      if (!queue || !head || queue.muted || nowUs < head.notBeforeUs || this.isHeld(queue, head)) continue
      if (this.ports.producer.leaderOf(queue.topic, queue.partition) !== leader) continue
      if (group.length > 0 && bytes + head.rawBytes > this.settings.maxRequestBytes) break
      queue.batches.shift()
      if (this.settings.maxInFlightPerLeader === 1) queue.muted = true
      head.attempts++
      queue.inFlight.push({ batch: head, leader })
      bytes += head.rawBytes
      group.push(head)
    }
    if (group.length > 0) this.active.retire()
    return group
  }

  private send(leader: number, group: PendingBatch[]): void {
    this.inFlight.set(leader, (this.inFlight.get(leader) ?? 0) + 1)
    this.ports.onDispatch(group)
    this.ports.producer.dispatch(leader, group, results => {
      this.inFlight.set(leader, (this.inFlight.get(leader) ?? 1) - 1)
      for (const result of results) this.settle(result)
      this.ports.onSettled?.()
      this.poll(this.ports.nowUs())
    })
  }

  private settle(result: BatchResult): void {
    const { batch } = result
    const queue = this.queue(batch.topic, batch.partition)
    if (this.closed || !takeBack(queue, batch)) return
    queue.muted = false
    if (result.outcome !== 'error') return this.finish(batch, result.outcome, result.atUs, undefined, result.baseOffset)
    if (result.maybeWritten) batch.ambiguous = true
    const errorClass = result.errorClass ?? 'error'
    const expired = result.atUs - batch.createdUs >= this.settings.deliveryTimeoutUs
    if (!result.retriable || expired || batch.attempts > this.settings.retries) {
      return this.finish(batch, batch.ambiguous ? 'unknown' : 'failed', result.atUs, errorClass)
    }
    const duplicatePossible = result.duplicatePossible ?? (batch.ambiguous && !this.settings.idempotent)
    this.ports.onRetry(batch, errorClass, duplicatePossible)
    this.ports.producer.refresh()
    batch.notBeforeUs = result.atUs + this.settings.retryBackoffUs
    this.putBack(queue, batch)
  }

  /** Retries go to the front, in the order of their sequence. */
  private putBack(queue: Queue, batch: PendingBatch): void {
    const at = queue.batches.findIndex(other => other.firstSeq > batch.firstSeq)
    if (at === -1) queue.batches.push(batch)
    else queue.batches.splice(at, 0, batch)
    this.active.add(queue)
  }

  private expire(nowUs: number): void {
    this.lastScanUs = nowUs
    for (const queue of this.active.list) {
      for (const batch of queue.batches.filter(
        candidate => nowUs - candidate.createdUs >= this.settings.deliveryTimeoutUs,
      )) {
        queue.batches.splice(queue.batches.indexOf(batch), 1)
        this.finish(batch, batch.ambiguous ? 'unknown' : 'failed', nowUs, 'delivery.timeout')
      }
    }
    this.active.retire()
  }

  private finish(
    batch: PendingBatch,
    outcome: FinalOutcome,
    atUs: number,
    errorClass?: string,
    baseOffset?: number,
  ): void {
    this.pending--
    this.usedBytes -= Math.max(this.settings.batchSizeBytes, batch.rawBytes)
    this.ports.onFinal(batch, outcome, atUs, errorClass, baseOffset)
    if (outcome === 'failed' || outcome === 'unknown') this.ports.producer.abandon?.(batch)
  }
}
