// What is handed over of a record set: whole batches once and in order, nothing that is hidden or harmed, and slices of the asked size.
import { describe, expect, test } from 'vitest'
import type { ConsumerOptions, PassedOver } from '../../../../src/drivers/driver.ts'
import type { ReadPartition } from '../../../../src/drivers/wire/assignment.ts'
import { Delivery, offsetBehind } from '../../../../src/drivers/wire/delivery.ts'
import { BATCH, BATCH_CODECS } from '../../../../src/protocol/batch.ts'
import { writeInt64 } from '../../../../src/protocol/bytes.ts'
import { crc32c } from '../../../../src/protocol/crc32c.ts'
import type { FetchedPartition } from '../../../../src/protocol/requests/fetch.ts'
import { golden } from '../../protocol/golden/golden.ts'

const PLACE: ReadPartition = { topic: 0, name: 't', partition: 1, fetchOffset: 0, leaderEpoch: 0, leader: 0 }
/** Records in every golden batch. */
const COUNT = 4

/** A golden batch at an offset; its CRC does not cover that. */
function batchAt(offset: number, codec = 'none'): Buffer {
  const batch = golden(`batch.${codec}`)
  writeInt64(batch, offset, BATCH.baseOffset)
  return batch
}

function withAttributes(batch: Buffer, bits: number, producerId = 7): Buffer {
  batch.writeInt16BE(batch.readInt16BE(BATCH.attributes) | bits, BATCH.attributes)
  writeInt64(batch, producerId, BATCH.producerId)
  batch.writeUInt32BE(crc32c(batch.subarray(BATCH.crcFrom)), BATCH.crc)
  return batch
}

function rig(over: Partial<ConsumerOptions> = {}) {
  const views: { offsets: number[]; nextOffset: number }[] = []
  const passed: PassedOver[] = []
  const errors: string[] = []
  const options: ConsumerOptions = {
    bootstrap: [],
    clientId: 'c',
    groupId: 'g',
    member: 0,
    members: 1,
    start: 'earliest',
    mode: 'tuned',
    settings: { 'max.poll.records': 500, 'isolation.level': 'read_uncommitted' },
    topics: [],
    commit: 'none',
    handling: 'batch',
    delayMs: 0,
    nowUs: () => 0,
    onRecords: () => undefined,
    onView: ({ records, count, baseOffset, nextOffset }) => {
      const offsets = Array.from({ length: count }, () => {
        expect(records.next()).toBe(true)
        return baseOffset + records.offsetDelta
      })
      views.push({ offsets, nextOffset })
    },
    onPassed: one => passed.push(one),
    onAssigned: () => undefined,
    onRevoked: () => undefined,
    onCommit: () => undefined,
    onEvent: () => undefined,
    onError: (errorClass, message) => errors.push(`${errorClass}: ${message}`),
    ...over,
  }
  const delivery = new Delivery(options)
  const begin = (batches: Buffer[], fromOffset = 0, aborted: FetchedPartition['aborted'] = []) => {
    const head = { partition: 1, errorCode: 0, highWatermark: 0, lastStableOffset: 0, logStartOffset: 0 }
    const answer = { ...head, aborted, preferredReplica: -1, records: Buffer.concat(batches) }
    return delivery.take([{ partition: PLACE, answer, fromOffset, source: { broker: 0, isLeader: true } }])
  }
  const take = (...args: Parameters<typeof begin>): void => {
    expect(begin(...args), 'done at once').toBeUndefined()
  }
  return { delivery, begin, take, views, passed, errors, offsets: () => views.flatMap(view => view.offsets) }
}

const range = (from: number, count: number): number[] => Array.from({ length: count }, (_, i) => from + i)

test('the offset behind is that of the last whole batch, or where reading stood', () => {
  const torn = batchAt(8).subarray(0, -1)
  expect(offsetBehind(Buffer.concat([batchAt(0), batchAt(4), torn]), 0)).toBe(8)
  expect(offsetBehind(torn, 8)).toBe(8)
  expect(offsetBehind(Buffer.alloc(0), 3)).toBe(3)
})

