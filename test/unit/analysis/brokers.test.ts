// What brokers counted becomes shares, means and peaks worked out beside it; what nobody told stays unknown.
import { describe, expect, test } from 'vitest'
import { brokerLoads } from '../../../src/analysis/brokers.ts'
import type { SampleBody, TrialRecord } from '../../../src/recording/format.ts'
import { madeRecord, T0_US } from '../recording/made.ts'

const record = { ...madeRecord(), lines: { intervals: 0, events: 0, samples: 0 } } as TrialRecord
const window = { t0Us: T0_US + 2e6, t1Us: T0_US + 10e6 }
const broker = (second: number, values: Record<string, number>): SampleBody => ({
  kind: 'broker',
  atUs: T0_US + second * 1e6,
  node: 'broker-1',
  values,
})

/** Counters of a broker that is idle for this share of time, as they stand after so many seconds. */
const counters = (second: number, change: Record<string, number> = {}): Record<string, number> => ({
  'handler.idle.ns': 0.25e9 * second,
  'network.idle.ns.CLIENT.0': 0.5e9 * second,
  'network.idle.ns.CLIENT.1': 0.9e9 * second,
  'request.queue': second,
  'produce.count': 50 * second,
  'produce.queue.ms': 25 * second,
  'produce.local.ms': 100 * second,
  'produce.remote.ms': 200 * second,
  'produce.response.ms': 5 * second,
  'produce.send.ms': 20 * second,
  'produce.total.ms': 350 * second,
  'bytes.in': 1000 * second,
  'flush.count': 2 * second,
  'flush.ms': 300 * second,
  'gc.ms': 40 * second,
  'under.replicated': second === 5 ? 3 : 0,
  'isr.shrinks': second > 5 ? 2 : 0,
  ...change,
})
const seconds = [1, 2, 3, 5, 9, 11]

describe('brokerLoads', () => {
  test('are made from differences within the measure phase', () => {
    const [load] =
      brokerLoads(
        record,
        seconds.map(at => broker(at, counters(at))),
        window,
        false,
      ) ?? []
    expect(load).toMatchObject({
      node: 'broker-1',
      seconds: 7,
      handlerIdle: 0.25,
      networkIdle: 0.5,
      requestQueueMax: 9,
      bytesInPerSecond: 1000,
      flushesPerSecond: 2,
      flushMeanUs: 150_000,
      flushShare: 0.3,
      gcShare: 0.04,
      underReplicatedMax: 3,
      isrShrinks: 2,
      produce: { perSecond: 50, totalUs: 7000, queueUs: 500, localUs: 2000, remoteUs: 4000, responseUs: 500 },
    })
    expect(load?.fetch).toBeUndefined()
    expect(load?.points.map(point => point.tSeconds)).toEqual([2, 3, 5, 9, 11])
  })

  test('a broker that began anew is counted on both sides of its restart', () => {
    const before = [2, 3].map(at => broker(at, counters(at)))
    const after = [6, 8].map(at => broker(at, counters(at - 5.5)))
    const [load] = brokerLoads(record, [...before, ...after], window, false) ?? []
    expect(load).toMatchObject({ seconds: 3, handlerIdle: 0.25, bytesInPerSecond: 1000 })
  })

  test('the GC log is believed before the counter, and only within the measure phase', () => {
    const pauses: SampleBody = {
      kind: 'pauses',
      atUs: T0_US + 12e6,
      node: 'broker-1',
      pauses: [
        { atUs: T0_US + 1e6, us: 900_000 },
        { atUs: T0_US + 4e6, us: 60_000 },
        { atUs: T0_US + 5e6, us: 20_000 },
      ],
    }
    const samples = [...seconds.map(at => broker(at, counters(at))), pauses]
    expect(brokerLoads(record, samples, window, false)?.[0]).toMatchObject({ gcShare: 0.01, gcPauseMaxUs: 60_000 })
  })

  test('brokers that were not asked have no loads, silent ones have an empty one', () => {
    expect(brokerLoads(record, [], window, false)).toBeUndefined()
    expect(brokerLoads(record, [], window, true)).toEqual([{ node: 'broker-1', seconds: 0, points: [] }])
  })

  test('CPU is that of the node, held against the limit it was started with', () => {
    const node = (second: number): SampleBody => ({
      kind: 'node',
      atUs: T0_US + second * 1e6,
      node: 'broker-1',
      cpuSeconds: 0.3 * second,
      memoryBytes: 1,
    })
    const limited = {
      ...record,
      cluster: { ...record.cluster, nodes: [{ name: 'broker-1', roles: ['broker'], cpuLimit: 0.3 }] },
    }
    const [load] = brokerLoads(limited, [node(3), node(9), broker(3, counters(3))], window, false) ?? []
    expect(load?.cpuCores).toBeCloseTo(0.3, 10)
    expect(load?.cpuLimit).toBe(0.3)
  })
})
