// Records that no broker would take and acknowledgements that cannot come are refused before a broker is started, and what just fits is not.
import { createRequire } from 'node:module'
import { describe, expect, test } from 'vitest'
import { HarnessError, type Problem } from '../../../src/core/errors.ts'
import { largestBatchBytes } from '../../../src/plan/limits.ts'
import { planOf, scenarioText } from './made.ts'

type Change = Parameters<typeof scenarioText>[1]

function problems(more = '', change: Change = {}): readonly Problem[] {
  try {
    planOf(scenarioText(more, change))
    return []
  } catch (error) {
    if (error instanceof HarnessError) return error.problems
    throw error
  }
}
/** kafkajs' own encoder, since a length that we compute ourselves twice proves nothing. */
type Encoder = (record: { key: Buffer | null; value: Buffer; headers: Record<string, Buffer> }) => { buffer: Buffer }
type BatchEncoder = (batch: Record<string, unknown>) => Promise<{ buffer: Buffer }>
const load = createRequire(import.meta.url)
const encodeRecord = load('kafkajs/src/protocol/recordBatch/record/v0/index.js') as Encoder
const { RecordBatch: encodeBatch } = load('kafkajs/src/protocol/recordBatch/v0/index.js') as {
  RecordBatch: BatchEncoder
}
async function lengthOnWire(key: string | null, value: number, headers: Record<string, number> = {}): Promise<number> {
  const filled = Object.fromEntries(Object.entries(headers).map(([name, length]) => [name, Buffer.alloc(length, 1)]))
  const record = encodeRecord({
    key: key === null ? null : Buffer.from(key),
    value: Buffer.alloc(value, 1),
    headers: filled,
  })
  const batch = await encodeBatch({ compression: 0, records: [record], lastOffsetDelta: 0 })
  return batch.buffer.length
}
const group = (producer: string) => planOf(scenarioText('', { producer })).setups[0]?.producers[0]

describe('the largest record of a group is as long as it is on the wire', () => {
  test.each<[string, ...Parameters<typeof lengthOnWire>]>([
    ['values: { size: 100B }', null, 100],
    ['values: { size: 63B }', null, 63],
    ['values: { size: { distribution: uniform, min: 50B, max: 9000B } }', null, 9000],
    ['keys: { distribution: uniform, cardinality: 1000, prefix: é }', 'é999', 100],
    ['headers: { count: 2, size: 200B }', null, 100, { h0: 200, h1: 200 }],
    ['headers: { count: 1, size: 8B }\n    envelope: header', null, 100, { h0: 8, gauntlet: 40 }],
  ])('%s', async (producer, ...record) => {
    const found = group(producer)
    expect(found && largestBatchBytes(found)).toBe(await lengthOnWire(...record))
  })
})

describe('a record that can never be stored', () => {
  // The header of a batch and the framing of a record of about a mebibyte take 72 bytes.
  const [fits, tooLarge] = [1_048_576 - 72, 1_048_576 - 71]
  const topic = 'expect: [errors == 0]\n'

  test('max.request.size holds to the byte, and the size is where the problem stands', () => {
    expect(problems('', { producer: `values: { size: ${fits}B }` })).toEqual([])
    expect(problems('', { producer: `values: { size: ${tooLarge}B }` })).toMatchObject([
      {
        code: 'E207',
        message: expect.stringMatching(/writers: a record of up to 1048577 bytes .* max\.request\.size .* 1048576/),
        hint: expect.stringContaining('max.request.size: 1048577'),
        place: { file: 'made.yaml', line: 8 },
      },
    ])
  })

  test('the largest of a distribution counts, not its mean', () => {
    const spread = 'values: { size: { distribution: lognormal, median: 1KiB, min: 100B, max: 2MiB } }'
    expect(problems('', { producer: spread }).map(({ code }) => code)).toEqual(['E207', 'E207'])
  })

  test.each<[string, string, string | undefined]>([
    ['the topic’s own limit', '', 'max.message.bytes of events 20000'],
    ['that is compressed may fit', 'compression.type: lz4', undefined],
  ])('%s', (_, config, expected) => {
    const producer = `config: { ${config} }\n    values: { size: 20kB }`
    const text = scenarioText(topic, { producer }).replace(
      'partitions: 3',
      'partitions: 3, config: { max.message.bytes: 20kB }',
    )
    const attempt = () => planOf(text)
    if (expected === undefined)
      expect(attempt().notes).toContainEqual(expect.stringMatching(/20000 unless lz4 makes it smaller/))
    else expect(attempt).toThrow(expect.objectContaining({ message: expect.stringContaining(expected) }))
  })

  test('a limit of the brokers holds where the topic has none', () => {
    const text = scenarioText('', { producer: 'values: { size: 20kB }' })
    const limited = text.replace('layout: one-broker', 'layout: one-broker, config: { message.max.bytes: 20000 }')
    expect(() => planOf(limited)).toThrow(/message\.max\.bytes of the brokers 20000/)
    const raised = limited.replace('partitions: 3', 'partitions: 3, config: { max.message.bytes: 1MiB }')
    expect(planOf(raised).notes).not.toContainEqual(expect.stringContaining('never'))
  })

  test('a swept size is refused at the axis, once for each limit, with its cell', () => {
    const more = 'matrix:\n  producers: { values.size: [100B, 2MiB], linger.ms: [0ms, 5ms] }\n'
    const found = problems(more)
    expect(found).toHaveLength(2)
    expect(found[0]).toMatchObject({ message: expect.stringMatching(/cell values\.size=2097152/), place: { line: 14 } })
  })

  test('batches that may be above the limit are pointed out', () => {
    expect(planOf(scenarioText('', { producer: 'config: { batch.size: 2MiB }' })).notes).toContainEqual(
      expect.stringMatching(/batch\.size 2 MiB is above max\.message\.bytes.* 1048588: full batches will be refused/),
    )
  })
})

describe('more replicas in sync than there are', () => {
  const sweep = (topics: string) => `matrix:\n  topics: { ${topics} }\nrepeat: 2\n`
  const three = { layout: 'three-brokers' }

  test.each<[string, string, Change, number]>([
    ['a swept factor, and a fixed minimum that it follows', sweep('replication.factor: [1, 3]'), three, 0],
    ['a swept minimum above the factor', sweep('min.insync.replicas: [1, 2]'), {}, 1],
    ['a swept minimum with acks=1', sweep('min.insync.replicas: [1, 2]'), { producer: 'config: { acks: 1 }' }, 0],
    ['both swept', sweep('replication.factor: [1, 3], min.insync.replicas: [1, 2]'), three, 1],
  ])('%s', (_, more, change, expected) => {
    const found = problems(more, change)
    expect(found).toHaveLength(expected)
    for (const problem of found)
      expect(problem).toMatchObject({ code: 'E128', message: expect.stringMatching(/min\.insync\.replicas 2.*cell/) })
  })

  test('cells that are left out are not judged', () => {
    const more = sweep('replication.factor: [1, 3], min.insync.replicas: [1, 2]').replace(
      'repeat',
      '  exclude: [{ replication.factor: 1, min.insync.replicas: 2 }]\nrepeat',
    )
    expect(problems(more, three)).toEqual([])
  })

  test('the minimum that brokers are given holds for the topics too', () => {
    const layout = 'three-brokers, config: { min.insync.replicas: 3 }'
    expect(planOf(scenarioText('', { layout })).setups[0]?.topics[0]?.sources).toContainEqual({
      name: 'min.insync.replicas',
      value: '3',
      source: 'brokers',
    })
  })
})
