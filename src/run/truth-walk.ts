// Turns fetched record sets of one partition into truth: every checksum and every envelope is looked at, nothing is made per record.
import { BatchReader } from '../protocol/batch.ts'
import { crc32c } from '../protocol/crc32c.ts'
import { ProtocolError } from '../protocol/errors.ts'
import { type PlainRecords, plainRecords } from '../protocol/plain-records.ts'
import { RecordReader } from '../protocol/records.ts'
import type { FetchedPartition } from '../protocol/requests/fetch.ts'
import { AbortedTransactions, controlTypeOf } from '../protocol/transactions.ts'
import { ENVELOPE_HEADER } from '../record/envelope.ts'
import { ENVELOPE_FAULT, EnvelopeInspector } from '../record/inspect.ts'
import type { TruthWriter } from '../recording/truth.ts'
import type { TruthState } from '../recording/truth-run.ts'

export type WalkSpec = {
  envelopeRun: number
  topic: number
  partition: number
  /** Some producer puts its envelope into a header. */
  inHeaders: boolean
  /** Some producer writes no envelope at all. */
  isCounted: boolean
}

const DETAIL = { batchChecksum: 3, undecodable: 6 } as const
const MARKERS = { abort: 0, commit: 1, other: 2 } as const
const HEADER_KEY = Buffer.from(ENVELOPE_HEADER)

export class TruthWalk {
  private readonly spec: WalkSpec
  private readonly truth: TruthWriter
  private readonly inspector: EnvelopeInspector
  private readonly batches = new BatchReader()
  private readonly records = new RecordReader()

  constructor(spec: WalkSpec, truth: TruthWriter) {
    this.spec = spec
    this.truth = truth
    const place = { run: spec.envelopeRun, topic: spec.topic, partition: spec.partition }
    this.inspector = new EnvelopeInspector(place, bytes => crc32c(bytes))
  }

  /** Walks what lies from `from` up to `end`; returns the offset to go on with, `from` itself where nothing was there. */
  take(fetched: FetchedPartition, from: number, end: number, isDecided: boolean): number {
    const batch = this.batches.over(fetched.records)
    const aborted = new AbortedTransactions(fetched.aborted)
    let next = from
    while (next < end && batch.next()) {
      if (batch.lastOffset < from) continue
      // What a broken marker says is not asked for: it ends no transaction.
      const isHidden = (!batch.isControl || batch.crcMatches()) && aborted.hides(batch)
      const { leaderEpoch, producerId, producerEpoch } = batch
      this.truth.begin({ leaderEpoch, producerId, producerEpoch })
      if (batch.isControl) this.onMarker(batch, next, end)
      else {
        const ofTransaction: TruthState = isHidden ? 'aborted' : isDecided ? 'stored' : 'pending'
        this.onBatch(batch, next, end, batch.isTransactional ? ofTransaction : 'stored')
      }
      next = Math.min(end, batch.lastOffset + 1)
    }
    return next
  }

  private onMarker(batch: BatchReader, from: number, end: number): void {
    const first = Math.max(from, batch.baseOffset)
    const n = Math.min(end, batch.lastOffset + 1) - first
    if (!batch.crcMatches()) this.truth.other('corrupt', first, n, DETAIL.batchChecksum)
    else if (n > 0) this.truth.other('marker', first, n, MARKERS[controlTypeOf(batch)])
  }

  private onBatch(batch: BatchReader, from: number, end: number, state: TruthState): void {
    const first = Math.max(from, batch.baseOffset)
    const span = Math.min(end, batch.lastOffset + 1) - first
    if (!batch.crcMatches()) return this.truth.other('corrupt', first, span, DETAIL.batchChecksum)
    const decoded = recordsOf(batch)
    if (!decoded) return this.truth.other('corrupt', first, span, DETAIL.undecodable)
    const { records } = this
    records.over(decoded.bytes, decoded.at, decoded.end, batch.count)
    let at = first
    try {
      while (records.next()) {
        const offset = batch.baseOffset + records.offsetDelta
        if (offset < from) continue
        if (offset >= end) break
        this.onRecord(offset, state)
        at = offset + 1
      }
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      this.truth.other('corrupt', at, first + span - at, DETAIL.undecodable)
    }
  }

  private onRecord(offset: number, state: TruthState): void {
    const { records, inspector, truth } = this
    let fault = inspector.look(records.bytes, records.valueAt, records.valueBytes)
    if (fault === ENVELOPE_FAULT.noEnvelope && this.spec.inHeaders) fault = this.lookInHeaders()
    if (fault === ENVELOPE_FAULT.none) {
      const { producer, sequence, transaction, isUnplaced } = inspector
      return truth.identified(state, offset, producer, sequence, transaction, isUnplaced)
    }
    if (fault === ENVELOPE_FAULT.noEnvelope && this.spec.isCounted) return truth.other('uncounted', offset, 1, 0)
    const isForeign = fault === ENVELOPE_FAULT.noEnvelope || fault === ENVELOPE_FAULT.otherRun
    truth.other(isForeign ? 'foreign' : 'corrupt', offset, 1, fault)
  }

  private lookInHeaders(): ReturnType<EnvelopeInspector['look']> {
    const { records } = this
    while (records.nextHeader()) {
      const { headerKeyAt, headerKeyBytes, headerValueAt, headerValueBytes } = records
      if (headerKeyBytes !== HEADER_KEY.length) continue
      if (records.bytes.compare(HEADER_KEY, 0, HEADER_KEY.length, headerKeyAt, headerKeyAt + headerKeyBytes) !== 0)
        continue
      return this.inspector.look(records.bytes, headerValueAt, headerValueBytes)
    }
    return ENVELOPE_FAULT.noEnvelope
  }
}

/** Where the records of a batch lie once they are decompressed; undefined where they cannot be. */
function recordsOf(batch: BatchReader): PlainRecords | undefined {
  const { codec } = batch
  try {
    return plainRecords(batch, codec)
  } catch {
    return undefined
  }
}
