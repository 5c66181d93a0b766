// With idempotence, no batch overtakes an earlier one on its way to a leader that may know nothing of this producer.
import { describe, expect, test } from 'vitest'
import { rig } from './accumulator-rig.ts'

describe('the order that idempotence promises', () => {
  const sendFour = (settings: Parameters<typeof rig>[0], isKnown = true) => {
    const made = rig({ lingerUs: 0, ...settings })
    made.known.of = () => isKnown
    for (let i = 0; i < 4; i++) {
      made.offer(0, 1)
      made.at(i)
    }
    return made
  }
  const LATER_US = 1_000_000

  test('batches sent again go one at a time, the earliest first', () => {
    const { requests, refuse, ack, at, sent } = sendFour({ idempotent: true })
    for (const request of [...requests].reverse()) refuse(request)
    at(LATER_US)
    expect(sent().slice(4)).toEqual(['1: 0@0+1'])
    ack(requests[4])
    expect(sent().slice(5)).toEqual(['1: 0@1+1'])
  })

  test('a later batch that failed first waits for an earlier one that is still out', () => {
    const { requests, refuse, at, sent, leaders } = sendFour({ idempotent: true })
    for (const request of requests.slice(1)) refuse(request)
    leaders.of = () => 2
    at(LATER_US)
    expect(sent()).toHaveLength(4)
    refuse(requests[0])
    at(2 * LATER_US)
    expect(sent().slice(4)).toEqual(['2: 0@0+1'])
  })

  test('a new batch does not go to a new leader past one that the old leader still has', () => {
    const { requests, ack, offer, at, sent, leaders } = sendFour({ idempotent: true, maxInFlightPerLeader: 10 })
    leaders.of = () => 2
    offer(0, 1)
    at(LATER_US)
    expect(sent()).toHaveLength(4)
    for (const request of requests.slice(0, 4)) ack(request)
    expect(sent().slice(4)).toEqual(['2: 0@4+1'])
  })

  test('one batch goes alone until the partition has stored something of this producer', () => {
    const { requests, ack, refuse, at, sent, known } = sendFour({ idempotent: true }, false)
    expect(sent()).toEqual(['1: 0@0+1'])
    refuse(requests[0])
    at(LATER_US)
    expect(sent().slice(1)).toEqual(['1: 0@0+1'])
    known.of = () => true
    ack(requests[1])
    expect(sent().slice(2)).toEqual(['1: 0@1+3'])
  })

  test('without idempotence nothing waits', () => {
    const { requests, refuse, at, sent } = sendFour({ idempotent: false })
    for (const request of requests.slice(1)) refuse(request)
    at(LATER_US)
    expect(sent()).toHaveLength(7)
  })
})
