// A plan believes what drivers say of themselves, so every setting needs an answer and every driver its module.
import { describe, expect, test } from 'vitest'
import { capabilitiesOf } from '../../../src/drivers/capabilities.ts'
import { loadDriver } from '../../../src/drivers/index.ts'
import { batchProducerSupport, consumerSupport } from '../../../src/drivers/support.ts'
import { COMPRESSION_TYPES, CONSUMER_SETTINGS, PRODUCER_SETTINGS } from '../../../src/scenario/schema/setting-tables.ts'

const NAMES = ['kafkajs', 'platformatic', 'wire', 'scripted', 'null']

describe.each(NAMES)('%s', name => {
  test('the module that is loaded says the same as the table that is read before', async () => {
    expect((await loadDriver(name)).capabilities).toBe(capabilitiesOf(name))
    expect(capabilitiesOf(name).name).toBe(name)
  })

  test('has an answer for every producer setting, and knows its codecs', () => {
    const { producer, codecs } = capabilitiesOf(name)
    expect(Object.keys(producer)).toEqual(Object.keys(PRODUCER_SETTINGS))
    for (const codec of codecs) expect(COMPRESSION_TYPES).toContain(codec)
  })
})

test.each(['kafkajs', 'platformatic', 'wire'])(
  '%s compresses with all five and reads with an answer for every consumer setting',
  name => {
    expect(capabilitiesOf(name).codecs).toEqual([...COMPRESSION_TYPES])
    expect(Object.keys(capabilitiesOf(name).consumer)).toEqual(Object.keys(CONSUMER_SETTINGS))
  },
)

test('kafkajs owns up to its limits: one idempotent request in flight, fewer than 1,000 records a batch, no check of CRCs', () => {
  expect(capabilitiesOf('kafkajs')).toMatchObject({
    maxInFlightIdempotent: 1,
    maxRecordsPerBatch: 999,
    checksCrc: false,
  })
})

test.each(['kafkajs', 'platformatic'])(
  '%s as shipped has an answer for every setting, and defaults only for what it takes',
  name => {
    const { producer, consumer, defaults, kind } = capabilitiesOf(name, 'as-shipped')
    expect(kind).toBe('record')
    expect(Object.keys(producer)).toEqual(Object.keys(PRODUCER_SETTINGS))
    expect(Object.keys(consumer)).toEqual(Object.keys(CONSUMER_SETTINGS))
    for (const setting of Object.keys(defaults?.producer ?? {})) expect(producer[setting]).toMatch(/client|harness/)
  },
)

test('drivers without a broker say so on every report', () => {
  for (const name of ['scripted', 'null']) expect(capabilitiesOf(name).badges.join()).toMatch(/no broker/)
})

test('a driver that does not exist is refused by both doors', async () => {
  expect(() => capabilitiesOf('nope')).toThrow(/no driver named nope/)
  await expect(loadDriver('nope')).rejects.toThrow(/no driver named nope/)
  expect(() => capabilitiesOf('toString')).toThrow(/no driver named/)
  await expect(loadDriver('constructor')).rejects.toThrow(/no driver named/)
})

describe('support tables', () => {
  test('what batches is the harness’s, the rest the client’s, and an override wins', () => {
    const support = batchProducerSupport({ acks: { unsupported: 'why' } })
    expect(support).toMatchObject({
      'linger.ms': 'harness',
      'batch.size': 'harness',
      retries: 'harness',
      'compression.type': 'client',
    })
    expect(support['acks']).toEqual({ unsupported: 'why' })
    expect(consumerSupport({ 'max.poll.records': 'harness' })).toMatchObject({
      'max.poll.records': 'harness',
      'fetch.min.bytes': 'client',
    })
  })
})
