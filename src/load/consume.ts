// A consumer worker's work: every record's envelope into end-to-end latency, sequence and integrity counters.
import { crc32c } from '@node-rs/crc32'
import type { Clock } from '../core/time.ts'
import type {
  Driver,
  GroupConsumer,
  OutsideUse,
  OwnedPartition,
  PassedOver,
  ReceivedRecord,
  RecordsView,
  Source,
} from '../drivers/driver.ts'
import {
  ENVELOPE_HEADER,
  type Envelope,
  type EnvelopeReading,
  FLAG_CRC,
  readEnvelope,
  UNPLACED,
} from '../record/envelope.ts'
import type { PhaseName } from '../recording/format.ts'
import { GroupLog } from '../recording/group-log.ts'
import { NO_PRODUCER } from '../recording/group-run.ts'
import type { ConsumerWorkerSpec, Position } from './messages.ts'
import { PhaseFinder } from './phases.ts'
import { type Place, Places } from './places.ts'
import type { Recorder } from './recorder.ts'
import { Transformer } from './transform.ts'
import { EnvelopeWalk } from './walk.ts'

export type ConsumerPorts = {
  onAssigned(partitions: { topic: number; partition: number }[]): void
  onEvent(name: string, detail: Record<string, unknown>): void
  onFatal(message: string): void
}

/** The counter of records served by a broker, as the partition's leader or as a follower. */
const servedBy = ({ broker, isLeader }: Source): string => `served.${isLeader ? 'leader' : 'follower'}.${broker}`

type Misplaced = { ok: false; reason: 'place' }
type Origin = { producer: number; sequence: number }

export class ConsumerRole {
  private readonly spec: ConsumerWorkerSpec
  private readonly clock: Clock
  private readonly consumer: GroupConsumer
  private readonly phases: PhaseFinder
  private readonly places: Places
  private readonly early: { error: string; n: number }[] = []
  /** The client does not check the CRC of batches, so every envelope in a value must carry one. */
  private readonly needsCrc: boolean
  /** What this member of a group does, for the checks of groups. */
  private readonly log: GroupLog | undefined
  private readonly transformer: Transformer | undefined
  private recorder: Recorder | undefined
  private walk: EnvelopeWalk | undefined
  private t0Us = Number.POSITIVE_INFINITY
  private wireBytes = 0
  /** The phase that bytes are counted for: they are when it ends, and when a second does. */
  private wirePhase: PhaseName = 'warmup'
  private readonly servedNames = new Map<Source, string>()

  constructor(spec: ConsumerWorkerSpec, driver: Driver, clock: Clock, ports: ConsumerPorts) {
    this.spec = spec
    this.clock = clock
    this.phases = new PhaseFinder(spec.segments)
    this.places = new Places(spec.beginOffsets)
    this.needsCrc = !driver.capabilities.checksCrc
    const { history, runTag: envelopeRun, member } = spec
    if (history) this.log = new GroupLog({ ...history, envelopeRun, member })
    this.transformer = this.makeTransformer(ports)
    if (!driver.createConsumer) throw new Error(`driver ${spec.driver} has no consumer`)
    this.consumer = driver.createConsumer({
      bootstrap: spec.bootstrap,
      clientId: String(spec.settings['client.id'] ?? spec.worker),
      groupId: spec.groupId,
      member: spec.member,
      members: spec.members,
      start: spec.start,
      mode: spec.mode,
      settings: spec.settings,
      topics: spec.topics,
      commit: spec.commit,
      handling: spec.processing.handling,
      delayMs: spec.processing.delay,
      ...(this.transformer ? { transform: this.transformer.options() } : {}),
      nowUs: () => clock.nowUs(),
      ...(spec.security ? { security: spec.security } : {}),
      onRecords: (topic, partition, records, atUs) => this.onRecords(topic, partition, records, atUs),
      onView: (view, atUs) => this.onView(view, atUs),
      onPassed: passed => this.onPassed(passed),
      onAssigned: (partitions, atUs = clock.nowUs()) => {
        this.log?.owns(this.numbered(partitions), atUs)
        ports.onAssigned(partitions)
      },
      onRevoked: (partitions, atUs = clock.nowUs()) => this.log?.revoked(partitions && this.numbered(partitions), atUs),
      onCommit: commit => this.log?.committed(this.numberOf(commit), commit.offset, commit.askedUs, commit.isDone),
      onEvent: (name, detail) => ports.onEvent(name, detail),
      onError: (errorClass, message, fatal) => {
        if (fatal) ports.onFatal(`${errorClass}: ${message}`)
        this.countError(errorClass)
      },
    })
  }

