// A bare loop over one Node client: whole batches of fresh stamped values to explicit partitions, five calls in flight, nothing recorded.
import { Producer } from '@platformatic/kafka'
import { createKafka } from '../../src/drivers/kafkajs/client.ts'
import { ENVELOPE_AT, ENVELOPE_BYTES, writeEnvelope } from '../../src/record/envelope.ts'
import { makePool } from '../../src/record/payload.ts'

const [client = '', address = '', topic = '', ...numbers] = process.argv.slice(2)
const [valueBytes = 100, recordsPerBatch = 500, partitions = 6, warmupMs = 2000, measureMs = 5000] = numbers.map(Number)
const IN_FLIGHT = 5
const TWO_POW_32 = 4_294_967_296

/** One call for all partitions, as the harness makes one request with a batch of each. */
type Send = (values: Buffer[][]) => Promise<unknown>
type Client = { send: Send; close(): Promise<void> }

async function openKafkajs(): Promise<Client> {
  const { kafka } = createKafka({ brokers: [address], clientId: 'bare' })
  const producer = kafka.producer({ allowAutoTopicCreation: false, retry: { retries: 0 } })
  await producer.connect()
  return {
    send: batches =>
      producer.send({
        topic,
        acks: -1,
        messages: batches.flatMap((values, partition) => values.map(value => ({ key: null, value, partition }))),
      }),
    close: () => producer.disconnect(),
  }
}

async function openPlatformatic(): Promise<Client> {
  const producer = new Producer({ clientId: 'bare', bootstrapBrokers: [address], retries: 0, metadataMaxAge: 300_000 })
  await producer.metadata({ topics: [topic] })
  return {
    send: batches =>
      producer.send({
        acks: -1,
        messages: batches.flatMap((values, partition) => values.map(value => ({ topic, partition, value }))),
      }),
    close: () => producer.close(),
  }
}

const pool = makePool(1, 0.5, 1 << 20)
const stamp = Buffer.alloc(ENVELOPE_BYTES)
writeEnvelope(stamp, 0, { flags: 0, run: 1, producer: 0, topic: 0, partition: 0, sequence: 0, intendedUs: 0 })
const sequences = new Array<number>(partitions).fill(0)
let poolAt = 0

function values(partition: number): Buffer[] {
  const first = sequences[partition] as number
  sequences[partition] = first + recordsPerBatch
  stamp.writeUInt32BE(partition, ENVELOPE_AT.partition)
  const nowUs = Date.now() * 1000
  return Array.from({ length: recordsPerBatch }, (_, i) => {
    const value = Buffer.allocUnsafe(valueBytes)
    poolAt = poolAt + 2 * valueBytes > pool.length ? 0 : poolAt + valueBytes
    pool.copy(value, ENVELOPE_BYTES, poolAt, poolAt + valueBytes - ENVELOPE_BYTES)
    stamp.copy(value)
    value.writeUInt32BE(first + i, ENVELOPE_AT.sequence + 4)
    value.writeUInt32BE(Math.floor(nowUs / TWO_POW_32), ENVELOPE_AT.intendedUs)
    value.writeUInt32BE(nowUs % TWO_POW_32, ENVELOPE_AT.intendedUs + 4)
    return value
  })
}

const producer = await (client === 'kafkajs' ? openKafkajs() : openPlatformatic())
// Calls that wait for one connection together leave kafkajs in another order, so the first goes alone.
await producer.send(sequences.map((_, partition) => values(partition)))
const startMs = performance.now()
const [fromMs, untilMs] = [startMs + warmupMs, startMs + warmupMs + measureMs]
const recordsPerCall = recordsPerBatch * partitions
let [acked, measured] = [recordsPerCall, 0]

async function loop(): Promise<void> {
  while (performance.now() < untilMs) {
    await producer.send(sequences.map((_, partition) => values(partition)))
    acked += recordsPerCall
    if (performance.now() >= fromMs) measured += recordsPerCall
  }
}

const loops = Array.from({ length: IN_FLIGHT }, loop)
await new Promise(resolve => setTimeout(resolve, warmupMs))
const before = process.cpuUsage()
await Promise.all(loops)
const cpu = process.cpuUsage(before)
const perSecond = measured / ((performance.now() - fromMs) / 1000)
await producer.close()
console.log(JSON.stringify({ acked, measured, perSecond, cpuSecondsPerMillion: (cpu.user + cpu.system) / measured }))
