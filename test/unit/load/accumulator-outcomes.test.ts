// What becomes of a batch after it was sent: retries in order, time limits, memory given back, and one outcome for every record.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { BatchResult } from '../../../src/drivers/driver.ts'
import { BATCH_OVERHEAD_BYTES, type FinalOutcome, RECORD_OVERHEAD_BYTES } from '../../../src/load/accumulator.ts'
import { type Request, rig } from './accumulator-rig.ts'

describe('errors', () => {
  test('a retry goes to the front after its backoff, and nothing of its partition overtakes it', () => {
    const { offer, at, sent, requests, refuse, retries, refreshes } = rig({ lingerUs: 0 })
    offer(0)
    at(0)
    offer(0)
    refuse(requests[0])
    expect(retries).toEqual([{ errorClass: 'NOT_ENOUGH_REPLICAS', duplicatePossible: false, firstSeq: 0 }])
    expect(refreshes()).toBe(1)
    at(99_999)
    expect(sent()).toHaveLength(1)
    at(100_000)
    expect(sent()).toEqual(['1: 0@0+1', '1: 0@0+1', '1: 0@1+1'])
  })

  test('several retries come back in the order of their sequence, whatever the order of the answers', () => {
    const { offer, at, requests, refuse, sent } = rig({ lingerUs: 0 })
    offer(0, 27)
    at(0)
    refuse(requests[2])
    refuse(requests[0])
    refuse(requests[1])
    at(200_000)
    expect(sent().slice(3)).toEqual(['1: 0@0+9', '1: 0@9+9', '1: 0@18+9'])
  })

  test('a batch that waits for its retry takes no further records', () => {
    const { offer, at, requests, refuse, sent } = rig({ lingerUs: 0 })
    offer(0)
    at(0)
    refuse(requests[0])
    expect(offer(0)).toEqual(['newBatch'])
    at(100_000)
    expect(sent().slice(1)).toEqual(['1: 0@0+1', '1: 0@1+1'])
  })

  test.each<[string, Partial<BatchResult>, FinalOutcome]>([
    ['surely not written', { retriable: false, maybeWritten: false }, 'failed'],
    ['maybe written', { retriable: false, maybeWritten: true }, 'unknown'],
  ])('what is not retriable ends at once: %s', (_, error, outcome) => {
    const { offer, at, requests, refuse, finals, accumulator } = rig({ lingerUs: 0 })
    offer(0)
    at(0)
    refuse(requests[0], { ...error, errorClass: 'X' })
    expect(finals).toEqual([{ place: '0:0', firstSeq: 0, count: 1, outcome, atUs: 0, errorClass: 'X' }])
    expect([accumulator.isEmpty, accumulator.usedMemoryBytes]).toEqual([true, 0])
  })

  test('retries are as many as asked', () => {
    for (const retries of [0, 1, 3]) {
      const { offer, at, requests, refuse, finals } = rig({ lingerUs: 0, retries })
      offer(0)
      for (let attempt = 0; attempt < 6; attempt++) {
        at(attempt * 100_000)
        refuse(requests[attempt])
      }
      expect(requests).toHaveLength(retries + 1)
      expect(finals).toMatchObject([{ outcome: 'failed' }])
    }
  })

  test('one attempt that may have been written makes a later refusal unknown', () => {
    const { offer, at, requests, refuse, finals } = rig({ lingerUs: 0 })
    offer(0)
    at(0)
    refuse(requests[0], { maybeWritten: true })
    at(100_000)
    refuse(requests[1], { retriable: false, maybeWritten: false })
    expect(finals).toMatchObject([{ outcome: 'unknown' }])
  })

  test.each([
    [false, true, true],
    [false, false, false],
    [true, true, false],
  ])('idempotent %s, maybe written %s: a retry may duplicate: %s', (idempotent, maybeWritten, duplicatePossible) => {
    const { offer, at, requests, refuse, retries } = rig({ lingerUs: 0, idempotent })
    offer(0)
    at(0)
    refuse(requests[0], { maybeWritten })
    expect(retries).toMatchObject([{ duplicatePossible }])
  })

  test('an ack after a retry is an ack', () => {
    const { offer, at, requests, refuse, ack, finals } = rig({ lingerUs: 0 })
    offer(0)
    at(0)
    refuse(requests[0], { maybeWritten: true })
    at(100_000)
    ack(requests[1])
    expect(finals).toEqual([{ place: '0:0', firstSeq: 0, count: 1, outcome: 'acked', atUs: 100_000 }])
  })

  test('sent without acknowledgement is neither an ack nor an error', () => {
    const { offer, at, requests, settle, finals } = rig({ lingerUs: 0 })
    offer(0, 3)
    at(0)
    settle(requests[0], { outcome: 'sentNoAck' })
    expect(finals).toMatchObject([{ outcome: 'sentNoAck', count: 3 }])
  })
})

