// Walks the records of a batch as they lie in memory: every envelope is checked by plain reads, counters are added once per batch.
import { crc32c } from '@node-rs/crc32'
import type { RecordsView } from '../drivers/driver.ts'
import { ProtocolError } from '../protocol/errors.ts'
import type { RecordReader } from '../protocol/records.ts'
import {
  ENVELOPE_AT as AT,
  ENVELOPE_BYTES,
  ENVELOPE_HEAD,
  ENVELOPE_HEADER,
  FLAG_CRC,
  FLAG_SLIP,
  readEnvelope,
  UNPLACED,
} from '../record/envelope.ts'
import type { PhaseName } from '../recording/format.ts'
import { LatencyRun } from './latency-run.ts'
import type { ConsumerWorkerSpec } from './messages.ts'
import type { PhaseFinder } from './phases.ts'
import type { Place } from './places.ts'
import type { Recorder } from './recorder.ts'
import { Tally } from './tally.ts'

const TWO_POW_32 = 4_294_967_296
const NO_TOPIC = -1
const CAME_COUNTERS = ['handlings', 'received', 'receivedBytes']
const [HANDLINGS, RECEIVED, BYTES] = [0, 1, 2]
const HEADER_NAME = Buffer.from(ENVELOPE_HEADER)
const crcOf = (bytes: Uint8Array): number => crc32c(bytes)

/** Where a batch came from, when it was handed over, and in which phase that was. */
export type Arrival = { place: Place; atUs: number; phaseNow: PhaseName; recorder: Recorder }

export class EnvelopeWalk {
  private readonly spec: ConsumerWorkerSpec
  private readonly runTag: number
  private readonly phases: PhaseFinder
  private readonly t0Us: number
  private readonly needsCrc: boolean
  private readonly e2e = new LatencyRun('e2e')
  private readonly e2eService = new LatencyRun('e2e.service')
  /** All memory that the walked view lies in: reads of it are compiled to single loads, those of a Buffer are calls. */
  private data: DataView<ArrayBufferLike> = new DataView(new ArrayBuffer(0))
  /** Where the walked view begins there. */
  private dataAt = 0
  private topicNumber = NO_TOPIC
  /** Of the phase that the last good record belongs to. */
  private phase: PhaseName = 'warmup'
  private verified = 0
  private verifiedBytes = 0
  private skipped = 0
  private repeated = 0
  /** Of the phase in which they came: handlings, and records that are counted and not opened. */
  private readonly came = new Tally(CAME_COUNTERS)

  constructor(spec: ConsumerWorkerSpec, phases: PhaseFinder, t0Us: number, needsCrc: boolean) {
    this.spec = spec
    this.runTag = spec.runTag
    this.phases = phases
    this.t0Us = t0Us
    this.needsCrc = needsCrc
  }

  /** Tells the recorder what has been held back; when an interval ends, nothing may be. */
  flush(recorder: Recorder): void {
    this.came.flush(recorder)
    this.flushVerified(recorder)
  }

  /** Takes every record of a view; what cannot be taken apart counts as corrupt, to the last record. Returns how many are new. */
  walk(view: RecordsView, before: number, arrival: Arrival): number {
    const { recorder, phaseNow, place } = arrival
    const { records, baseOffset } = view
    const { bytes } = records
    if (this.data.buffer !== bytes.buffer) this.data = new DataView(bytes.buffer)
    this.dataAt = bytes.byteOffset
    this.came.enter(recorder, phaseNow)
    this.came.add(HANDLINGS, 1)
    this.topicNumber = this.spec.topics[place.topic]?.index ?? NO_TOPIC
    let left = view.count
    let reread = 0
    let taken = 0
    try {
      for (; left > 0; left--) {
        if (!records.next()) throw new ProtocolError('fewer records than the batch announced')
        const offset = baseOffset + records.offsetDelta
        if (offset >= before) {
          this.take(records, arrival)
          taken++
        } else if (offset >= place.begin) reread++
      }
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      recorder.count(phaseNow, 'corrupt.framing', left)
      recorder.count(phaseNow, 'received', left)
    }
    if (reread > 0) recorder.count(phaseNow, 'reread', reread)
    return taken
  }

  private take(records: RecordReader, arrival: Arrival): void {
    if (this.spec.verify) return this.verify(records, arrival)
    this.came.add(RECEIVED, 1)
    this.came.add(BYTES, Math.max(0, records.valueBytes))
  }

