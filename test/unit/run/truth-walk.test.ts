// What a fetch holds becomes truth record by record: hidden by a transaction, still open, a marker, of no named partition, or broken.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { BATCH } from '../../../src/protocol/batch.ts'
import { batchCrc, sealBatch, writeBatchHeader } from '../../../src/protocol/batch-header.ts'
import { Writer, writeInt64 } from '../../../src/protocol/bytes.ts'
import { ENVELOPE_BYTES, UNPLACED, writeEnvelope } from '../../../src/record/envelope.ts'
import { RunFile } from '../../../src/recording/run-reader.ts'
import { TruthWriter } from '../../../src/recording/truth.ts'
import { DETAIL_UNPLACED, decodeTruthRun, TRUTH_RUN_BYTES, type TruthRun } from '../../../src/recording/truth-run.ts'
import { TruthWalk } from '../../../src/run/truth-walk.ts'

const [RUN, TOPIC, PARTITION, PRODUCER] = [7, 2, 3, 5]
const [TRANSACTIONAL, CONTROL] = [0x10, 0x20]
const NO_KEY = Buffer.alloc(0)

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gauntlet-truth-walk-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

type Origin = { producerId?: number; attributes?: number }

function batchOf(baseOffset: number, records: readonly { key: Buffer; value: Buffer }[], origin: Origin): Buffer {
  const writer = new Writer()
  writer.raw(Buffer.alloc(BATCH.records))
  for (const [i, { key, value }] of records.entries()) {
    const record = new Writer()
    record.int8(0)
    record.varlong(0)
    record.varint(i)
    record.varint(key === NO_KEY ? -1 : key.length)
    record.raw(key)
    record.varint(value.length)
    record.raw(value)
    record.varint(0)
    writer.varint(record.sizeBytes)
    writer.raw(record.toBuffer())
  }
  const bytes = writer.toBuffer()
  const { producerId = -1, attributes = 0 } = origin
  writeBatchHeader(bytes, {
    ...{ count: records.length, attributes, recordsBytes: bytes.length - BATCH.records },
    ...{ baseTimestampMs: 0, maxTimestampMs: 0, producerId, producerEpoch: 0, baseSequence: 0 },
  })
  sealBatch(bytes, batchCrc(bytes))
  writeInt64(bytes, baseOffset, BATCH.baseOffset)
  return bytes
}

/** Records of ours, `count` of them from `sequence`. */
function data(
  baseOffset: number,
  sequence: number,
  count: number,
  change: Origin & { partition?: number } = {},
): Buffer {
  const records = Array.from({ length: count }, (_, i) => {
    const value = Buffer.alloc(ENVELOPE_BYTES + 10)
    const envelope = { flags: 0, run: RUN, producer: PRODUCER, topic: TOPIC, intendedUs: 0, sequence: sequence + i }
    writeEnvelope(value, 0, { ...envelope, partition: change.partition ?? PARTITION })
    return { key: NO_KEY, value }
  })
  return batchOf(baseOffset, records, change)
}

const inTransaction = (producerId: number): Origin => ({ producerId, attributes: TRANSACTIONAL })

/** The end of a transaction: 0 aborts, 1 commits. */
function marker(offset: number, type: number, producerId: number): Buffer {
  const key = Buffer.from([0, 0, 0, type])
  return batchOf(offset, [{ key, value: Buffer.alloc(6) }], { producerId, attributes: TRANSACTIONAL | CONTROL })
}

type Fetched = { sets: Buffer[]; aborted?: { producerId: number; firstOffset: number }[]; isDecided?: boolean }

