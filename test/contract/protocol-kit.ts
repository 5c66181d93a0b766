// What tests of the protocol do over and over with a broker: topics, batches, one produce, one fetch.
import { afterAll, beforeAll } from 'vitest'
import { ClusterAdmin } from '../../src/protocol/admin.ts'
import { BATCH } from '../../src/protocol/batch.ts'
import { Writer, writeInt64 } from '../../src/protocol/bytes.ts'
import { Connection, type ConnectionOptions } from '../../src/protocol/connection.ts'
import { crc32c } from '../../src/protocol/crc32c.ts'
import { type FetchedPartition, type FetchRequest, fetchV11 } from '../../src/protocol/requests/fetch.ts'
import { type ProducedPartition, produceV8 } from '../../src/protocol/requests/produce.ts'
import { golden } from '../unit/protocol/golden/golden.ts'
import { TestBroker } from './protocol-broker.ts'

type Stamp = { producerId?: number; epoch?: number; sequence?: number }

/** A golden batch that belongs to no transaction, stamped as a producer would. */
export function batchOf(codec: string, { producerId = -1, epoch = -1, sequence = -1 }: Stamp = {}): Buffer {
  const batch = golden(`batch.${codec}`)
  writeInt64(batch, 0, BATCH.baseOffset)
  batch.writeInt16BE(batch.readInt16BE(BATCH.attributes) & 0x07, BATCH.attributes)
  writeInt64(batch, producerId, BATCH.producerId)
  batch.writeInt16BE(epoch, BATCH.producerEpoch)
  batch.writeInt32BE(sequence, BATCH.baseSequence)
  batch.writeUInt32BE(crc32c(batch.subarray(BATCH.crcFrom)), BATCH.crc)
  return batch
}

/** A batch of many records without keys. */
export function bulk(count: number, valueBytes: number): Buffer {
  const writer = new Writer()
  writer.raw(batchOf('none').subarray(0, BATCH.records))
  const value = Buffer.alloc(valueBytes, 'v')
  for (let i = 0; i < count; i++) {
    const record = new Writer()
    record.int8(0)
    record.varlong(0)
    record.varint(i)
    record.varint(-1)
    record.varint(valueBytes)
    record.raw(value)
    record.varint(0)
    writer.varint(record.sizeBytes)
    writer.raw(record.toBuffer())
  }
  const batch = writer.toBuffer()
  batch.writeInt32BE(batch.length - BATCH.leaderEpoch, BATCH.length)
  batch.writeInt32BE(count - 1, BATCH.lastOffsetDelta)
  batch.writeInt32BE(count, BATCH.count)
  batch.writeUInt32BE(crc32c(batch.subarray(BATCH.crcFrom)), BATCH.crc)
  return batch
}

/** A fetch of the first partitions of a topic from these offsets, without a session. */
export function fetchRequest(name: string, offsets: readonly number[], over: Partial<FetchRequest> = {}): FetchRequest {
  const partitions = offsets.map((fetchOffset, partition) => ({
    partition,
    leaderEpoch: 0,
    fetchOffset,
    maxBytes: 32 << 20,
  }))
  return {
    ...{ maxWaitMs: 100, minBytes: 1, maxBytes: 64 << 20, readCommitted: false, sessionId: 0, sessionEpoch: -1 },
    ...{ topics: [{ name, partitions }], forgotten: [], rackId: '' },
    ...over,
  }
}

export class Kit {
  broker!: TestBroker
  connection!: Connection
  admin!: ClusterAdmin
  private topics = 0

  /** A broker for the tests of one file. */
  static forThisFile(): Kit {
    const kit = new Kit()
    beforeAll(async () => {
      kit.broker = await TestBroker.start()
      kit.connection = await kit.open('PLAIN')
      kit.admin = await ClusterAdmin.connect({ brokers: [kit.broker.address('PLAIN')] })
    }, 60_000)
    afterAll(async () => {
      await kit.admin?.close()
      await kit.connection?.close()
      await kit.broker?.[Symbol.asyncDispose]()
    })
    return kit
  }

  open(listener: keyof TestBroker['ports'], options: Partial<ConnectionOptions> = {}): Promise<Connection> {
    return Connection.open({ host: 'localhost', port: this.broker.ports[listener], clientId: 'test', ...options })
  }

  async newTopic(partitions = 1, config: Record<string, string> = {}): Promise<string> {
    const name = `protocol-${this.topics++}`
    await this.admin.createTopics([{ name, partitions, replicationFactor: 1, config }])
    return name
  }

  /** The broker's answer to one batch. */
  async produce(name: string, partition: number, records: Buffer, api = produceV8): Promise<ProducedPartition> {
    const topics = [{ name, partitions: [{ partition, records }] }]
    const answer = await this.connection.request(api, { transactionalId: null, acks: -1, timeoutMs: 10_000, topics })
    return answer.topics[0]?.partitions[0] as ProducedPartition
  }

  /** What partition 0 holds from an offset on. */
  async fetch(name: string, offset: number, over: Partial<FetchRequest> = {}): Promise<FetchedPartition> {
    const answer = await this.connection.request(fetchV11, fetchRequest(name, [offset], over))
    return answer.topics[0]?.partitions[0] as FetchedPartition
  }
}
