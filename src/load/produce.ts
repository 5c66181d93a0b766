// A producer worker's work: arrivals from the pacer into the accumulator, outcomes from the driver into the recorder.
import { crc32c } from '@node-rs/crc32'
import type { Clock } from '../core/time.ts'
import type { BatchProducer, Driver, OutsideUse, PendingBatch, RecordProducer } from '../drivers/driver.ts'
import { UNPLACED } from '../record/envelope.ts'
import { makeRecordFactory } from '../record/factory.ts'
import type { PhaseName } from '../recording/format.ts'
import type { Ledger } from '../recording/ledger.ts'
import { BATCH_OVERHEAD_BYTES, RECORD_OVERHEAD_BYTES } from './accumulator.ts'
import { accumulatorSettings, type Intake, openIntake, openLedger, recordedCounters } from './intake.ts'
import type { ProducerWorkerSpec } from './messages.ts'
import { Outcomes } from './outcomes.ts'
import { type Lateness, Pacer } from './pacer.ts'
import { Partitioner } from './partitioner.ts'
import { PhaseFinder } from './phases.ts'
import type { Recorder } from './recorder.ts'
import { evenArrivals, makeSchedule, poissonArrivals, type Schedule } from './schedule.ts'
import { Tally } from './tally.ts'

const SENT_COUNTERS = ['sent', 'bytes', 'sentOnTime']
const [SENT, BYTES, ON_TIME] = [0, 1, 2]
const TICK_MS = 1
/** Closed loop: offers per wake-up at most, each of up to a whole batch, so that answers are read in between. */
const CLOSED_LOOP_OFFERS = 500
/** More than any batch takes. */
const CLOSED_LOOP_RECORDS = 1_000_000
/** A record sent within this time after its phase's end still counts as on time. */
const ON_TIME_GRACE_US = 10_000
/** A wake-up takes less; one that was held up would let what fell due meanwhile wait for another tick. */
const STALL_US = 100
const SPIN_LEAD_US = 1500
/** A spinning pacer watches the clock for so long between two rounds of the event loop, each of which leaves garbage behind. */
const SPIN_STAY_US = 10
/** More than fit into that time, for a clock that stands still. */
const SPIN_STAY_LOOKS = 500
/** Just before a phase's end: an arrival at the very border belongs to the next. */
const BORDER_US = 0.001

export type ProducerPorts = { onEvent(name: string, detail: Record<string, unknown>): void }

const SILENT: ProducerPorts = { onEvent: () => undefined }

export class ProducerRole {
  private readonly spec: ProducerWorkerSpec
  private readonly clock: Clock
  private readonly producer: BatchProducer | RecordProducer
  private readonly accumulator: Intake
  /** The client chooses partitions. */
  private readonly placesByItself: boolean
  private readonly schedule: Schedule
  private readonly phases: PhaseFinder
  private readonly pacer: Pacer
  private readonly sizes: Pick<ReturnType<typeof makeRecordFactory>, 'sizeOfRecord' | 'sizeOfAll'>
  private readonly partitioner: Partitioner
  private readonly ignoresKeys: boolean
  private readonly warmupEndUs: number
  private readonly ledger: Ledger | undefined
  private recorder!: Recorder
  private outcomes!: Outcomes
  private t0Us = 0
  private readonly counted = { warmup: 0, measure: 0 }
  private dueInWarmup: number | undefined
  /** When arrivals that were due were last offered; before the load begins none is. */
  private offeredUs = -1
  private readonly sent = new Tally(SENT_COUNTERS)
  private readonly wire: Record<string, number> = {}
  /** The phase that the client's counters are read for: they are when it ends, and when a second does. */
  private wirePhase: PhaseName = 'warmup'
  private offeredClosed = 0
  private timer: NodeJS.Timeout | NodeJS.Immediate | undefined
  private onDone: () => void = () => undefined
  private readonly onWake = (): void => this.wake()
  private stopped = false

