// Logging in to a real broker: the right secret over the right certificate, and nothing else, gets through.
import { describe, expect, it } from 'vitest'
import { ClusterAdmin } from '../../src/protocol/admin.ts'
import { BatchReader } from '../../src/protocol/batch.ts'
import { apiVersionsV2 } from '../../src/protocol/requests/api-versions.ts'
import { fetchV11 } from '../../src/protocol/requests/fetch.ts'
import { produceV7 } from '../../src/protocol/requests/produce.ts'
import type { Sasl } from '../../src/protocol/sasl.ts'
import { requireOrSkip } from '../support/require.ts'
import { batchOf as batchOfRecords } from './driver-support.ts'
import { PASSWORD, USER } from './protocol-broker.ts'
import { batchOf, fetchRequest, Kit } from './protocol-kit.ts'
import { openProducer } from './record-support.ts'

const kit = Kit.forThisFile()

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

  it.each([['java', 'jdk', 'SASLTLS']] as const)(
    'driver %s (needs %s) logs in with SCRAM-SHA-512 on listener %s, and what it writes is stored',
    async (driver, need, listener) => {
      requireOrSkip(need)
      const name = await kit.newTopic()
      const ssl = listener === 'SASLTLS' ? { ssl: { ca: kit.broker.certificate } } : {}
      const security = { ...ssl, sasl: login('scram-sha-512') }
      const { producer, answers } = await openProducer(driver, {
        bootstrap: [kit.broker.address(listener)],
        topics: [{ name, index: 0, partitions: 1 }],
        settings: { 'linger.ms': 0 },
        security,
      })
      const handful = batchOfRecords(0, 0, 3)
      producer.send(handful)
      await expect
        .poll(() => answers.of(handful).map(({ outcome }) => outcome), { timeout: 30_000 })
        .toEqual(['acked', 'acked', 'acked'])
      await producer.close()
    },
    90_000,
  )

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