describe('delivery.timeout.ms', () => {
  const short = { lingerUs: 0, deliveryTimeoutUs: 1e6 }

  test('ends a batch that could never be sent as failed', () => {
    const { offer, at, finals, accumulator } = rig(short, [3], () => -1)
    offer(0, 2)
    at(999_999)
    expect(finals).toEqual([])
    at(1_100_000)
    expect(finals).toMatchObject([{ outcome: 'failed', count: 2, errorClass: 'delivery.timeout', atUs: 1_100_000 }])
    expect([accumulator.isEmpty, accumulator.usedMemoryBytes]).toEqual([true, 0])
  })

  test('ends a batch that waits for its retry by what its attempts may have done', () => {
    for (const [maybeWritten, outcome] of [
      [true, 'unknown'],
      [false, 'failed'],
    ] as const) {
      const { offer, at, requests, refuse, finals } = rig({ ...short, retryBackoffUs: 5e6 })
      offer(0)
      at(0)
      refuse(requests[0], { maybeWritten })
      at(1_100_000)
      expect(finals).toMatchObject([{ outcome }])
    }
  })

  test('a refusal after the time is up is final', () => {
    const { offer, at, clock, requests, refuse, finals } = rig(short)
    offer(0)
    at(0)
    clock.nowUs = 1e6
    refuse(requests[0])
    expect(finals).toMatchObject([{ outcome: 'failed', errorClass: 'NOT_ENOUGH_REPLICAS' }])
  })
})

describe('buffer.memory', () => {
  test('is taken by whole batches, and given back with their outcome', () => {
    const { offer, at, requests, ack, accumulator } = rig({ bufferMemoryBytes: 3000, lingerUs: 0 }, [5])
    expect([offer(0), offer(1), offer(2), offer(3)].flat()).toEqual(['newBatch', 'newBatch', 'newBatch', 'full'])
    expect(accumulator.usedMemoryBytes).toBe(3000)
    // A batch that stands open still takes records.
    expect(offer(1)).toEqual(['appended'])
    at(0)
    expect(offer(3)).toEqual(['full'])
    ack(requests[0])
    expect(accumulator.usedMemoryBytes).toBe(0)
    expect(offer(3)).toEqual(['newBatch'])
  })

  test('a refused record takes no sequence number', () => {
    const { offer, accumulator } = rig({ bufferMemoryBytes: 1000 }, [2])
    offer(0)
    offer(1)
    expect([accumulator.nextSeq(0, 0), accumulator.nextSeq(0, 1)]).toEqual([1, 0])
  })

  test('a record larger than a batch takes what it needs, alone', () => {
    const { offer, at, requests, ack, accumulator } = rig({ lingerUs: 0 })
    offer(0, 1, 5000)
    expect(accumulator.usedMemoryBytes).toBe(5000 + RECORD_OVERHEAD_BYTES + BATCH_OVERHEAD_BYTES)
    expect(offer(0)).toEqual(['newBatch'])
    at(0)
    for (const request of requests) ack(request)
    at(1)
    for (const request of requests.slice(1)) ack(request)
    expect(accumulator.usedMemoryBytes).toBe(0)
  })

  test('a record larger than the whole buffer passes when it is alone, rather than never', () => {
    const { offer } = rig({ bufferMemoryBytes: 2000 })
    expect(offer(0, 1, 9000)).toEqual(['newBatch'])
    expect(offer(1)).toEqual(['full'])
  })

  test('batch.size 0 makes every record a batch', () => {
    const { offer, at, requests } = rig({ batchSizeBytes: 0, lingerUs: 0 })
    offer(0, 3)
    at(0)
    expect(requests.flatMap(({ batches }) => batches.map(({ count }) => count))).toEqual([1, 1, 1])
  })
})