  private verify(records: RecordReader, arrival: Arrival): void {
    const isInHeader = records.headerCount > 0 && findHeader(records)
    const at = isInHeader ? records.headerValueAt : records.valueAt
    const sizeBytes = isInHeader ? records.headerValueBytes : records.valueBytes
    const { bytes } = records
    if (sizeBytes < ENVELOPE_BYTES) return this.refuse(arrival, 'corrupt.short')
    const { data } = this
    const dataAt = this.dataAt + at
    const head = data.getUint32(dataAt)
    if (head >>> 8 !== ENVELOPE_HEAD) return this.refuse(arrival, 'corrupt.magic')
    if (head & FLAG_CRC) {
      const reading = readEnvelope(bytes.subarray(at, at + sizeBytes), crcOf)
      if (!reading.ok) return this.refuse(arrival, `corrupt.${reading.reason}`)
    }
    const intendedUs = data.getUint32(dataAt + AT.intendedUs) * TWO_POW_32 + data.getUint32(dataAt + AT.intendedUs + 4)
    const sequence = data.getUint32(dataAt + AT.sequence) * TWO_POW_32 + data.getUint32(dataAt + AT.sequence + 4)
    if (sequence > Number.MAX_SAFE_INTEGER || intendedUs > Number.MAX_SAFE_INTEGER)
      return this.refuse(arrival, 'corrupt.range')
    if (data.getUint32(dataAt + AT.run) !== this.runTag) return this.refuse(arrival, 'foreign')
    if (this.needsCrc && !isInHeader && !(head & FLAG_CRC)) return this.refuse(arrival, 'corrupt.crc')
    const writer = data.getUint32(dataAt + AT.producer)
    const { place } = arrival
    const partition = data.getUint32(dataAt + AT.partition)
    const isPlaced = (partition === place.partition || partition === UNPLACED) && (writer & 0xffff) === this.topicNumber
    if (!isPlaced) return this.refuse(arrival, 'corrupt.place')
    const slipUs = head & FLAG_SLIP ? data.getUint32(dataAt + AT.slipUs) : undefined
    this.count(arrival, intendedUs, slipUs, Math.max(0, records.valueBytes))
    const step = place.follow(writer >>> 16, sequence)
    if (step > 0) this.skipped += step
    else if (step < 0) this.repeated++
  }

  private count({ recorder, atUs }: Arrival, intendedUs: number, slipUs: number | undefined, valueBytes: number): void {
    const phase = this.phases.at(intendedUs - this.t0Us)
    if (phase !== this.phase) {
      this.flushVerified(recorder)
      this.phase = phase
    }
    this.verified++
    this.verifiedBytes += valueBytes
    this.e2e.add(recorder, phase, atUs - intendedUs)
    if (slipUs !== undefined) this.e2eService.add(recorder, phase, atUs - intendedUs - slipUs)
  }

  private refuse({ recorder, phaseNow }: Arrival, counter: string): void {
    recorder.count(phaseNow, counter)
    recorder.count(phaseNow, 'received')
  }

  private flushVerified(recorder: Recorder): void {
    this.e2e.flush(recorder)
    this.e2eService.flush(recorder)
    const { phase } = this
    if (this.verified > 0) {
      recorder.count(phase, 'received', this.verified)
      recorder.count(phase, 'verified', this.verified)
      recorder.count(phase, 'receivedBytes', this.verifiedBytes)
    }
    if (this.skipped > 0) recorder.count(phase, 'sequence.skipped', this.skipped)
    if (this.repeated > 0) recorder.count(phase, 'sequence.repeated', this.repeated)
    this.verified = 0
    this.verifiedBytes = 0
    this.skipped = 0
    this.repeated = 0
  }
}

/** Goes to the header that holds an envelope; the last of that name counts, as in a map of headers. */
function findHeader(records: RecordReader): boolean {
  let at = 0
  let sizeBytes = -1
  while (records.nextHeader()) {
    if (records.headerKeyBytes !== HEADER_NAME.length) continue
    const { bytes, headerKeyAt } = records
    if (HEADER_NAME.compare(bytes, headerKeyAt, headerKeyAt + HEADER_NAME.length) !== 0) continue
    at = records.headerValueAt
    sizeBytes = records.headerValueBytes
  }
  records.headerValueAt = at
  records.headerValueBytes = sizeBytes
  return sizeBytes >= 0
}