describe('records', () => {
  test.each(BATCH_CODECS)('of %s are handed over in order, whatever lies torn behind them', codec => {
    const { take, views, errors } = rig()
    take([batchAt(100, codec), batchAt(104), batchAt(108).subarray(0, 70)], 100)
    expect(views).toEqual([
      { offsets: range(100, COUNT), nextOffset: 104 },
      { offsets: range(104, COUNT), nextOffset: 108 },
    ])
    expect(errors).toEqual([])
  })

  test('before the wanted offset are left out, batches and parts of batches', () => {
    const { take, offsets } = rig()
    take([batchAt(0), batchAt(4), batchAt(8)], 6)
    expect(offsets()).toEqual(range(6, 6))
  })

  test('come in handlings of at most max.poll.records, and only the last reaches behind its batch', () => {
    const { take, views } = rig({ settings: { 'max.poll.records': 3 } })
    take([batchAt(10)], 10)
    expect(views).toEqual([
      { offsets: [10, 11, 12], nextOffset: 10 },
      { offsets: [13], nextOffset: 14 },
    ])
  })

  test('come one by one where a handling is a message', () => {
    const { take, views } = rig({ handling: 'message' })
    take([batchAt(0)])
    expect(views.map(view => view.offsets)).toEqual([[0], [1], [2], [3]])
  })

  test('of one answer are handled before those of the next, where handling takes time', async () => {
    const { begin, offsets, views } = rig({ delayMs: 1, handling: 'message' })
    const [first, second] = [begin([batchAt(0)]), begin([batchAt(4)], 4)]
    expect(views).toHaveLength(0)
    await second
    await first
    expect(offsets()).toEqual(range(0, 8))
  })

  test('that wait when the reader closes are not handed over', async () => {
    const { delivery, begin, views } = rig({ delayMs: 1 })
    const taken = begin([batchAt(0), batchAt(4)])
    delivery.close()
    await taken
    expect(views).toHaveLength(0)
  })
})

describe('what nobody shall see', () => {
  test('a batch with a flipped bit is corrupt to its last record, and reading goes on behind it', () => {
    const { take, offsets, passed, errors } = rig()
    const harmed = batchAt(4)
    harmed[harmed.length - 3] = (harmed[harmed.length - 3] ?? 0) ^ 1
    take([batchAt(0), harmed, batchAt(8)])
    expect(offsets()).toEqual([...range(0, 4), ...range(8, 4)])
    expect(passed).toEqual([{ topic: 0, partition: 1, nextOffset: 8, corrupt: COUNT }])
    expect(errors).toEqual(['CORRUPT_MESSAGE: wrong CRC-32C of the batch at offset 4'])
  })

  test('a batch that does not decompress, though its CRC is right, is corrupt too', () => {
    const { take, passed, errors } = rig()
    const batch = batchAt(0, 'zstd')
    batch.fill(0x55, BATCH.records)
    take([withAttributes(batch, 0)])
    expect(passed).toEqual([{ topic: 0, partition: 1, nextOffset: 4, corrupt: COUNT }])
    expect(errors[0]).toMatch(/^CORRUPT_MESSAGE: batch at offset 0: /)
  })

  test.each([
    ['read_committed', [...range(4, 4), ...range(8, 4)]],
    ['read_uncommitted', range(0, 12)],
  ])('at %s: the batches of transactions that were aborted', (level, expected) => {
    const { take, offsets, passed } = rig({ settings: { 'max.poll.records': 500, 'isolation.level': level } })
    const transactional = (offset: number, producer: number) => withAttributes(batchAt(offset), 0x10, producer)
    const aborted = level === 'read_committed' ? [{ producerId: 7, firstOffset: 0 }] : []
    take([transactional(0, 7), transactional(4, 8), batchAt(8)], 0, aborted)
    expect(offsets()).toEqual(expected)
    expect(passed.map(({ corrupt }) => corrupt)).toEqual(level === 'read_committed' ? [0] : [])
  })

  test.each(['read_committed', 'read_uncommitted'])('at %s: the ends of transactions, which move reading on', level => {
    const { take, views, passed } = rig({ settings: { 'max.poll.records': 500, 'isolation.level': level } })
    take([withAttributes(batchAt(0), 0x30)])
    expect(views).toEqual([])
    expect(passed).toEqual([{ topic: 0, partition: 1, nextOffset: 4, corrupt: 0 }])
  })
})
