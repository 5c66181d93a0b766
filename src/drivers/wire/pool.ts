// Batches compressed beforehand, one for each topic and number of records: a send copies one and puts the new envelopes in.
import { BATCH } from '../../protocol/batch.ts'
import { compressPatchable, type PatchableCodec } from '../../protocol/patchable/compress.ts'
import type { PendingBatch, RecordFactory, UniformRecords } from '../driver.ts'
import type { BatchTemplate } from './template.ts'

/** `valueAt`: where each value would begin, were the envelopes' bytes not moved by compression. */
type Pooled = { bytes: Buffer; valueAt: Int32Array }

/** Beyond this the batches that were made first are made again when they are needed. */
const MOST_BYTES = 64 * 1024 * 1024

export class BatchPool {
  private readonly codec: PatchableCodec
  private readonly shape: UniformRecords
  private readonly known = new Map<string, Pooled>()
  private heldBytes = 0

  constructor(codec: PatchableCodec, record: RecordFactory) {
    if (!record.uniform) throw new TypeError('a pool needs records of one shape')
    this.codec = codec
    this.shape = record.uniform
  }

  /** The compressed records of a batch; the bytes are the caller's own. */
  take(template: BatchTemplate, batch: PendingBatch): Buffer {
    const { bytes, valueAt } = this.pooled(template, batch)
    const copy = Buffer.from(bytes)
    this.shape.stamp(new DataView(copy.buffer, copy.byteOffset, copy.length), valueAt, batch)
    return copy
  }

  private pooled(template: BatchTemplate, batch: PendingBatch): Pooled {
    const key = `${batch.topic}:${batch.count}`
    const known = this.known.get(key)
    if (known) return known
    const made = this.make(template, batch)
    this.known.set(key, made)
    this.heldBytes += made.bytes.length
    for (const [oldest, { bytes }] of this.known) {
      if (this.heldBytes <= MOST_BYTES || oldest === key) break
      this.known.delete(oldest)
      this.heldBytes -= bytes.length
    }
    return made
  }

  private make(template: BatchTemplate, batch: PendingBatch): Pooled {
    const slab = template.take(batch)
    const plain = slab.bytes.subarray(BATCH.records, template.sizeBytes(batch.count))
    const { at = 0, sizeBytes = 0 } = this.shape.stamped ?? {}
    const values = sizeBytes === 0 ? new Int32Array(0) : template.valuesAt(batch.count)
    const holes = { at: values.map(value => value - BATCH.records + at), sizeBytes }
    const { bytes, holesAt } = compressPatchable(this.codec, plain, holes)
    template.give(slab)
    return { bytes, valueAt: holesAt.map(hole => hole - at) }
  }
}
