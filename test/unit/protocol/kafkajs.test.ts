// A second witness beside Kafka's own classes: kafkajs writes the same bytes, and reads what it should from ours.
import { createRequire } from 'node:module'
import { describe, expect, it } from 'vitest'
import { type Api, stampRequest, writeRequest } from '../../../src/protocol/api.ts'
import { BatchReader } from '../../../src/protocol/batch.ts'
import { RecordReader } from '../../../src/protocol/records.ts'
import { apiVersionsV2 } from '../../../src/protocol/requests/api-versions.ts'
import { fetchV11 } from '../../../src/protocol/requests/fetch.ts'
import { findCoordinatorV2 } from '../../../src/protocol/requests/find-coordinator.ts'
import { initProducerIdV1 } from '../../../src/protocol/requests/init-producer-id.ts'
import { produceV7 } from '../../../src/protocol/requests/produce.ts'
import { saslAuthenticateV1 } from '../../../src/protocol/requests/sasl-authenticate.ts'
import { saslHandshakeV1 } from '../../../src/protocol/requests/sasl-handshake.ts'

type Encoded = { buffer: Buffer }
type Encodable = { encode(): Promise<Encoded> }
const require = createRequire(import.meta.url)
const load = <T>(path: string): T => require(`kafkajs/src/protocol/${path}`) as T
const frame =
  load<(request: { correlationId: number; clientId: string; request: Encodable }) => Promise<Encoded>>('request')
const theirRequest = (path: string): ((options: unknown) => Encodable) => load(`requests/${path}/request`)

async function theirs(path: string, options: unknown): Promise<string> {
  const encoded = await frame({ correlationId: 7, clientId: 'gauntlet', request: theirRequest(path)(options) })
  return encoded.buffer.toString('hex')
}

function ours<Request>(api: Api<Request, unknown>, request: Request): string {
  const writer = writeRequest(api, request, 'gauntlet')
  const parts = writer.parts()
  stampRequest(parts[0] as Buffer, writer.sizeBytes, 7)
  return Buffer.concat(parts).toString('hex')
}

const TIME_MS = 1_700_000_000_000
const messages = Array.from({ length: 50 }, (_, i) => ({
  key: i % 3 === 0 ? null : Buffer.from(`key-${i}`),
  value: i % 7 === 0 ? null : Buffer.alloc(i * 11, `v${i}`),
  headers: i % 5 === 0 ? { one: Buffer.from('1'), two: Buffer.alloc(300, 'x') } : {},
  timestamp: TIME_MS + i * 3,
}))

async function theirBatch(): Promise<Buffer> {
  const record = load<(options: unknown) => unknown>('recordBatch/record/v0')
  const { RecordBatch } = load<{ RecordBatch: (options: unknown) => Promise<Encoded> }>('recordBatch/v0')
  const records = messages.map((message, i) => record({ ...message, offsetDelta: i, timestampDelta: i * 3 }))
  const times = { firstTimestamp: TIME_MS, maxTimestamp: TIME_MS + 147 }
  const ids = { producerId: 12, producerEpoch: 2, firstSequence: 100 }
  const encoded = await RecordBatch({ records, ...times, ...ids, lastOffsetDelta: records.length - 1 })
  return Buffer.from(encoded.buffer)
}

describe('requests', () => {
  it('ApiVersions', async () => expect(ours(apiVersionsV2, {})).toBe(await theirs('apiVersions/v2', undefined)))

  it('Produce', async () => {
    const options = { acks: -1, timeout: 1500, producerId: 12, producerEpoch: 2, transactionalId: null }
    const partitions = [{ partition: 3, messages, firstSequence: 100 }]
    const expected = await theirs('produce/v7', { ...options, topicData: [{ topic: 'orders', partitions }] })
    const topics = [{ name: 'orders', partitions: [{ partition: 3, records: await theirBatch() }] }]
    expect(ours(produceV7, { transactionalId: null, acks: -1, timeoutMs: 1500, topics })).toBe(expected)
  })

  it('Fetch', async () => {
    const rows = [0, 5].map(partition => ({ partition, fetchOffset: 9_876_543_210, maxBytes: 4096 }))
    const limits = { minBytes: 1, maxBytes: 1 << 20, sessionId: 17, sessionEpoch: 2, rackId: 'a' }
    const expected = await theirs('fetch/v11', {
      ...{ ...limits, replicaId: -1, maxWaitTime: 250, isolationLevel: 0 },
      topics: [{ topic: 'orders', partitions: rows.map(row => ({ ...row, currentLeaderEpoch: 8 })) }],
      forgottenTopics: [{ topic: 'old', partitions: [4] }],
    })
    const topics = [{ name: 'orders', partitions: rows.map(row => ({ ...row, leaderEpoch: 8 })) }]
    const forgotten = [{ name: 'old', partitions: [4] }]
    expect(ours(fetchV11, { ...limits, maxWaitMs: 250, readCommitted: false, topics, forgotten })).toBe(expected)
  })

  it('InitProducerId', async () => {
    const expected = await theirs('initProducerId/v1', { transactionalId: 'tx', transactionTimeout: 30_000 })
    expect(ours(initProducerIdV1, { transactionalId: 'tx', transactionTimeoutMs: 30_000 })).toBe(expected)
  })

  it('FindCoordinator', async () => {
    const expected = await theirs('findCoordinator/v2', { coordinatorKey: 'group', coordinatorType: 0 })
    expect(ours(findCoordinatorV2, { key: 'group', kind: 'group' })).toBe(expected)
  })

  it('SaslHandshake and SaslAuthenticate', async () => {
    const mechanism = 'SCRAM-SHA-512'
    expect(ours(saslHandshakeV1, { mechanism })).toBe(await theirs('saslHandshake/v1', { mechanism }))
    const size = Buffer.from('00000003', 'hex')
    const expected = await theirs('saslAuthenticate/v1', { authBytes: Buffer.concat([size, Buffer.from('abc')]) })
    expect(ours(saslAuthenticateV1, { authBytes: Buffer.from('abc') })).toBe(expected)
  })
})

it('a batch of theirs is walked record by record', async () => {
  const batch = new BatchReader().over(await theirBatch())
  expect(batch.next() && batch.crcMatches()).toBe(true)
  expect(batch).toMatchObject({ count: 50, producerId: 12, producerEpoch: 2, baseSequence: 100, codec: 'none' })
  const reader = new RecordReader().over(batch.bytes, batch.recordsAt, batch.end, batch.count)
  const found: unknown[] = []
  while (reader.next()) {
    const headers: Record<string, Buffer | null> = {}
    while (reader.nextHeader()) headers[reader.headerKey()] = reader.headerValue()
    const timestamp = batch.baseTimestampMs + reader.timestampDeltaMs
    found.push({ key: reader.key(), value: reader.value(), headers, timestamp })
  }
  expect(found).toEqual(messages)
})
