// Batches of bare loops: encoded once beforehand, so that sending one is a copy, a few stamps and a CRC-32C.
import { Times } from '../../src/core/times.ts'
import { BatchEncoder } from '../../src/drivers/wire/encoder.ts'
import { BATCH } from '../../src/protocol/batch.ts'
import { ENVELOPE_AT } from '../../src/record/envelope.ts'
import { makeRecordFactory } from '../../src/record/factory.ts'

/** Where the low word of a record's sequence number stands in its value. */
export const SEQUENCE_AT = ENVELOPE_AT.sequence + 4

/** One whole batch, and where the values begin in it; what is cut behind a value and the byte for no headers is a smaller one. */
export function preparedBatch(valueBytes: number, batchBytes: number): { bytes: Buffer; valueAt: number[] } {
  const { factory } = makeRecordFactory({
    ...{ seed: 1, producer: 0, runTag: 1, topicNumbers: [0], values: { size: valueBytes, compressible: 0.5 } },
    ...{ keys: 'none', headers: { count: 0, size: 0 }, envelope: 'value', verify: 'records' },
    batchSizeBytes: batchBytes,
  })
  const count = Math.floor((batchBytes - BATCH.records) / (valueBytes + 12))
  const times = new Times()
  times.add(Date.now() * 1000, count)
  const encoder = new BatchEncoder({ record: factory, batchSizeBytes: batchBytes, codec: 'none', levels: {} })
  const place = { topic: 0, partition: 0, firstSeq: 0, count, rawBytes: batchBytes, intended: times, offered: times }
  const state = { createdUs: times.first, attempts: 1, notBeforeUs: 0, ambiguous: false }
  const { records } = encoder.encode({ ...place, ...state }, { producerId: -1, epoch: -1, sequence: -1 })
  const bytes = records as Buffer
  const valueAt: number[] = []
  const magic = Buffer.from([0x4b, 0x47, 1])
  for (let at = bytes.indexOf(magic); at >= 0 && valueAt.length < count; at = bytes.indexOf(magic, at + valueBytes))
    valueAt.push(at)
  if (valueAt.length !== count) throw new Error(`${valueAt.length} values found of ${count}`)
  return { bytes, valueAt }
}