  constructor(spec: ProducerWorkerSpec, driver: Driver, clock: Clock, ports: ProducerPorts = SILENT) {
    this.spec = spec
    this.clock = clock
    const settings = accumulatorSettings(spec, driver.capabilities)
    const made = makeRecordFactory({
      ...spec,
      producer: spec.producerIndex,
      topicNumbers: spec.topics.map(topic => topic.index),
      batchSizeBytes: settings.batchSizeBytes,
      ...(spec.envelopeCrc ? { crc32c: bytes => crc32c(bytes) } : {}),
    })
    this.sizes = made
    this.ledger = openLedger(spec)
    const sender = openIntake(driver, spec, settings, made.factory, {
      nowUs: () => clock.nowUs(),
      onFinal: (batch, outcome, atUs, errorClass, baseOffset) => {
        this.ledger?.settled(batch, outcome, baseOffset, atUs)
        this.outcomes.ended(batch, outcome, atUs, errorClass)
      },
      onRetry: (batch, errorClass, duplicatePossible) => this.outcomes.retried(batch, errorClass, duplicatePossible),
      onDispatch: batches => this.outcomes.dispatched(batches),
      onSettled: () => this.offerDue(),
      onEvent: (name, detail) => ports.onEvent(name, detail),
    })
    this.producer = sender.producer
    this.accumulator = sender.intake
    this.placesByItself = sender.placesByItself
    this.schedule = makeSchedule(spec.segments, spec.share)
    this.phases = new PhaseFinder(spec.segments)
    const arrivals =
      spec.arrival === 'poisson'
        ? poissonArrivals(this.schedule, spec.stripe, spec.stripes, spec.seed)
        : evenArrivals(this.schedule, spec.stripe, spec.stripes)
    this.pacer = new Pacer(
      this.schedule,
      arrivals,
      { catchUp: spec.catchUp, maxAgeUs: spec.maxAgeMs * 1000, workers: spec.stripes },
      {
        offer: (intendedUs, index, nowUs, lateness) => this.offer(intendedUs, index, nowUs, lateness),
        abandon: (intendedUs, ageUs) => this.abandon(intendedUs, ageUs),
      },
    )
    this.ignoresKeys = spec.settings['partitioner.ignore.keys'] === true
    this.partitioner = new Partitioner(spec, settings.batchSizeBytes, made.keyBytes)
    this.warmupEndUs = spec.segments
      .filter(segment => segment.phase === 'warmup')
      .reduce((sum, segment) => sum + segment.durationMs * 1000, 0)
  }

  open(): Promise<void> {
    return this.producer.open()
  }

  /** What the client uses outside this process. */
  outsideUse(): OutsideUse | undefined {
    return 'outsideUse' in this.producer ? this.producer.outsideUse?.() : undefined
  }

  /** Begins at t0; `onDone` is called once when the schedule has been offered. */
  start(t0Us: number, recorder: Recorder, onDone: () => void): void {
    this.t0Us = t0Us
    this.recorder = recorder
    recorder.onClosing = () => this.tell()
    this.wirePhase = this.phases.at(0)
    this.outcomes = new Outcomes(recorder, unixUs => this.phaseOf(unixUs))
    this.onDone = onDone
    this.wake()
  }

  /** Waits for outcomes until the deadline; what is left then is censored at its age and unknown. */
  async finish(deadlineUs: number): Promise<void> {
    this.countHeldBack()
    this.stopped = true
    this.accumulator.flush()
    while (!this.accumulator.isEmpty && this.clock.nowUs() < deadlineUs) {
      this.accumulator.poll(this.clock.nowUs())
      this.recorder.tick(this.clock.nowUs())
      await new Promise(resolve => setTimeout(resolve, TICK_MS))
    }
    const nowUs = this.clock.nowUs()
    for (const batch of this.accumulator.close()) this.censor(batch, nowUs)
    this.countWire()
    await this.ledger?.close()
  }

  async close(): Promise<void> {
    clearTimeout(this.timer as NodeJS.Timeout)
    await this.producer.close()
  }

