// A bare loop over one socket: batches encoded beforehand, copied, stamped and sent, one for each partition in a request and five requests in flight.
import { Times } from '../../src/core/times.ts'
import { BatchEncoder } from '../../src/drivers/wire/encoder.ts'
import { BATCH } from '../../src/protocol/batch.ts'
import { writeInt64 } from '../../src/protocol/bytes.ts'
import { Connection } from '../../src/protocol/connection.ts'
import { crc32c } from '../../src/protocol/crc32c.ts'
import { produceV7 } from '../../src/protocol/requests/produce.ts'
import { makeRecordFactory } from '../../src/record/factory.ts'

const [address = '', topic = '', sizeText, secondsText, partitionsText] = process.argv.slice(2)
const [valueBytes, seconds, partitions] = [Number(sizeText), Number(secondsText), Number(partitionsText)]
const BATCH_BYTES = 65_536
const IN_FLIGHT = 5
const SEQUENCE_AT = 20

/** One whole batch, and where the values begin in it. */
function template(): { bytes: Buffer; valueAt: number[] } {
  const { factory } = makeRecordFactory({
    ...{ seed: 1, producer: 0, runTag: 1, topicNumbers: [0], values: { size: valueBytes, compressible: 0.5 } },
    ...{ keys: 'none', headers: { count: 0, size: 0 }, envelope: 'value', verify: 'records' },
    batchSizeBytes: BATCH_BYTES,
  })
  const count = Math.floor((BATCH_BYTES - BATCH.records) / (valueBytes + 12))
  const times = new Times()
  times.add(Date.now() * 1000, count)
  const encoder = new BatchEncoder({ record: factory, batchSizeBytes: BATCH_BYTES, codec: 'none', levels: {} })
  const place = { topic: 0, partition: 0, firstSeq: 0, count, rawBytes: BATCH_BYTES, intended: times, offered: times }
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

const { bytes: made, valueAt } = template()
const count = valueAt.length
const [host = '', port] = address.split(':')
const connection = await Connection.open({ host, port: Number(port), clientId: 'bare' })
const sequences = new Array<number>(partitions).fill(0)
const startedMs = performance.now()
const endMs = startedMs + seconds * 1000
const before = process.cpuUsage()
let sent = 0
let acked = 0
let lastMs = startedMs

function stamped(partition: number): Buffer {
  const batch = Buffer.allocUnsafeSlow(made.length)
  made.copy(batch)
  writeInt64(batch, Date.now(), BATCH.baseTimestamp)
  const view = new DataView(batch.buffer)
  const first = sequences[partition] as number
  for (let i = 0; i < count; i++) view.setUint32((valueAt[i] as number) + SEQUENCE_AT, first + i)
  sequences[partition] = first + count
  batch.writeUInt32BE(crc32c(batch.subarray(BATCH.crcFrom)), BATCH.crc)
  return batch
}

const done = new Promise<void>((resolve, reject) => {
  const send = (): void => {
    if (performance.now() >= endMs) {
      if (acked === sent) resolve()
      return
    }
    const all = Array.from({ length: partitions }, (_, partition) => ({ partition, records: stamped(partition) }))
    sent += count * partitions
    const request = {
      transactionalId: null,
      acks: -1 as const,
      timeoutMs: 30_000,
      topics: [{ name: topic, partitions: all }],
    }
    connection.send(produceV7, request, (failure, answer) => {
      const code = answer?.topics[0]?.partitions.find(({ errorCode }) => errorCode !== 0)?.errorCode
      if (failure || code !== undefined) return reject(failure ?? new Error(`error code ${code}`))
      acked += count * partitions
      lastMs = performance.now()
      send()
    })
  }
  for (let i = 0; i < IN_FLIGHT; i++) send()
})
await done
const cpu = process.cpuUsage(before)
await connection.close()
const cpuSeconds = (cpu.user + cpu.system) / 1e6
console.log(JSON.stringify({ records: acked, perSecond: acked / ((lastMs - startedMs) / 1000), cpuSeconds }))
