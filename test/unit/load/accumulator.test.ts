// The accumulator stands for Java's RecordAccumulator in every report, so each of its rules is held here with a clock of our own.
import { describe, expect, test } from 'vitest'
import { BATCH_OVERHEAD_BYTES, RECORD_OVERHEAD_BYTES } from '../../../src/load/accumulator.ts'
import { rig, SIZE } from './accumulator-rig.ts'

describe('when a batch may go', () => {
  test('after linger.ms, and not a microsecond before', () => {
    const { offer, at, sent } = rig()
    offer(0, 2)
    at(4999)
    expect(sent()).toEqual([])
    at(5000)
    expect(sent()).toEqual(['1: 0@0+2'])
  })

  test('at once where linger.ms is 0', () => {
    const { offer, at, sent } = rig({ lingerUs: 0 })
    offer(0)
    at(0)
    expect(sent()).toEqual(['1: 0@0+1'])
  })

  test('linger counts from the first record of the batch, not the last', () => {
    const { offer, at, clock, sent } = rig()
    offer(0)
    clock.nowUs = 4000
    offer(0)
    at(5000)
    expect(sent()).toEqual(['1: 0@0+2'])
  })

  test('as soon as a second batch of its partition has begun', () => {
    const { offer, at, sent, requests } = rig()
    expect(offer(0, 10)).toEqual(['newBatch', ...new Array<string>(8).fill('appended'), 'newBatch'])
    at(0)
    expect(sent()).toEqual(['1: 0@0+9'])
    expect(requests[0]?.batches[0]?.rawBytes).toBe(BATCH_OVERHEAD_BYTES + 9 * (SIZE + RECORD_OVERHEAD_BYTES))
  })

  test('as soon as it holds as many records as the driver takes', () => {
    const { offer, at, sent } = rig({ maxRecordsPerBatch: 4 })
    offer(0, 4)
    at(0)
    expect(sent()).toEqual(['1: 0@0+4'])
    offer(0, 5)
    at(0)
    expect(sent()).toEqual(['1: 0@0+4', '1: 0@4+4'])
  })

  test('when memory is used up, however long it should linger', () => {
    const { offer, at, sent } = rig({ lingerUs: 1e9, bufferMemoryBytes: 2500 })
    offer(0)
    at(0)
    expect(sent()).toEqual([])
    offer(1)
    at(0)
    expect(sent()).toHaveLength(1)
  })

  test('on flush, and everything after it', () => {
    const { accumulator, offer, at, sent } = rig({ lingerUs: 1e9 })
    offer(0)
    at(10)
    expect(sent()).toEqual([])
    accumulator.flush()
    at(20)
    expect(sent()).toEqual(['1: 0@0+1'])
    offer(1)
    at(30)
    expect(sent()).toHaveLength(2)
  })

  test('not while its leader is unknown, but metadata is asked for', () => {
    const { offer, at, sent, leaders, refreshes } = rig({ lingerUs: 0 }, [3], () => -1)
    offer(0)
    at(0)
    expect([sent(), refreshes()]).toEqual([[], 1])
    leaders.of = () => 7
    at(1)
    expect(sent()).toEqual(['7: 0@0+1'])
  })
})

describe('a poll', () => {
  test('says whether it sent anything', () => {
    const { accumulator, offer, leaders } = rig({ maxInFlightPerLeader: 1 })
    expect(accumulator.poll(0)).toBe(false)
    offer(0)
    offer(1)
    expect([4999, 5000, 5001].map(us => accumulator.poll(us))).toEqual([false, true, false])
    offer(2)
    expect(accumulator.poll(20_000)).toBe(false)
    leaders.of = () => -1
    expect(accumulator.poll(20_001)).toBe(false)
    leaders.of = () => 7
    accumulator.close()
    expect(accumulator.poll(20_002)).toBe(false)
  })
})