  private wake(): void {
    if (this.stopped) return
    const nowUs = this.clock.nowUs()
    const sinceUs = nowUs - this.t0Us
    const nextUs = this.advance(sinceUs)
    const isBackAtOnce = this.spec.pacer === 'spin' && nextUs - sinceUs < SPIN_LEAD_US
    if (sinceUs >= 0) {
      const isSent = this.accumulator.poll(nowUs)
      // Looks again only after what may take as long as arrivals are apart, or where the process was stopped.
      if (isSent || (!isBackAtOnce && this.clock.nowUs() - nowUs > STALL_US)) this.offerDue()
    }
    if (sinceUs >= this.schedule.endUs && this.pacer.finished) {
      this.stopped = true
      this.onDone()
      return
    }
    if (isBackAtOnce) this.stay(Math.min(nextUs + this.t0Us, nowUs + SPIN_STAY_US))
    this.timer = isBackAtOnce ? setImmediate(this.onWake) : setTimeout(this.onWake, TICK_MS)
  }

  private stay(untilUs: number): void {
    for (let looks = 0; looks < SPIN_STAY_LOOKS && this.clock.nowUs() < untilUs; looks++);
  }

  /** Offers what has fallen due; returns when the next arrival is due. */
  private advance(sinceUs: number): number {
    if (sinceUs >= 0) {
      // What is offered now belongs to the second that has begun.
      this.recorder.tick(this.t0Us + sinceUs)
      if (this.phases.at(sinceUs) !== this.wirePhase) this.endWirePhase(sinceUs)
      // Asked before anything beyond the border is offered: drawn arrivals can only be counted up to where they were drawn.
      const border = this.warmupEndUs - BORDER_US
      if (this.dueInWarmup === undefined && sinceUs > border) this.dueInWarmup = this.pacer.dueBy(border)
      this.offeredUs = sinceUs
    }
    const nextUs = this.pacer.step(sinceUs)
    if (sinceUs >= 0 && this.schedule.isClosedLoopAt(sinceUs)) this.stepClosedLoop(sinceUs)
    return nextUs
  }

  /** Tells the recorder what was due and what was sent since the last second ended, once and not at every wake-up. */
  private tell(): void {
    this.countScheduled(this.offeredUs)
    this.sent.flush(this.recorder)
    this.outcomes.flush()
    this.countWire()
  }

  /** Offers what fell due while the process was busy, instead of letting it wait for the next timer. */
  private offerDue(): void {
    if (!this.stopped) this.advance(this.clock.nowUs() - this.t0Us)
  }

  private stepClosedLoop(sinceUs: number): void {
    if (sinceUs >= this.schedule.endUs) return
    for (let i = 0; i < CLOSED_LOOP_OFFERS; i++) {
      const taken = this.offerNext(sinceUs)
      if (taken === 0) return
      this.offeredClosed += taken
      this.recorder.count(this.phases.at(sinceUs), 'scheduled', taken)
    }
  }

  /** Closed loop: as much as one batch takes where all records are alike, else one record; returns how many were taken. */
  private offerNext(sinceUs: number): number {
    const { sizeOfAll } = this.sizes
    if (sizeOfAll === undefined || this.spec.topics.length > 1)
      return this.offer(sinceUs, this.offeredClosed, sinceUs, 'scheduler') ? 1 : 0
    const intended = Math.round(sinceUs + this.t0Us)
    const partition = this.placesByItself ? UNPLACED : this.partitioner.partitionOf(0, undefined)
    const taken = this.accumulator.offerRun(0, partition, sizeOfAll, CLOSED_LOOP_RECORDS, intended, intended)
    if (taken > 0) {
      this.spend(0, partition, sizeOfAll, taken)
      this.countSent(sinceUs, sinceUs, sizeOfAll, 0, taken)
    }
    return taken
  }

  private phaseOf(unixUs: number): PhaseName {
    return this.phases.at(unixUs - this.t0Us)
  }

