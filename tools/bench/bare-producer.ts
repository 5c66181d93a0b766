// A bare loop over one socket: batches encoded beforehand, copied, stamped and sent, one for each partition in a request and five requests in flight.
import { BATCH } from '../../src/protocol/batch.ts'
import { writeInt64 } from '../../src/protocol/bytes.ts'
import { Connection } from '../../src/protocol/connection.ts'
import { crc32c } from '../../src/protocol/crc32c.ts'
import { produceV7 } from '../../src/protocol/requests/produce.ts'
import { preparedBatch, SEQUENCE_AT } from './bare-batch.ts'

const [address = '', topic = '', sizeText, secondsText, partitionsText] = process.argv.slice(2)
const [valueBytes, seconds, partitions] = [Number(sizeText), Number(secondsText), Number(partitionsText)]
const BATCH_BYTES = 65_536
const IN_FLIGHT = 5

const { bytes: made, valueAt } = preparedBatch(valueBytes, BATCH_BYTES)
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