async function walked(fetches: readonly Fetched[], from: number, end: number): Promise<TruthRun[]> {
  const path = join(folder, '2-3.bin')
  const head = { envelopeRun: RUN, number: TOPIC, partition: PARTITION, beginOffset: from, endOffset: end }
  const truth = new TruthWriter(path, head)
  const spec = { envelopeRun: RUN, topic: TOPIC, partition: PARTITION, inHeaders: false, isCounted: false }
  const walk = new TruthWalk(spec, truth)
  let at = from
  for (const { sets, aborted = [], isDecided = true } of fetches)
    at = walk.take(
      {
        ...{ partition: PARTITION, errorCode: 0, highWatermark: end, lastStableOffset: end, logStartOffset: 0 },
        ...{ aborted, preferredReplica: -1, records: Buffer.concat(sets) },
      },
      at,
      end,
      isDecided,
    )
  expect(at).toBe(end)
  await truth.close(true)
  await using file = await RunFile.open(path, 'truth')
  const runs: TruthRun[] = []
  for await (const frame of file.frames())
    for (let i = 0; i < frame.runs.length; i += TRUTH_RUN_BYTES) runs.push(decodeTruthRun(frame.runs, i) as TruthRun)
  return runs
}

const short = (runs: readonly TruthRun[]) =>
  runs.map(({ state, offset0, n, seq0, detail }) => [state, offset0, n, seq0, detail])

describe('transactions', () => {
  test('that were aborted hide their records up to their marker, those of other producers and later ones stay', async () => {
    const sets = [
      data(0, 0, 4, inTransaction(900)),
      data(4, 100, 2, inTransaction(901)),
      marker(6, 0, 900),
      marker(7, 1, 901),
      data(8, 4, 3, inTransaction(900)),
      marker(11, 1, 900),
    ]
    expect(short(await walked([{ sets, aborted: [{ producerId: 900, firstOffset: 0 }] }], 0, 12))).toEqual([
      ['aborted', 0, 4, 0, 0],
      ['stored', 4, 2, 100, 0],
      ['marker', 6, 1, 0, 0],
      ['marker', 7, 1, 0, 1],
      ['stored', 8, 3, 4, 0],
      ['marker', 11, 1, 0, 1],
    ])
  })

  test('that nobody ended are pending, and what is in none of them is stored beside them', async () => {
    const sets = [data(0, 0, 3, inTransaction(900)), data(3, 50, 2)]
    expect(short(await walked([{ sets, isDecided: false }], 0, 5))).toEqual([
      ['pending', 0, 3, 0, 0],
      ['stored', 3, 2, 50, 0],
    ])
  })
})

describe('records whose client chose the partition', () => {
  test('are told apart from those that name it, in whatever state', async () => {
    const sets = [
      data(0, 0, 2),
      data(2, 2, 2, { partition: UNPLACED }),
      data(4, 4, 2, { partition: UNPLACED, ...inTransaction(900) }),
      data(6, 6, 1, { partition: PARTITION + 1 }),
    ]
    expect(short(await walked([{ sets, aborted: [{ producerId: 900, firstOffset: 4 }] }], 0, 7))).toEqual([
      ['stored', 0, 2, 0, 0],
      ['stored', 2, 2, 2, DETAIL_UNPLACED],
      ['aborted', 4, 2, 4, DETAIL_UNPLACED],
      ['corrupt', 6, 1, 0, 5],
    ])
  })
})

test('a sequence that no writer can have reached is corrupt, and the largest one is stored', async () => {
  const sets = [data(0, 2 ** 53 - 1, 1), data(1, 2 ** 53, 1)]
  expect(short(await walked([{ sets }], 0, 2))).toEqual([
    ['stored', 0, 1, 2 ** 53 - 1, 0],
    ['corrupt', 1, 1, 0, 7],
  ])
})

describe('batches', () => {
  test('whose checksum does not hold are corrupt as a whole, markers too', async () => {
    const harmed = [data(0, 0, 3), marker(3, 1, 900)].map(bytes => {
      bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1)
      return bytes
    })
    expect(short(await walked([{ sets: harmed }], 0, 4))).toEqual([
      ['corrupt', 0, 3, 0, 3],
      ['corrupt', 3, 1, 0, 3],
    ])
  })

  test('are taken from the first offset asked for to the end, and once where a fetch gives one again', async () => {
    const sets = [data(0, 0, 10), data(10, 10, 10)]
    expect(short(await walked([{ sets: sets.slice(0, 1) }, { sets }], 4, 17))).toEqual([['stored', 4, 13, 4, 0]])
  })
})
