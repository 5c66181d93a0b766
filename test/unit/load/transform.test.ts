// What a transforming member writes is a function of what it read; what it tells depends on how each transaction ended.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32c } from '@node-rs/crc32'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { ReceivedRecord, Transaction } from '../../../src/drivers/driver.ts'
import type { ConsumerWorkerSpec, TransformSpec } from '../../../src/load/messages.ts'
import { Place } from '../../../src/load/places.ts'
import { Transformer } from '../../../src/load/transform.ts'
import { ENVELOPE_BYTES, type Envelope, FLAG_CRC, readEnvelope, writeEnvelope } from '../../../src/record/envelope.ts'
import { decodeLedgerRun, LEDGER_RUN_BYTES } from '../../../src/recording/ledger-run.ts'
import { RunFile } from '../../../src/recording/run-reader.ts'
import { stretch, T0_US } from './virtual-producer.ts'

const [RUN, BEGIN] = [0xabc, 100]
let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gauntlet-transform-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function rig(change: Partial<TransformSpec> = {}, member = 0, life = 0) {
  const transform: TransformSpec = {
    ...{
      target: { name: 'out', index: 7, partitions: 3 },
      records: 50,
      abort: 0,
      timeoutMs: 60_000,
      fencing: 'partition',
    },
    ...{ firstProducer: 10, seed: 1, ledgerPath: join(folder, `m-${member}.bin`) },
    ...change,
  }
  const topics = [
    { name: 'a', index: 4, partitions: 2 },
    { name: 'b', index: 5, partitions: 1 },
  ]
  const spec: ConsumerWorkerSpec = {
    ...{ role: 'consumer', worker: 'm', group: 'm', groupId: 'g', member, members: 2, life, start: 'latest', topics },
    ...{ driver: 'kafkajs', mode: 'tuned', settings: {}, bootstrap: [], runTag: RUN, commit: 'none', verify: true },
    ...{ anchor: { wallUs: T0_US, hrtimeNs: '0' }, segments: [stretch('measure', 10, 100)], beginOffsets: [[BEGIN]] },
    processing: { delay: 0, handling: 'batch' },
  }
  const counters: Record<string, number> = {}
  const events: string[] = []
  const committed: number[] = []
  const places = new Map<string, Place>()
  const transformer = new Transformer(spec, transform, {
    log: undefined,
    nowUs: () => T0_US,
    placeOf: (topic, partition) => {
      const place = places.get(`${topic}:${partition}`) ?? new Place(topic, partition, BEGIN)
      places.set(`${topic}:${partition}`, place)
      return place
    },
    read: (_, { value }) => {
      const reading = readEnvelope(value as Buffer)
      return reading.ok ? reading.envelope : { fault: 'corrupt.magic' }
    },
    onCommitted: (_, { offset }) => committed.push(offset),
    count: (name, by = 1) => {
      counters[name] = (counters[name] ?? 0) + by
    },
    onEvent: name => events.push(name),
  })
  return {
    ...{ transformer, options: transformer.options(), counters, events, committed, places },
    path: transform.ledgerPath,
  }
}

const input = (offset: number): ReceivedRecord => {
  const value = Buffer.alloc(64, offset % 251)
  const envelope: Envelope = {
    flags: 0,
    run: RUN,
    producer: 2,
    topic: 4,
    partition: 0,
    sequence: offset,
    intendedUs: offset,
  }
  writeEnvelope(value, 0, envelope)
  return { value, headers: undefined, offset }
}
const inputs = (from: number, n: number): ReceivedRecord[] => Array.from({ length: n }, (_, i) => input(from + i))

/** What stands in the values that a transaction writes, by partition. */
const envelopesOf = (transaction: Transaction | undefined): Record<number, Envelope[]> =>
  Object.fromEntries(
    (transaction?.writes ?? []).map(({ partition, values }) => [
      partition,
      values.map(value => {
        const reading = readEnvelope(Buffer.from(value), bytes => crc32c(bytes))
        if (!reading.ok) throw new Error(reading.reason)
        return reading.envelope
      }),
    ]),
  )

async function ledgerOf(path: string) {
  await using file = await RunFile.open(path, 'ledger')
  const rows = []
  for await (const { runs } of file.frames())
    for (let at = 0; at < runs.length; at += LEDGER_RUN_BYTES) {
      const { producer, partition, seq0, n, offset0, state } = decodeLedgerRun(runs, at) ?? {}
      rows.push({ producer, partition, seq0, n, offset0, state })
    }
  return rows.sort((a, b) => (a.partition ?? 0) - (b.partition ?? 0))
}

