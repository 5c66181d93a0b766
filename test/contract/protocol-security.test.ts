// Logging in to a real broker: the right secret over the right certificate, and nothing else, gets through.
import { describe, expect, it } from 'vitest'
import type { Lack, PendingBatch, Security, TopicHandle } from '../../src/drivers/driver.ts'
import { lackOfDriver, loadDriver } from '../../src/drivers/index.ts'
import { loadRdkafka } from '../../src/drivers/librdkafka/client.ts'
import { ClusterAdmin } from '../../src/protocol/admin.ts'
import { BatchReader } from '../../src/protocol/batch.ts'
import { apiVersionsV2 } from '../../src/protocol/requests/api-versions.ts'
import { fetchV11 } from '../../src/protocol/requests/fetch.ts'
import { produceV7 } from '../../src/protocol/requests/produce.ts'
import type { Sasl } from '../../src/protocol/sasl.ts'
import { requireOrSkip } from '../support/require.ts'
import { batchOf as batchOfRecords, makeProducer, send, valueOf } from './driver-support.ts'
import { PASSWORD, USER } from './protocol-broker.ts'
import { batchOf, fetchRequest, Kit } from './protocol-kit.ts'
import { openConsumer, openProducer } from './record-support.ts'
import { TestReader } from './wire-reader.ts'

const kit = Kit.forThisFile()

type Setup = { bootstrap: string[]; topics: TopicHandle[]; security: Security }

/** Ends when every record is acknowledged. */
async function writeWith(name: string, setup: Setup, batch: PendingBatch): Promise<void> {
  const driver = await loadDriver(name)
  if (driver.createProducer) {
    const producer = makeProducer(driver, setup)
    await producer.open()
    expect((await send(producer, [batch])).map(({ outcome, message }) => message ?? outcome)).toEqual(['acked'])
    return producer.close()
  }
  const { producer, answers } = await openProducer(name, { ...setup, settings: { 'linger.ms': 0 } })
  producer.send(batch)
  const acked = () => answers.of(batch).filter(({ outcome }) => outcome === 'acked').length
  await expect.poll(acked, { timeout: 30_000 }).toBe(batch.count)
  await producer.close()
}

/** The values of partition 0, once there are so many. */
async function readWith(name: string, setup: Setup, count: number): Promise<string[]> {
  if (name === 'wire') {
    await using reader = await TestReader.open({ ...setup, options: { security: setup.security } })
    await expect.poll(() => reader.seen.length, { timeout: 30_000 }).toBe(count)
    return reader.values().map(String)
  }
  const { close, seen } = await openConsumer(name, { ...setup, groupId: `secured-${setup.topics[0]?.name}` })
  const records = () => seen.records.get(0) ?? []
  await expect.poll(() => records().length, { timeout: 30_000 }).toBe(count)
  await close()
  return records().map(({ value }) => String(value))
}

/** Only SCRAM of a librdkafka before 2.6.1 is refused, which the broker would not let in. */
function expectOldLibrdkafka({ reason }: Lack, mechanism: string): void {
  const [major = 0, minor = 0, patch = 0] = loadRdkafka().librdkafkaVersion.split('.').map(Number)
  expect(major * 1e4 + minor * 100 + patch).toBeLessThan(20_601)
  expect(reason).toContain(`cannot log in with ${mechanism.toUpperCase()}`)
  console.log(`not logged in: ${reason}`)
}

