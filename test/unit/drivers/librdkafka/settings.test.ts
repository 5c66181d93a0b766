// Kafka's names must reach librdkafka under its own, each at the level where librdkafka looks for it.
import { describe, expect, test } from 'vitest'
import { lackOfScram, Totals } from '../../../../src/drivers/librdkafka/client.ts'
import { consumerConfig, producerConfig } from '../../../../src/drivers/librdkafka/settings.ts'
import { CONSUMER_SETTINGS, PRODUCER_SETTINGS } from '../../../../src/scenario/schema/setting-tables.ts'

const defaults = (table: typeof PRODUCER_SETTINGS) =>
  Object.fromEntries(
    Object.entries(table).flatMap(([name, { default: value }]) => (value === undefined ? [] : [[name, value]])),
  )
const base = { bootstrap: ['a:1', 'b:2'], clientId: 'c' }

describe('settings', () => {
  test('of a producer: what belongs to topics stands there, sizes and times are those of Kafka', () => {
    const settings = { ...defaults(PRODUCER_SETTINGS), 'compression.type': 'zstd', 'compression.zstd.level': 7 }
    const { client, topic } = producerConfig({ ...base, settings })
    expect(topic).toEqual({
      acks: 'all',
      'delivery.timeout.ms': 120_000,
      'request.timeout.ms': 30_000,
      'compression.level': 7,
    })
    expect(client).toMatchObject({
      'metadata.broker.list': 'a:1,b:2',
      'linger.ms': 5,
      'batch.size': 16_384,
      'queue.buffering.max.kbytes': 32_768,
      'message.max.bytes': 1_048_576,
    })
    expect(client).not.toHaveProperty(['acks'])
  })

  test('of a consumer: it begins at the earliest offset, and commits only where it is told to', () => {
    const settings = { ...defaults(CONSUMER_SETTINGS), 'fetch.min.bytes': 0, 'group.instance.id': 'me' }
    const { client, topic } = consumerConfig({ ...base, settings, groupId: 'g', commit: 'manual', member: 3 })
    expect(topic).toEqual({ 'auto.offset.reset': 'earliest' })
    expect(client).toMatchObject({
      'enable.auto.commit': false,
      'fetch.min.bytes': 1,
      'fetch.wait.max.ms': 500,
      'group.instance.id': 'me-3',
    })
  })

  test('of security are librdkafka’s own', () => {
    const security = { ssl: { ca: 'CA' }, sasl: { mechanism: 'scram-sha-512', username: 'u', password: 'p' } }
    expect(producerConfig({ ...base, settings: defaults(PRODUCER_SETTINGS), security }).client).toMatchObject({
      'security.protocol': 'sasl_ssl',
      'ssl.ca.pem': 'CA',
      'sasl.mechanisms': 'SCRAM-SHA-512',
      'sasl.username': 'u',
      'sasl.password': 'p',
    })
  })
})

test('a librdkafka whose SCRAM Kafka refuses is told before it is used, and only where it would be', () => {
  const login = (mechanism: string) => ({ sasl: { mechanism, username: 'u', password: 'secret' } })
  const refused = ['2.0.2', '2.6.0', '1.9.2'].map(version => lackOfScram(version, login('scram-sha-256')))
  for (const lack of refused) expect(lack?.reason).toMatch(/cannot log in with SCRAM-SHA-256: before 2\.6\.1/)
  expect(JSON.stringify(refused)).not.toContain('secret')
  for (const version of ['2.6.1', '2.12.0', '10.0.0'])
    expect(lackOfScram(version, login('scram-sha-512'))).toBe(undefined)
  expect(lackOfScram('2.0.2', login('plain'))).toBe(undefined)
  expect(lackOfScram('2.0.2', { ssl: {} })).toBe(undefined)
  expect(lackOfScram('2.0.2', undefined)).toBe(undefined)
})

test('statistics add up: bytes and requests are totals, batches are those of each interval', () => {
  const totals = new Totals()
  const text = (produced: number, cnt: number): string =>
    JSON.stringify({
      tx_bytes: produced * 10,
      rx_bytes: 1,
      brokers: { a: { req: { Produce: produced } }, b: { req: { Produce: 1 } } },
      topics: { t: { batchsize: { sum: cnt * 100, cnt }, batchcnt: { sum: cnt * 3 } } },
    })
  totals.take(text(4, 2))
  totals.take(text(9, 5))
  expect([totals.writtenBytes, totals.requestsOf('Produce'), totals.requestsOf('Fetch')]).toEqual([90, 10, 0])
  expect(totals.made).toEqual({ batches: 7, batchRecords: 21, batchBytes: 700 })
})
