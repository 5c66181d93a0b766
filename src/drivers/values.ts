// The values of a batch for clients that take records one by one: cut from one stamped copy of a template, where all records have one shape.
import type { PendingBatch, RecordFactory, UniformRecords } from './driver.ts'

type Template = { bytes: Buffer; valueAt: Int32Array }

/** Returns the values of a batch in its order; they lie in memory of their own. */
export function makeValues(record: RecordFactory): (batch: PendingBatch) => Buffer[] {
  const { uniform } = record
  if (!uniform) return batch => Array.from({ length: batch.count }, (_, at) => record.value(batch, at))
  const templates: (Template | undefined)[] = []
  return batch => {
    const known = templates[batch.topic]
    const template = known && known.valueAt.length >= batch.count ? known : makeTemplate(uniform, batch)
    templates[batch.topic] = template
    return cut(uniform, template, batch)
  }
}

function makeTemplate(uniform: UniformRecords, { topic, count }: PendingBatch): Template {
  const { valueBytes } = uniform
  const bytes = Buffer.allocUnsafeSlow(count * valueBytes)
  const valueAt = Int32Array.from({ length: count }, (_, place) => place * valueBytes)
  valueAt.forEach((at, place) => uniform.fill(topic, bytes, at, place))
  return { bytes, valueAt }
}

function cut(uniform: UniformRecords, { bytes, valueAt }: Template, batch: PendingBatch): Buffer[] {
  const { valueBytes } = uniform
  const own = Buffer.allocUnsafeSlow(batch.count * valueBytes)
  bytes.copy(own, 0, 0, own.length)
  uniform.stamp(new DataView(own.buffer, own.byteOffset, own.length), valueAt.subarray(0, batch.count), batch)
  return Array.from({ length: batch.count }, (_, at) => own.subarray(at * valueBytes, (at + 1) * valueBytes))
}