describe('a transaction', () => {
  test('carries one output per input, under a number that says which, with the intended time of the input', () => {
    const { options } = rig()
    const transaction = options.begin(1, 0, inputs(BEGIN + 3, 5))
    const envelopes = envelopesOf(transaction)
    // The third input partition of the group, so the third number; places 3 to 7 of it.
    expect(envelopes[0]?.map(({ producer, sequence, intendedUs }) => [producer, sequence, intendedUs])).toEqual([
      [12, 1, BEGIN + 3],
      [12, 2, BEGIN + 6],
    ])
    expect(envelopes[1]?.map(({ sequence }) => sequence)).toEqual([1, 2])
    expect(envelopes[2]?.map(({ sequence }) => sequence)).toEqual([1])
    for (const one of Object.values(envelopes).flat())
      expect(one).toMatchObject({ flags: FLAG_CRC, run: RUN, topic: 7, transaction: transaction?.number })
    expect(transaction?.next).toBe(BEGIN + 8)
    expect(transaction?.writes[0]?.values[0]?.subarray(ENVELOPE_BYTES)).toEqual(
      input(BEGIN + 3).value?.subarray(ENVELOPE_BYTES),
    )
  })

  test('is not made of records from before the trial', () => {
    const { options } = rig()
    expect(options.begin(0, 0, inputs(BEGIN - 2, 2))).toBeUndefined()
    expect(options.begin(0, 0, inputs(BEGIN - 2, 3))?.writes.flatMap(({ values }) => values)).toHaveLength(1)
  })

  test('has a number that no other member or life has', () => {
    const numbers = [rig({}, 0), rig({}, 1), rig({}, 1, 1)].flatMap(({ options }) => [
      options.begin(0, 0, inputs(BEGIN, 1))?.number,
      options.begin(0, 0, inputs(BEGIN, 1))?.number,
    ])
    expect(new Set(numbers).size).toBe(6)
    expect(Math.min(...numbers.map(Number))).toBeGreaterThan(0)
  })

  test('is made under an id that a successor takes over, or under one that nobody else has', () => {
    const idOf = (member: number, fencing: TransformSpec['fencing']): string | undefined =>
      rig({ fencing }, member).options.transactionalId({ topic: 1, partition: 0 })
    expect([idOf(0, 'partition'), idOf(1, 'partition')]).toEqual(['g-2', 'g-2'])
    expect([idOf(0, 'member'), idOf(1, 'member')]).toEqual(['g-m0-2', 'g-m1-2'])
  })

  test('is aborted by the seed: the same ones again, others under another seed, and as many as asked for', () => {
    const fates = (seed: number): boolean[] => {
      const { options } = rig({ abort: 0.2, seed })
      return Array.from({ length: 2000 }, () => options.begin(0, 0, inputs(BEGIN, 1))?.isAborted ?? false)
    }
    const [first, again, other] = [fates(1), fates(1), fates(2)]
    expect(again).toEqual(first)
    expect(other).not.toEqual(first)
    expect(first.filter(Boolean).length).toBeGreaterThan(320)
    expect(first.filter(Boolean).length).toBeLessThan(480)
  })
})

describe('how it ended', () => {
  const begun = (offset = BEGIN) => {
    const made = rig()
    const transaction = made.options.begin(0, 1, inputs(offset, 4)) as Transaction
    for (const write of transaction.writes) write.baseOffset = 500
    return { ...made, transaction }
  }

  test('committed: every record is processed, and told with its offset', async () => {
    const { transformer, options, transaction, counters, committed, places, path } = begun()
    options.ended(transaction, 'committed', T0_US)
    await transformer.close()
    expect(committed).toEqual([BEGIN, BEGIN + 1, BEGIN + 2, BEGIN + 3])
    expect(places.get('0:1')?.next).toBe(BEGIN + 4)
    expect(counters).toEqual({ 'transactions.committed': 1, 'transactions.records.committed': 4 })
    expect(await ledgerOf(path)).toEqual([
      { producer: 11, partition: 0, seq0: 0, n: 2, offset0: 500, state: 'acked' },
      { producer: 11, partition: 1, seq0: 0, n: 1, offset0: 500, state: 'acked' },
      { producer: 11, partition: 2, seq0: 0, n: 1, offset0: 500, state: 'acked' },
    ])
  })

  test.each(['aborted', 'fenced', 'failed'] as const)('%s: nothing is told, who does it again will', async end => {
    const { transformer, options, transaction, counters, events, committed, places, path } = begun()
    options.ended(transaction, end, T0_US)
    await transformer.close()
    expect(committed).toEqual([])
    expect(places.get('0:1')?.next).toBe(BEGIN)
    expect(counters).toEqual({ [`transactions.${end}`]: 1, [`transactions.records.${end}`]: 4 })
    expect(events).toEqual(end === 'aborted' ? [] : [`transaction.${end}`])
    expect(await ledgerOf(path)).toEqual([])
  })

  test('unknown: told as such, and not processed', async () => {
    const { transformer, options, transaction, committed, path } = begun()
    options.ended(transaction, 'unknown', T0_US)
    await transformer.close()
    expect(committed).toEqual([])
    expect((await ledgerOf(path)).map(({ state, n, offset0 }) => [state, n, offset0])).toEqual([
      ['unknown', 2, -1],
      ['unknown', 1, -1],
      ['unknown', 1, -1],
    ])
  })

  test('is taken once', async () => {
    const { options, transaction, counters } = begun()
    options.ended(transaction, 'committed', T0_US)
    options.ended(transaction, 'unknown', T0_US)
    expect(counters).toEqual({ 'transactions.committed': 1, 'transactions.records.committed': 4 })
  })

  test('a record without its envelope is not written, and its offset is committed with the others', () => {
    const { options, committed } = rig()
    const broken = { ...input(BEGIN + 1), value: Buffer.from('not ours, and longer than an envelope has to be') }
    const transaction = options.begin(0, 0, [input(BEGIN), broken, input(BEGIN + 2)]) as Transaction
    expect(transaction.writes.map(({ partition }) => partition)).toEqual([0, 2])
    options.ended(transaction, 'committed', T0_US)
    expect(committed).toEqual([BEGIN, BEGIN + 1, BEGIN + 2])
  })
})
