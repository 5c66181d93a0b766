// The null driver stands for "no broker": it must make every byte and answer every batch once.
import { describe, expect, test } from 'vitest'
import { Times } from '../../../../src/core/times.ts'
import type { BatchResult, PendingBatch } from '../../../../src/drivers/driver.ts'
import { driver } from '../../../../src/drivers/null/driver.ts'

const batch: PendingBatch = {
  topic: 0,
  partition: 2,
  firstSeq: 40,
  count: 3,
  rawBytes: 0,
  intended: Times.of([1, 2, 3]),
  offered: Times.of([1, 2, 3]),
  createdUs: 1,
  attempts: 1,
  notBeforeUs: 0,
  ambiguous: false,
}

async function dispatch(acks: string): Promise<{ results: BatchResult[]; made: number[]; uncompressedBytes: number }> {
  const made: number[] = []
  const producer = driver.createProducer({
    bootstrap: [],
    clientId: 'x',
    settings: { acks },
    topics: [],
    record: {
      value: (_, at) => {
        made.push(at)
        return Buffer.alloc(10 + at)
      },
      key: () => null,
      headers: () => undefined,
    },
    nowUs: () => 77,
  })
  const results = await new Promise<BatchResult[]>(resolve => producer.dispatch(1, [batch], resolve))
  return { results, made, uncompressedBytes: producer.counters().uncompressedBytes }
}

describe('dispatch', () => {
  test('makes the bytes of every record before it answers', async () => {
    const { results, made, uncompressedBytes } = await dispatch('all')
    expect(made).toEqual([0, 1, 2])
    expect(uncompressedBytes).toBe(33)
    expect(results).toEqual([{ batch, outcome: 'acked', atUs: 77, baseOffset: 40 }])
  })

  test('acks=0 is never called acknowledged', async () => {
    expect((await dispatch('0')).results).toEqual([{ batch, outcome: 'sentNoAck', atUs: 77 }])
  })
})
