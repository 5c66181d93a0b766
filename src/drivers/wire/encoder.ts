// Turns a described batch into the bytes of a record batch: patched into a template where its records are alike, else one by one.
import { BATCH, BATCH_CODECS } from '../../protocol/batch.ts'
import { batchCrc, sealBatch, writeBatchHeader } from '../../protocol/batch-header.ts'
import { type CodecName, compressWith } from '../../protocol/codecs.ts'
import type { PatchableCodec } from '../../protocol/patchable/compress.ts'
import type { PendingBatch, RecordFactory } from '../driver.ts'
import type { Stamp } from './lane.ts'
import { BatchPool } from './pool.ts'
import { encodeRecords } from './records.ts'
import { BatchTemplate, type Slab } from './template.ts'

/** Bytes of one batch; `release` gives them back once neither the socket nor a retry needs them. */
export type Encoded = { records: Buffer | readonly Buffer[]; release(): void }

export type EncoderOptions = {
  record: RecordFactory
  batchSizeBytes: number
  codec: 'none' | CodecName
  levels: { gzip?: number; zstd?: number }
  /** Compressed beforehand, where records are alike and the codec allows it. */
  isPooled?: boolean
}

const keep = (): void => undefined

export class BatchEncoder {
  compressedBytes = 0
  uncompressedBytes = 0
  private readonly options: EncoderOptions
  private readonly attributes: number
  private readonly templates: BatchTemplate[] = []
  private readonly pool: BatchPool | undefined

  constructor(options: EncoderOptions) {
    this.options = options
    this.attributes = BATCH_CODECS.indexOf(options.codec)
    if (options.isPooled) this.pool = new BatchPool(options.codec as PatchableCodec, options.record)
  }

  /** The same batch and stamp give the same bytes again. */
  encode(batch: PendingBatch, stamp: Stamp): Encoded {
    const { record, codec } = this.options
    const template = record.uniform ? this.templateOf(batch.topic, record.uniform.valueBytes) : undefined
    if (template && this.pool)
      return this.parcel(this.pool.take(template, batch), template.sizeBytes(batch.count) - BATCH.records, batch, stamp)
    const slab = template?.take(batch)
    const bytes =
      template && slab ? slab.bytes.subarray(0, template.sizeBytes(batch.count)) : encodeRecords(batch, record)
    if (codec !== 'none') {
      const plain = bytes.subarray(BATCH.records)
      const records = compressWith(codec, plain, this.options.levels)
      if (slab) template?.give(slab)
      return this.parcel(records, plain.length, batch, stamp)
    }
    this.writeHeader(bytes, bytes.length - BATCH.records, batch, stamp)
    sealBatch(bytes, template && slab ? template.crcOf(slab, batch.count) : batchCrc(bytes))
    return { records: bytes, release: template && slab ? once(template, slab) : keep }
  }

  private templateOf(topic: number, valueBytes: number): BatchTemplate {
    const known = this.templates[topic]
    if (known) return known
    const { record, batchSizeBytes } = this.options
    const mostRecords = Math.max(1, Math.floor((batchSizeBytes - BATCH.records) / (valueBytes + MIN_FRAMING_BYTES)))
    const template = new BatchTemplate(topic, record.uniform as NonNullable<RecordFactory['uniform']>, mostRecords)
    this.templates[topic] = template
    return template
  }

  /** Compressed records behind a header of their own. */
  private parcel(records: Buffer, plainBytes: number, batch: PendingBatch, stamp: Stamp): Encoded {
    this.uncompressedBytes += plainBytes
    this.compressedBytes += records.length
    const head = Buffer.allocUnsafe(BATCH.records)
    this.writeHeader(head, records.length, batch, stamp)
    sealBatch(head, batchCrc(head, records))
    return { records: [head, records], release: keep }
  }

  private writeHeader(into: Buffer, recordsBytes: number, batch: PendingBatch, stamp: Stamp): void {
    const timestampMs = Math.floor(batch.createdUs / 1000)
    writeBatchHeader(into, {
      count: batch.count,
      attributes: this.attributes,
      recordsBytes,
      baseTimestampMs: timestampMs,
      maxTimestampMs: timestampMs,
      producerId: stamp.producerId,
      producerEpoch: stamp.epoch,
      baseSequence: stamp.sequence,
    })
  }
}

/** The least a record takes beside its value. */
const MIN_FRAMING_BYTES = 7

function once(template: BatchTemplate, slab: Slab): () => void {
  let isHeld = true
  return () => {
    if (isHeld) template.give(slab)
    isHeld = false
  }
}