describe('what goes into one request', () => {
  test('every partition of a leader once one of them is ready, as Java drains a node', () => {
    const { offer, at, clock, sent } = rig()
    offer(0)
    clock.nowUs = 4000
    offer(1)
    offer(2)
    at(5000)
    expect(sent()).toEqual([expect.stringMatching(/^1: /)])
    expect(sent()[0]?.slice(3).split(' ').toSorted()).toEqual(['0@0+1', '1@0+1', '2@0+1'])
  })

  test('only partitions of that leader, and a leader that is not ready waits', () => {
    const { offer, at, clock, sent } = rig({}, [3], partition => (partition === 2 ? 9 : 1))
    offer(0)
    clock.nowUs = 4000
    offer(1)
    offer(2)
    at(5000)
    expect(sent()).toHaveLength(1)
    expect(sent()[0]).not.toContain('2@')
    at(9000)
    expect(sent()[1]).toBe('9: 2@0+1')
  })

  test('at most one batch per partition; the next one takes the next request', () => {
    const { offer, at, sent } = rig()
    offer(0, 27)
    at(0)
    expect(sent()).toEqual(['1: 0@0+9', '1: 0@9+9'])
    at(5000)
    expect(sent()[2]).toBe('1: 0@18+9')
  })

  test('no more than max.request.size, but at least one batch', () => {
    const { offer, at, sent } = rig({ maxRequestBytes: 2000, maxInFlightPerLeader: 100 }, [5])
    for (let partition = 0; partition < 5; partition++) offer(partition, 9)
    at(5000)
    expect(sent().map(text => text.split(' ').length - 1)).toEqual([2, 2, 1])
    const tight = rig({ maxRequestBytes: 10 })
    tight.offer(0)
    tight.at(5000)
    expect(tight.sent()).toHaveLength(1)
  })

  test('requests in flight per leader are counted, and each answer gives one back', () => {
    const { offer, at, sent, requests, ack } = rig({ maxInFlightPerLeader: 2, lingerUs: 0 })
    offer(0, 45)
    at(0)
    expect(sent()).toEqual(['1: 0@0+9', '1: 0@9+9'])
    at(10_000)
    expect(sent()).toHaveLength(2)
    ack(requests[0])
    expect(sent()).toHaveLength(3)
    ack(requests[1])
    ack(requests[2])
    expect(sent()).toEqual(['1: 0@0+9', '1: 0@9+9', '1: 0@18+9', '1: 0@27+9', '1: 0@36+9'])
  })

  test('the credits of one leader are not another’s', () => {
    const { offer, at, sent } = rig({ maxInFlightPerLeader: 1, lingerUs: 0 }, [2], partition => partition + 1)
    offer(0)
    offer(1)
    at(0)
    expect(sent().toSorted()).toEqual(['1: 0@0+1', '2: 1@0+1'])
  })

  test('no partition waits for another to empty where a request holds only one batch', () => {
    const { offer, at, requests, ack } = rig({ maxRequestBytes: 100, maxInFlightPerLeader: 1 }, [4])
    for (let partition = 0; partition < 4; partition++) offer(partition, 9 * 10)
    at(0)
    for (let answered = 0; answered < 19; answered++) ack(requests[answered])
    const served = [0, 1, 2, 3].map(p => requests.filter(({ batches }) => batches[0]?.partition === p).length)
    expect(requests).toHaveLength(20)
    expect(served).toEqual([5, 5, 5, 5])
  })
})

describe('one request in flight', () => {
  test('mutes its partitions even where their leader changes meanwhile', () => {
    const { offer, at, sent, leaders, requests, ack } = rig({ maxInFlightPerLeader: 1, lingerUs: 0 })
    offer(0)
    at(0)
    leaders.of = () => 2
    offer(0)
    at(10)
    expect(sent()).toEqual(['1: 0@0+1'])
    ack(requests[0])
    expect(sent()).toEqual(['1: 0@0+1', '2: 0@1+1'])
  })
})

describe('a run of like records', () => {
  test('fills the open batch, then whole new ones, exactly as one record after the other would', () => {
    const [one, many] = [rig({ bufferMemoryBytes: 3500 }), rig({ bufferMemoryBytes: 3500 })]
    let alone = 0
    while (alone < 100 && one.offer(0, 1)[0] !== 'full') alone++
    many.offer(0, 4)
    const taken: number[] = []
    for (;;) {
      const count = many.accumulator.offerRun(0, 0, SIZE, 1000, 0, 0)
      if (count === 0) break
      taken.push(count)
    }
    expect(taken).toEqual([5, 9, 9])
    expect(alone).toBe(27)
    one.at(0)
    many.at(0)
    for (const { requests } of [one, many]) requests[0]?.answer([])
    const shown = ({ accumulator }: typeof one) =>
      accumulator.outstanding().map(({ firstSeq, count, rawBytes }) => ({ firstSeq, count, rawBytes }))
    expect(shown(many)).toEqual(shown(one))
    expect(many.accumulator.nextSeq(0, 0)).toBe(27)
  })

  test('takes no more than asked, nor than the driver takes in a batch', () => {
    const { accumulator } = rig({ maxRecordsPerBatch: 4 })
    expect(accumulator.offerRun(0, 0, SIZE, 3, 10, 20)).toBe(3)
    expect(accumulator.isTailFull(0, 0, SIZE)).toBe(false)
    expect(accumulator.offerRun(0, 0, SIZE, 3, 11, 20)).toBe(1)
    expect(accumulator.isTailFull(0, 0, SIZE)).toBe(true)
    const [batch] = accumulator.outstanding()
    expect([batch?.intended.toArray(), batch?.offered.toArray()]).toEqual([
      [10, 10, 10, 11],
      [20, 20, 20, 20],
    ])
  })

  test('of records larger than a batch goes one by one', () => {
    const { accumulator } = rig()
    expect(accumulator.offerRun(0, 0, 5000, 9, 0, 0)).toBe(1)
    expect(accumulator.isTailFull(0, 0, 5000)).toBe(true)
  })
})