  open(): Promise<void> {
    return this.consumer.open()
  }

  start(t0Us: number, recorder: Recorder): void {
    this.t0Us = t0Us
    this.recorder = recorder
    this.wirePhase = this.phaseNow()
    const walk = new EnvelopeWalk(this.spec, this.phases, t0Us, this.needsCrc)
    recorder.onClosing = () => {
      walk.flush(recorder)
      this.countWire()
    }
    this.walk = walk
    for (const { error, n } of this.early) recorder.count('warmup', error, n)
  }

  /** Where reading has got to. */
  positions(): Position[] {
    return this.places.positions()
  }

  /** To be called now and then: closes seconds that have ended, and phases, where nothing comes that would. */
  tick(): void {
    if (this.phaseNow() !== this.wirePhase) this.countWire()
    this.recorder?.tick(this.clock.nowUs())
  }

  /** Bytes read from sockets since the last call, for the phase that was then. */
  private countWire(): void {
    const { wireBytes } = this.consumer.counters()
    if (wireBytes > this.wireBytes) this.recorder?.count(this.wirePhase, 'wireBytesIn', wireBytes - this.wireBytes)
    this.wireBytes = wireBytes
    this.wirePhase = this.phaseNow()
  }

  /** What the client uses outside this process. */
  outsideUse(): OutsideUse | undefined {
    return this.consumer.outsideUse?.()
  }

  /** Seals the history: what the end of the members does to their group belongs to no trial. */
  async finish(): Promise<void> {
    await this.consumer.quiesce?.()
    await this.transformer?.close()
    await this.log?.close()
  }

  close(): Promise<void> {
    return this.consumer.close()
  }

  private makeTransformer(ports: ConsumerPorts): Transformer | undefined {
    const { spec, clock, log } = this
    if (!spec.transform) return undefined
    return new Transformer(spec, spec.transform, {
      log,
      onEvent: (name, detail) => ports.onEvent(name, detail),
      nowUs: () => clock.nowUs(),
      placeOf: (topic, partition) => this.places.at(topic, partition),
      read: (place, record) => {
        const reading = this.read(place, record)
        if (!reading.ok) return { fault: `corrupt.${reading.reason}` }
        return reading.envelope.run === spec.runTag ? reading.envelope : { fault: 'foreign' }
      },
      onCommitted: (place, { bytes, envelope, fault }) => {
        this.recorder?.tick(clock.nowUs())
        if (envelope) this.countVerified(place, envelope, bytes)
        else this.countFault(fault ?? 'foreign')
      },
      count: (name, by) => this.recorder?.count(this.phaseNow(), name, by),
    })
  }

  /** Partitions by the number that their topic has in the trial. */
  private numbered(partitions: readonly OwnedPartition[]): OwnedPartition[] {
    return partitions.map(partition => this.numberOf(partition))
  }

  private numberOf({ topic, partition }: OwnedPartition): OwnedPartition {
    return { topic: this.spec.topics[topic]?.index ?? 0, partition }
  }

  private phaseNow(): PhaseName {
    return this.phases.at(this.clock.nowUs() - this.t0Us)
  }

  private countError(errorClass: string): void {
    const name = `readerError.${errorClass}`
    if (this.recorder) this.recorder.count(this.phaseNow(), name)
    else this.early.push({ error: name, n: 1 })
  }

  private onRecords(topic: number, partition: number, records: ReceivedRecord[], atUs: number): void {
    const last = records.at(-1)
    if (!last) return
    // A second that has ended is closed before anything of the next one is counted.
    this.recorder?.tick(atUs)
    const place = this.places.at(topic, partition)
    const before = place.next
    place.next = Math.max(before, last.offset + 1)
    for (const record of records) {
      if (record.offset < place.begin) continue
      const isAgain = record.offset < before
      if (isAgain) this.recorder?.count(this.phaseNow(), 'reread')
      const reading = isAgain ? undefined : this.onRecord(place, record, atUs)
      if (this.log) this.note(this.log, place, record, atUs, reading)
    }
    this.recorder?.count(this.phaseNow(), 'handlings')
  }

