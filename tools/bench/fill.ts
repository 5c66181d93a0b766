// Fills a topic with records as a producer of the harness writes them, each with its own place, sequence number and time.
import { Times } from '../../src/core/times.ts'
import { BatchEncoder } from '../../src/drivers/wire/encoder.ts'
import { Connection } from '../../src/protocol/connection.ts'
import { throwIfError } from '../../src/protocol/errors.ts'
import { produceV8 } from '../../src/protocol/requests/produce.ts'
import { makeRecordFactory } from '../../src/record/factory.ts'

export type Filling = { address: string; topic: string; partitions: number; records: number; valueBytes: number }

/** The tag of every record that a bench writes beforehand. */
export const RUN_TAG = 1
const BATCH_BYTES = 65_536
const FRAMING_BYTES = 12
/** Between two records of a partition: what a load of 600,000 records a second would leave. */
const GAP_US = 10

/** Writes about so many records in batches of 64 KiB, the same number to each partition; returns how many. */
export async function fill({ address, topic, partitions, records, valueBytes }: Filling): Promise<number> {
  const { factory } = makeRecordFactory({
    ...{ seed: 1, producer: 0, runTag: RUN_TAG, topicNumbers: [0], values: { size: valueBytes, compressible: 0.5 } },
    ...{ keys: 'none', headers: { count: 0, size: 0 }, envelope: 'value', verify: 'records' },
    batchSizeBytes: BATCH_BYTES,
  })
  const encoder = new BatchEncoder({ record: factory, batchSizeBytes: BATCH_BYTES, codec: 'none', levels: {} })
  const [host = '', port] = address.split(':')
  const connection = await Connection.open({ host, port: Number(port), clientId: 'fill' })
  const count = Math.floor(BATCH_BYTES / (valueBytes + FRAMING_BYTES)) - 1
  const rounds = Math.ceil(records / count / partitions)
  let nowUs = Date.now() * 1000
  for (let round = 0; round < rounds; round++) {
    const times = Times.of(Array.from({ length: count }, (_, i) => nowUs + i * GAP_US))
    nowUs += count * GAP_US
    const encoded = Array.from({ length: partitions }, (_, partition) => {
      const place = { topic: 0, partition, firstSeq: round * count, count, rawBytes: BATCH_BYTES }
      const state = { createdUs: times.first, attempts: 1, notBeforeUs: 0, ambiguous: false }
      const batch = { ...place, ...state, intended: times, offered: times }
      return encoder.encode(batch, { producerId: -1, epoch: -1, sequence: -1 })
    })
    const rows = encoded.map(({ records: bytes }, partition) => ({ partition, records: bytes }))
    const request = { transactionalId: null, acks: -1 as const, timeoutMs: 30_000 }
    const answer = await connection.request(produceV8, { ...request, topics: [{ name: topic, partitions: rows }] })
    for (const row of answer.topics[0]?.partitions ?? []) throwIfError(row.errorCode, `filling ${topic}`)
    for (const one of encoded) one.release()
  }
  await connection.close()
  return rounds * count * partitions
}
