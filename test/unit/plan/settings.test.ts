// Every value a client gets must be traceable to who said it, and defaults must be those of the Java client.
import { describe, expect, test } from 'vitest'
import { capabilitiesOf } from '../../../src/drivers/capabilities.ts'
import {
  asSettings,
  type Layer,
  leftOut,
  type Resolved,
  resolveConsumer,
  resolveProducer,
} from '../../../src/plan/settings.ts'

const KAFKAJS = capabilitiesOf('kafkajs')
const row = (rows: readonly Resolved[], name: string): Resolved | undefined => rows.find(found => found.name === name)
const producer = (values: Layer['values'] = {}, capabilities = KAFKAJS): Resolved[] =>
  resolveProducer([{ source: 'scenario', values }], capabilities)

describe('defaults', () => {
  test('are those of the Java producer', () => {
    expect(asSettings(producer())).toMatchObject({
      acks: 'all',
      'linger.ms': 5,
      'batch.size': 16_384,
      'buffer.memory': 33_554_432,
      'max.in.flight.requests.per.connection': 5,
      'max.request.size': 1_048_576,
      'delivery.timeout.ms': 120_000,
      'request.timeout.ms': 30_000,
      retries: 2_147_483_647,
      'retry.backoff.ms': 100,
      'compression.type': 'none',
      'enable.idempotence': true,
    })
  })

  test('are the library’s own where it runs as shipped, and what it has not is not shown', () => {
    const rows = producer({}, capabilitiesOf('platformatic', 'as-shipped'))
    expect(row(rows, 'acks')).toEqual({
      name: 'acks',
      value: '1',
      source: 'default',
      note: 'the default of platformatic',
    })
    expect(row(rows, 'enable.idempotence')?.value).toBe(false)
    expect(row(rows, 'linger.ms')).toBeUndefined()
  })

  test('are those of the Java consumer', () => {
    expect(asSettings(resolveConsumer([], KAFKAJS))).toMatchObject({
      'fetch.min.bytes': 1,
      'fetch.max.wait.ms': 500,
      'max.poll.records': 500,
      'session.timeout.ms': 45_000,
      'heartbeat.interval.ms': 3000,
      'isolation.level': 'read_uncommitted',
    })
  })
})

describe('layers', () => {
  test('the strongest wins, and is named', () => {
    const layers: Layer[] = [
      { source: 'scenario', values: { 'linger.ms': 10, acks: '1' } },
      { source: 'flag', values: { 'linger.ms': 20 } },
      { source: 'matrix', values: { 'batch.size': 1 } },
    ]
    const rows = resolveProducer(layers, KAFKAJS)
    expect(row(rows, 'linger.ms')).toMatchObject({ value: 20, source: 'flag' })
    expect(row(rows, 'acks')).toMatchObject({ value: '1', source: 'scenario' })
    expect(row(rows, 'batch.size')).toMatchObject({ value: 1, source: 'matrix' })
    expect(row(rows, 'retries')).toMatchObject({ source: 'default' })
    expect(rows.filter(({ name }) => name === 'linger.ms')).toHaveLength(1)
  })
})

describe('a layer that yields', () => {
  const consumer = (layers: Layer[]) => resolveConsumer(layers, KAFKAJS)
  const file: Layer = {
    source: 'properties file',
    values: { 'group.protocol': 'consumer', 'fetch.min.bytes': 7 },
    yields: true,
  }

  test('gives what the driver can do, and leaves out the rest with its reason', () => {
    const rows = consumer([file])
    expect(row(rows, 'fetch.min.bytes')).toMatchObject({ value: 7, source: 'properties file' })
    expect(row(rows, 'group.protocol')).toMatchObject({ value: 'classic', source: 'default' })
    expect(leftOut([file], rows, KAFKAJS.consumer)).toEqual([
      'group.protocol=consumer of the properties file is not taken: kafkajs knows only the classic protocol',
    ])
  })

  test('is taken where it says only what holds anyway', () => {
    const same: Layer = { ...file, values: { 'group.protocol': 'classic' } }
    const rows = consumer([same])
    expect(row(rows, 'group.protocol')).toMatchObject({ value: 'classic', source: 'properties file' })
    expect(leftOut([same], rows, KAFKAJS.consumer)).toEqual([])
  })

  test('does not make a layer yield that was written for this client', () => {
    const rows = consumer([{ source: 'scenario', values: { 'group.protocol': 'consumer' } }])
    expect(row(rows, 'group.protocol')).toMatchObject({ value: 'consumer', source: 'scenario' })
  })
})

describe('idempotence, where nobody says', () => {
  test.each<[Layer['values'], boolean]>([
    [{}, true],
    [{ acks: '1' }, false],
    [{ acks: '0' }, false],
    [{ retries: 0 }, false],
    [{ retries: 1 }, true],
    [{ 'max.in.flight.requests.per.connection': 5 }, true],
    [{ 'max.in.flight.requests.per.connection': 6 }, false],
  ])('with %j it is %s, as in the Java client', (values, expected) => {
    expect(row(producer(values), 'enable.idempotence')).toMatchObject({ value: expected, source: 'default' })
  })

  test('and where somebody says, it is that', () => {
    expect(row(producer({ 'enable.idempotence': false }), 'enable.idempotence')).toMatchObject({
      value: false,
      source: 'scenario',
    })
  })
})

describe('notes', () => {
  test('say who honours a setting, and how', () => {
    expect(row(producer(), 'linger.ms')?.note).toBe('by the harness')
    expect(row(producer(), 'acks')?.note).toBeUndefined()
    expect(row(resolveConsumer([], KAFKAJS), 'max.poll.records')?.note).toMatch(/^emulated: /)
  })

  test('a limit that the client has and the settings exceed is an effective value', () => {
    const name = 'max.in.flight.requests.per.connection'
    expect(row(producer(), name)?.note).toMatch(/^effective 1: kafkajs/)
    expect(row(producer({ [name]: 1 }), name)?.note).not.toMatch(/effective/)
    expect(row(producer({ acks: '1' }), name)?.note).not.toMatch(/effective/)
    expect(row(producer({}, capabilitiesOf('scripted')), name)?.note).not.toMatch(/effective/)
  })
})