describe('accounting', () => {
  test('after it was closed nothing is sent, and an answer changes nothing', () => {
    const { accumulator, offer, at, requests, ack, finals } = rig({ lingerUs: 0, maxInFlightPerLeader: 1 })
    offer(0)
    at(0)
    offer(1)
    at(1)
    expect(accumulator.close().map(({ partition, attempts }) => [partition, attempts])).toEqual([
      [0, 1],
      [1, 0],
    ])
    ack(requests[0])
    at(2)
    expect(requests).toHaveLength(1)
    expect(finals).toEqual([])
  })

  test('outstanding lists what has no outcome yet, queued or in flight', () => {
    const { accumulator, offer, at, requests, ack } = rig({ lingerUs: 0 })
    offer(0)
    at(0)
    offer(1)
    expect(accumulator.outstanding().map(({ partition }) => partition)).toEqual([0, 1])
    ack(requests[0])
    expect(accumulator.isEmpty).toBe(accumulator.outstanding().length === 0)
  })

  test('an unknown partition is refused', () => {
    expect(() => rig().accumulator.offer(0, 99, 1, 0, 0)).toThrow(RangeError)
  })

  test('every record has one outcome, sequences are dense, and memory comes back, whatever the answers', () => {
    const answer = fc.constantFrom('ack', 'refused', 'lost', 'fatal')
    const step = fc.record({
      advanceUs: fc.integer({ min: 0, max: 300_000 }),
      offers: fc.array(fc.nat(3), { maxLength: 12 }),
      answers: fc.array(answer, { maxLength: 4 }),
    })
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 40 }),
        fc.integer({ min: 1, max: 5 }),
        fc.boolean(),
        (steps, maxInFlightPerLeader, limited) => {
          const made = rig(
            { maxInFlightPerLeader, bufferMemoryBytes: 9000, retries: limited ? 2 : 1e9, deliveryTimeoutUs: 2e6 },
            [4],
            p => p % 2,
          )
          const offered = [0, 0, 0, 0]
          const waiting: Request[] = []
          let seen = 0
          const collect = (): void => {
            waiting.push(...made.requests.slice(seen))
            seen = made.requests.length
          }
          const give = (kind: string): void => {
            const request = waiting.shift()
            if (kind === 'ack') made.ack(request)
            else made.refuse(request, { retriable: kind !== 'fatal', maybeWritten: kind === 'lost' })
            collect()
          }
          for (const { advanceUs, offers, answers } of steps) {
            for (const partition of offers)
              if (made.offer(partition)[0] !== 'full') offered[partition] = (offered[partition] ?? 0) + 1
            made.at(made.clock.nowUs + advanceUs)
            collect()
            const inFlight = new Map<number, number>()
            for (const { leader } of waiting) inFlight.set(leader, (inFlight.get(leader) ?? 0) + 1)
            for (const n of inFlight.values()) expect(n).toBeLessThanOrEqual(maxInFlightPerLeader)
            for (const kind of answers) give(kind)
          }
          made.accumulator.flush()
          for (let i = 0; i < 500 && !made.accumulator.isEmpty; i++) {
            made.at(made.clock.nowUs + 100_001)
            collect()
            while (waiting.length > 0) give('ack')
          }
          expect(made.accumulator.usedMemoryBytes).toBe(0)
          for (let p = 0; p < 4; p++) {
            const own = made.finals
              .filter(({ place }) => place === `0:${p}`)
              .toSorted((a, b) => a.firstSeq - b.firstSeq)
            const sequences = own.flatMap(({ firstSeq, count }) =>
              Array.from({ length: count }, (_, i) => firstSeq + i),
            )
            expect(sequences).toEqual(Array.from({ length: offered[p] ?? 0 }, (_, i) => i))
          }
        },
      ),
      { numRuns: 80 },
    )
  })
})