  private offer(intendedUs: number, index: number, sinceUs: number, lateness: Lateness): boolean {
    const topic = this.spec.topics.length === 1 ? 0 : index % this.spec.topics.length
    const intended = Math.round(intendedUs + this.t0Us)
    const nowUs = Math.max(this.t0Us + Math.round(sinceUs), intended)
    const key = this.partitioner.keyOf(index)
    const isFree = key === undefined || this.ignoresKeys
    // A partition whose batch went out since may be left before the next record, as after one.
    if (isFree && !this.placesByItself) this.stick(topic, this.partitioner.partitionOf(topic, undefined), 0)
    const partition = this.placesByItself ? UNPLACED : this.partitioner.partitionOf(topic, key)
    const size =
      this.sizes.sizeOfAll ?? this.sizes.sizeOfRecord(topic, partition, this.accumulator.nextSeq(topic, partition), key)
    const taken = this.accumulator.offer(topic, partition, size, intended, nowUs, key)
    if (taken === 'full') return false
    if (isFree && !this.placesByItself)
      this.stick(topic, partition, size + RECORD_OVERHEAD_BYTES + (taken === 'newBatch' ? BATCH_OVERHEAD_BYTES : 0))
    const phase = this.countSent(intendedUs, sinceUs, size, nowUs - intended, 1)
    if (lateness === 'backpressure') {
      this.recorder.count(phase, 'late.backpressure')
      this.recorder.latency(phase, 'slip.backpressure', nowUs - intended)
    }
    return true
  }

  /** Java's rule to the letter, with the crumbs it leaves behind: otherwise batch sizes would not be those of production. */
  private stick(topic: number, partition: number, bytes: number): void {
    if (this.partitioner.spent(topic, bytes))
      this.partitioner.moveOn(topic, this.accumulator.isTailComplete(topic, partition))
  }

  /** Closed loop: lets the sticky partition move on, but never in the middle of a batch. */
  private spend(topic: number, partition: number, sizeBytes: number, count: number): void {
    if (this.partitioner.spent(topic, count * (sizeBytes + RECORD_OVERHEAD_BYTES)))
      this.partitioner.moveOn(topic, this.accumulator.isTailFull(topic, partition, sizeBytes))
  }

  private countSent(intendedUs: number, sinceUs: number, sizeBytes: number, slipUs: number, count: number): PhaseName {
    const phase = this.phases.at(intendedUs)
    const endUs = phase === 'measure' ? this.schedule.endUs : this.warmupEndUs
    const { sent } = this
    sent.enter(this.recorder, phase)
    sent.add(SENT, count)
    sent.add(BYTES, sizeBytes * count)
    if (sinceUs < endUs + ON_TIME_GRACE_US) sent.add(ON_TIME, count)
    this.recorder.latency(phase, 'slip', slipUs, count)
    return phase
  }

  private abandon(intendedUs: number, ageUs: number): void {
    const phase = this.phases.at(intendedUs)
    this.recorder.count(phase, 'dropped')
    this.recorder.count(phase, 'censored')
    this.recorder.latency(phase, 'ack', ageUs)
  }

  /** Arrivals that fell due, each under the phase of its own time, however late this process woke. */
  private countScheduled(sinceUs: number): void {
    const due = this.pacer.dueBy(sinceUs)
    const warmup = Math.min(due, this.dueInWarmup ?? due)
    if (warmup > this.counted.warmup) this.recorder.count('warmup', 'scheduled', warmup - this.counted.warmup)
    if (due - warmup > this.counted.measure)
      this.recorder.count('measure', 'scheduled', due - warmup - this.counted.measure)
    this.counted.warmup = warmup
    this.counted.measure = due - warmup
  }

  /** Where a load ends before its schedule, what a full buffer has held back until then is never offered. */
  private countHeldBack(): void {
    const heldBack = this.pacer.heldBack(this.pacer.dueBy(this.offeredUs))
    if (heldBack > 0) this.recorder.count(this.phaseOf(this.clock.nowUs()), 'late.backpressure', heldBack)
  }

  private censor(batch: PendingBatch, nowUs: number): void {
    const outcome = batch.attempts > 0 ? 'unknown' : 'failed'
    this.ledger?.settled(batch, outcome, undefined, nowUs)
    this.outcomes.ended(batch, outcome, nowUs, 'drain.deadline')
  }

  private endWirePhase(sinceUs: number): void {
    this.countWire()
    this.wirePhase = this.phases.at(sinceUs)
  }

  private countWire(): void {
    const now = recordedCounters(this.producer.counters())
    const phase = this.wirePhase
    for (const [name, value] of Object.entries(now)) {
      const by = value - (this.wire[name] ?? 0)
      if (by <= 0) continue
      this.recorder.count(phase, name, by)
      this.wire[name] = value
    }
  }
}