  private onView(view: RecordsView, atUs: number): void {
    const { recorder, walk } = this
    recorder?.tick(atUs)
    const place = this.places.at(view.topic, view.partition)
    const before = place.next
    place.next = Math.max(before, view.nextOffset)
    if (!recorder || !walk) return
    const phaseNow = this.phaseNow()
    const taken = walk.walk(view, before, { place, atUs, phaseNow, recorder })
    if (view.source && taken > 0) recorder.count(phaseNow, this.counterOf(view.source), taken)
  }

  /** Put together once per source, of which a reader has two per broker. */
  private counterOf(source: Source): string {
    const known = this.servedNames.get(source)
    if (known !== undefined) return known
    const name = servedBy(source)
    this.servedNames.set(source, name)
    return name
  }

  private onPassed({ topic, partition, nextOffset, corrupt }: PassedOver): void {
    const place = this.places.at(topic, partition)
    place.next = Math.max(place.next, nextOffset)
    if (corrupt === 0) return
    this.recorder?.tick(this.clock.nowUs())
    this.recorder?.count(this.phaseNow(), 'corrupt.batch', corrupt)
    this.recorder?.count(this.phaseNow(), 'received', corrupt)
  }

  /** Writes down that a record was handed over, and whose it is where its envelope was read. */
  private note(
    log: GroupLog,
    { topic, partition }: Place,
    { offset }: ReceivedRecord,
    atUs: number,
    of?: Origin,
  ): void {
    const number = this.spec.topics[topic]?.index ?? 0
    log.processed(number, partition, offset, of?.producer ?? NO_PRODUCER, of?.sequence ?? 0, atUs)
  }

  /** Counts a record; returns whose it is, where that can be told. */
  private onRecord(place: Place, record: ReceivedRecord, atUs: number): Origin | undefined {
    const { recorder } = this
    if (!recorder) return undefined
    const bytes = record.value?.length ?? 0
    if (!this.spec.verify) {
      recorder.count(this.phaseNow(), 'received')
      recorder.count(this.phaseNow(), 'receivedBytes', bytes)
      return undefined
    }
    const reading = this.read(place, record)
    if (!reading.ok || reading.envelope.run !== this.spec.runTag) {
      this.countFault(reading.ok ? 'foreign' : `corrupt.${reading.reason}`)
      return undefined
    }
    const phase = this.countVerified(place, reading.envelope, bytes)
    const responseUs = atUs - reading.envelope.intendedUs
    recorder.latency(phase, 'e2e', responseUs)
    if (reading.envelope.slipUs !== undefined)
      recorder.latency(phase, 'e2e.service', responseUs - reading.envelope.slipUs)
    return reading.envelope
  }

  /** Counts a record that cannot be believed. */
  private countFault(name: string): void {
    this.recorder?.count(this.phaseNow(), name)
    this.recorder?.count(this.phaseNow(), 'received')
  }

  /** Counts a record of the trial, in the phase of its intended time. */
  private countVerified(place: Place, { producer, sequence, intendedUs }: Envelope, bytes: number): PhaseName {
    const phase = this.phases.at(intendedUs - this.t0Us)
    this.recorder?.count(phase, 'received')
    this.recorder?.count(phase, 'verified')
    this.recorder?.count(phase, 'receivedBytes', bytes)
    const step = place.follow(producer, sequence)
    if (step > 0) this.recorder?.count(phase, 'sequence.skipped', step)
    else if (step < 0) this.recorder?.count(phase, 'sequence.repeated')
    return phase
  }

  /** The envelope, or why it cannot be believed: harmed, without the CRC that this reader needs, or in another partition than it says. */
  private read({ topic, partition }: Place, record: ReceivedRecord): EnvelopeReading | Misplaced {
    const header = record.headers?.[ENVELOPE_HEADER] ?? undefined
    const carrier = header ?? record.value
    if (!carrier) return { ok: false, reason: 'short' }
    const reading = readEnvelope(carrier, bytes => crc32c(bytes))
    if (!reading.ok || reading.envelope.run !== this.spec.runTag) return reading
    const { envelope } = reading
    if (this.needsCrc && header === undefined && !(envelope.flags & FLAG_CRC)) return { ok: false, reason: 'crc' }
    const isElsewhere = envelope.partition !== partition && envelope.partition !== UNPLACED
    const isMisplaced = isElsewhere || envelope.topic !== this.spec.topics[topic]?.index
    return isMisplaced ? { ok: false, reason: 'place' } : reading
  }
}
