// Sequence numbers under trouble: a batch keeps its number while it may be stored, and no gap may stop a partition for ever.
import { beforeEach, describe, expect, test } from 'vitest'
import { Times } from '../../../../src/core/times.ts'
import type { PendingBatch } from '../../../../src/drivers/driver.ts'
import { Lane } from '../../../../src/drivers/wire/lane.ts'
import { CODES } from '../../../../src/protocol/error-codes.ts'

const OLD = { producerId: 7, epoch: 0 }
const NEW = { producerId: 8, epoch: 0 }
const REFUSED = { code: CODES.NOT_ENOUGH_REPLICAS, retriable: true, maybeWritten: false }
const OUT_OF_ORDER = { code: CODES.OUT_OF_ORDER_SEQUENCE_NUMBER, retriable: false, maybeWritten: false }
const SILENCE = { retriable: true, maybeWritten: true }

let lane: Lane
beforeEach(() => {
  lane = new Lane(OLD)
})

function batch(firstSeq: number, count = 10): PendingBatch {
  const times = new Times()
  const place = { topic: 0, partition: 0, firstSeq, count, rawBytes: 100, intended: times, offered: times }
  return { ...place, createdUs: 1, attempts: 1, notBeforeUs: 0, ambiguous: false }
}

describe('in order', () => {
  test('numbers follow each other by the count of records, whatever the first one was', () => {
    const sent = [batch(100), batch(110, 3), batch(113)]
    expect(sent.map(each => lane.enter(each)?.sequence)).toEqual([0, 10, 13])
  })

  test('a retry has the number of its first attempt', () => {
    const [a, b] = [batch(0), batch(10)]
    lane.enter(a)
    lane.enter(b)
    expect(lane.failed(a, REFUSED)).toEqual({ retriable: true, duplicatePossible: false })
    expect(lane.failed(b, OUT_OF_ORDER)).toEqual({ retriable: true, duplicatePossible: false })
    expect(lane.enter(a)).toEqual({ ...OLD, sequence: 0 })
    expect(lane.enter(b)).toEqual({ ...OLD, sequence: 10 })
    expect(lane.isBlocked).toBe(false)
  })

  test('numbers wrap as Java’s do', () => {
    lane.enter(batch(0, 2 ** 31 - 4))
    expect(lane.enter(batch(1, 10))?.sequence).toBe(2 ** 31 - 4)
    expect(lane.enter(batch(2, 1))?.sequence).toBe(6)
  })
})

describe('a batch given up', () => {
  test('that never had a number leaves no gap', () => {
    lane.enter(batch(0))
    lane.abandon(batch(10))
    expect(lane.enter(batch(20))?.sequence).toBe(10)
  })

  test('with a number stops the lane until what is in flight has come back, and then all begin anew', () => {
    const [a, b] = [batch(0), batch(10)]
    lane.enter(a)
    lane.enter(b)
    lane.failed(a, { code: CODES.MESSAGE_TOO_LARGE, retriable: false, maybeWritten: false })
    lane.abandon(a)
    expect([lane.isBlocked, lane.needsIdentity]).toEqual([true, false])
    expect(lane.enter(batch(20))).toBeUndefined()
    expect(lane.failed(b, OUT_OF_ORDER)).toEqual({ retriable: true, duplicatePossible: false })
    expect(lane.needsIdentity).toBe(true)
    lane.renew(NEW)
    expect(lane.isBlocked).toBe(false)
    expect(lane.enter(b)).toEqual({ ...NEW, sequence: 0 })
    expect(lane.enter(batch(20))).toEqual({ ...NEW, sequence: 10 })
  })

  test('lets one that may be stored ask again under its old number first, so that it is not stored twice', () => {
    const [a, b] = [batch(0), batch(10)]
    lane.enter(a)
    lane.enter(b)
    lane.failed(a, SILENCE)
    lane.failed(b, SILENCE)
    lane.abandon(a)
    expect([lane.isBlocked, lane.needsIdentity]).toEqual([false, false])
    expect(lane.enter(batch(20))).toBeUndefined()
    expect(lane.enter(b)).toEqual({ ...OLD, sequence: 10 })
    lane.stored(b)
    expect(lane.needsIdentity).toBe(true)
  })

  test('proves by the gap that its successor was not stored', () => {
    const [a, b] = [batch(0), batch(10)]
    for (const each of [a, b]) {
      lane.enter(each)
      lane.failed(each, SILENCE)
    }
    lane.abandon(a)
    lane.enter(b)
    expect(lane.failed(b, OUT_OF_ORDER)).toEqual({ retriable: true, duplicatePossible: false })
    lane.renew(NEW)
    expect(lane.enter(b)).toEqual({ ...NEW, sequence: 0 })
  })
})

describe('a broker that forgot us', () => {
  test.each(['UNKNOWN_PRODUCER_ID', 'INVALID_PRODUCER_EPOCH', 'OUT_OF_ORDER_SEQUENCE_NUMBER'] as const)(
    '%s for the oldest batch asks for a new identity',
    code => {
      const a = batch(0)
      lane.enter(a)
      const lost = { code: CODES[code], retriable: false, maybeWritten: false }
      expect(lane.failed(a, lost)).toEqual({ retriable: true, duplicatePossible: false })
      expect(lane.needsIdentity).toBe(true)
      lane.renew(NEW)
      expect(lane.enter(a)).toEqual({ ...NEW, sequence: 0 })
    },
  )

  test('may have stored an earlier attempt, which then is said', () => {
    const a = batch(0)
    lane.enter(a)
    lane.failed(a, SILENCE)
    lane.enter(a)
    expect(lane.failed(a, OUT_OF_ORDER)).toEqual({ retriable: true, duplicatePossible: true })
  })
})

describe('what brokers hold numbers against', () => {
  test('is nothing before the first batch is stored, and nothing again under a new identity', () => {
    const a = batch(0)
    lane.enter(a)
    lane.failed(a, REFUSED)
    expect(lane.isKnown).toBe(false)
    lane.enter(a)
    lane.stored(a)
    expect(lane.isKnown).toBe(true)
    lane.renew(NEW)
    expect(lane.isKnown).toBe(false)
  })
})
