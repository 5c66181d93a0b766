// Which partitions have something to send is kept by hand, so it is held against what a set would say.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Times } from '../../../src/core/times.ts'
import type { PendingBatch } from '../../../src/drivers/driver.ts'
import { ActiveQueues, batchesIn, emptyQueue, takeBack } from '../../../src/load/queues.ts'

const QUEUES = 4

function madeBatch(partition: number, createdUs: number): PendingBatch {
  const times = { intended: Times.of([createdUs]), offered: Times.of([createdUs]) }
  const state = { attempts: 0, notBeforeUs: 0, ambiguous: false }
  return { topic: 0, partition, firstSeq: createdUs, count: 1, rawBytes: 100, createdUs, ...times, ...state }
}

const step = fc.record({ queue: fc.nat({ max: QUEUES - 1 }), isSent: fc.boolean() })

test('partitions are listed once, in the order in which they got batches, and no longer than they have some', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), steps => {
      const queues = Array.from({ length: QUEUES }, (_, partition) => emptyQueue(0, partition))
      const active = new ActiveQueues()
      const model = new Set<number>()
      for (const [at, { queue: number, isSent }] of steps.entries()) {
        const queue = queues[number] as (typeof queues)[number]
        if (isSent) {
          queue.batches.shift()
          if (queue.batches.length === 0) model.delete(number)
          active.retire()
        } else {
          queue.batches.push(madeBatch(number, at))
          active.add(queue)
          model.add(number)
        }
        expect(active.list.map(({ partition }) => partition)).toEqual([...model])
      }
    }),
  )
})

test('batches without an outcome are those that wait and those on their way, the oldest first; each is taken back once', () => {
  const [first, second] = [emptyQueue(0, 0), emptyQueue(0, 1)]
  const [a, b, c] = [madeBatch(0, 30), madeBatch(0, 10), madeBatch(1, 20)]
  first.batches.push(a)
  first.inFlight.push({ batch: b, leader: 1 })
  second.inFlight.push({ batch: c, leader: 2 })
  expect(batchesIn([first, second])).toEqual([b, c, a])
  expect([takeBack(first, b), takeBack(first, b), takeBack(first, a)]).toEqual([true, false, false])
  expect(batchesIn([first, second])).toEqual([c, a])
})