describe('security', () => {
  const mechanisms = ['plain', 'scram-sha-256', 'scram-sha-512'] as const
  const login = (mechanism: Sasl['mechanism'], password = PASSWORD): Sasl => ({ mechanism, username: USER, password })

  it.each(mechanisms)('%s lets the right password in, over TLS too', async mechanism => {
    for (const [listener, options] of [
      ['SASL', {}],
      ['SASLTLS', { tls: { ca: kit.broker.certificate } }],
    ] as const) {
      const secured = await kit.open(listener, { ...options, sasl: login(mechanism) })
      expect((await secured.request(apiVersionsV2, {})).errorCode).toBe(0)
      await secured.close()
    }
  })

  it.each(mechanisms)('%s keeps a wrong one out, and does not repeat it', async mechanism => {
    const failure = await kit.open('SASL', { sasl: login(mechanism, 'hunter2-wrong') }).catch(error => error as Error)
    expect(failure).toMatchObject({ name: 'AuthenticationFailed' })
    expect(String((failure as Error).stack)).not.toContain('hunter2-wrong')
  })

  it('TLS trusts the right certificate for the right name only', async () => {
    const secured = await kit.open('TLS', { tls: { ca: kit.broker.certificate }, reuseFrames: true })
    expect((await secured.request(apiVersionsV2, {})).errorCode).toBe(0)
    await secured.close()
    await expect(kit.open('TLS', { tls: {} })).rejects.toThrow(/self-signed/)
    await expect(kit.open('TLS', { tls: { ca: kit.broker.certificate, servername: 'elsewhere' } })).rejects.toThrow(
      /altnames/,
    )
  })

  it('TLS carries large answers', async () => {
    const name = await kit.newTopic()
    const partitions = [{ partition: 0, records: batchOf('none') }]
    for (let i = 0; i < 300; i++)
      await kit.connection.request(produceV7, {
        transactionalId: null,
        acks: 1,
        timeoutMs: 1000,
        topics: [{ name, partitions }],
      })
    for (const reuseFrames of [false, true]) {
      const secured = await kit.open('TLS', { tls: { ca: kit.broker.certificate }, reuseFrames })
      const batches = await new Promise(resolve => {
        secured.send(fetchV11, fetchRequest(name, [0]), (failure, response) => {
          const reader = new BatchReader().over(response?.topics[0]?.partitions[0]?.records as Buffer)
          let intact = 0
          while (reader.next()) intact += reader.crcMatches() ? 1 : 0
          resolve(failure ?? intact)
        })
      })
      expect(batches).toBe(300)
      await secured.close()
    }
  })

  it('speaking in clear to a TLS listener, and TLS to one in clear, fails soon and says so', async () => {
    const clear = await kit.open('TLS', { requestTimeoutMs: 5000 })
    await expect(clear.request(apiVersionsV2, {})).rejects.toThrow(/closed by the broker|TLS/)
    await expect(
      kit.open('PLAIN', { tls: { ca: kit.broker.certificate }, connectTimeoutMs: 5000 }),
    ).rejects.toMatchObject({
      name: 'ConnectionClosed',
    })
  })

  it.for([
    ['wire', 'scram-sha-256', 'java'],
    ['wire', 'scram-sha-512', 'java'],
    ['kafkajs', 'scram-sha-512', 'java'],
    ['platformatic', 'scram-sha-512', 'java'],
    ['java', 'scram-sha-512', 'jdk'],
    ['librdkafka', 'plain', 'rdkafka'],
    ['librdkafka', 'scram-sha-256', 'rdkafka'],
    ['librdkafka', 'scram-sha-512', 'rdkafka'],
  ] as const)(
    'driver %s with %s (needs %s): what it writes over TLS it reads back, in order',
    { timeout: 90_000 },
    async ([name, mechanism, need], context) => {
      requireOrSkip(need, context)
      const security = { ssl: { ca: kit.broker.certificate }, sasl: login(mechanism) }
      const lack = await lackOfDriver(name, security)
      if (lack) return expectOldLibrdkafka(lack, mechanism)
      const setup = {
        bootstrap: [kit.broker.address('SASLTLS')],
        topics: [{ name: await kit.newTopic(), index: 0, partitions: 1 }],
        security,
      }
      const batch = batchOfRecords(0, 0, 50)
      await writeWith(name, setup, batch)
      await expect(readWith(name, setup, batch.count)).resolves.toEqual(
        Array.from({ length: batch.count }, (_, at) => valueOf(batch, at)),
      )
    },
  )

  it('driver librdkafka logs in with PLAIN in clear too', async context => {
    requireOrSkip('rdkafka', context)
    const setup = {
      bootstrap: [kit.broker.address('SASL')],
      topics: [{ name: await kit.newTopic(), index: 0, partitions: 1 }],
      security: { sasl: login('plain') },
    }
    await writeWith('librdkafka', setup, batchOfRecords(0, 0, 3))
  })

  it('the admin logs in as drivers do', async () => {
    const security = { ssl: { ca: kit.broker.certificate }, sasl: login('scram-sha-512') }
    const secured = await ClusterAdmin.connect({ brokers: [kit.broker.address('SASLTLS')], security })
    expect((await secured.describeCluster()).brokers[0]?.port).toBe(kit.broker.ports.SASLTLS)
    await secured.close()
    const wrong = { ...security, sasl: login('plain', 'nonsense') }
    await expect(
      ClusterAdmin.connect({ brokers: [kit.broker.address('SASLTLS')], security: wrong }),
    ).rejects.toMatchObject({ code: 'E307' })
  })
})
