// A chart is only as honest as its seconds: every rate is of its own interval, every sample in its own second.
import { describe, expect, test } from 'vitest'
import { eventsOf, generatorHealth, nodeSeries, seriesOf } from '../../../src/analysis/series.ts'
import type { SampleBody, TrialRecord, WorkerHealth } from '../../../src/recording/format.ts'
import { unpackHistogram } from '../../../src/recording/read.ts'
import { madeInterval, madeRecord, packed, T0_US } from '../recording/made.ts'

const RECORD: TrialRecord = { ...madeRecord(), lines: { intervals: 0, events: 0, samples: 0 } }
const at = (second: number): number => T0_US + second * 1e6

describe('seriesOf', () => {
  test('adds the workers of a second and keeps the seconds apart', () => {
    const points = seriesOf(
      RECORD,
      [
        madeInterval(3, { worker: 'a', counters: { sent: 60, acked: 50 }, histograms: { ack: packed([1000, 2000]) } }),
        madeInterval(3, {
          worker: 'b',
          counters: { sent: 40, acked: 45 },
          histograms: { ack: packed([9000]), slip: packed([70]) },
        }),
        madeInterval(2, { counters: { sent: 1 } }),
      ],
      [],
      unpackHistogram,
    )
    expect(points.map(({ tSeconds }) => tSeconds)).toEqual([2, 3])
    expect(points[1]).toMatchObject({
      phase: 'measure',
      targetPerSecond: 100,
      sentPerSecond: 100,
      ackedPerSecond: 95,
      ackP50Us: 2000,
      slipP99Us: 70,
    })
    expect(points[1]?.ackP99Us).toBeGreaterThanOrEqual(9000)
    expect(points[0]).not.toHaveProperty('ackP50Us')
  })

  test('rates are per second of the interval’s own length', () => {
    const [long, short] = seriesOf(
      RECORD,
      [
        madeInterval(2, { t1Us: at(5), counters: { acked: 300 } }),
        madeInterval(9, { t1Us: at(9.25), counters: { acked: 50 } }),
      ],
      [],
      unpackHistogram,
    )
    expect([long?.ackedPerSecond, short?.ackedPerSecond]).toEqual([100, 200])
  })

  test('what readers received is per group, so that two groups do not look like twice the rate', () => {
    const reader = (worker: string, group: string) =>
      madeInterval(4, { worker, group, role: 'consumer', counters: { received: 100 } })
    const [point] = seriesOf(RECORD, [reader('a-0', 'a'), reader('b-0', 'b')], [], unpackHistogram)
    expect(point?.consumedPerSecond).toBe(100)
    const [members] = seriesOf(RECORD, [reader('a-0', 'a'), reader('a-1', 'a')], [], unpackHistogram)
    expect(members?.consumedPerSecond).toBe(200)
  })

  test('errors of producers and readers count, retries apart', () => {
    const [point] = seriesOf(
      RECORD,
      [madeInterval(3, { counters: { 'error.X': 2, 'readerError.Y': 3, 'corrupt.crc': 1, retries: 5, failed: 99 } })],
      [],
      unpackHistogram,
    )
    expect(point).toMatchObject({ errors: 6, retries: 5 })
  })

  test('phase and target follow the schedule, and after it there is none', () => {
    const ramp: TrialRecord = {
      ...RECORD,
      phases: [
        { name: 'warmup', kind: 'warmup', t0Us: at(0), t1Us: at(2), fromPerSecond: 10, toPerSecond: 10, max: false },
        { name: 'measure', kind: 'ramp', t0Us: at(2), t1Us: at(6), fromPerSecond: 0, toPerSecond: 400, max: false },
      ],
    }
    const points = seriesOf(
      ramp,
      [0, 2, 5, 7].map(second => madeInterval(second)),
      [],
      unpackHistogram,
    )
    expect(points.map(({ phase, targetPerSecond }) => [phase, targetPerSecond])).toEqual([
      ['warmup', 10],
      ['measure', 50],
      ['measure', 350],
      ['drain', 0],
    ])
    const closed: TrialRecord = { ...ramp, phases: ramp.phases.map(phase => ({ ...phase, max: true })) }
    expect(seriesOf(closed, [madeInterval(3)], [], unpackHistogram)[0]?.targetPerSecond).toBe(0)
  })

  test('lag is the worst group’s, and only in the second of its sample', () => {
    const sample: SampleBody = {
      kind: 'cluster',
      atUs: at(3.4),
      partitions: 2,
      underReplicated: 1,
      offline: 0,
      leaders: {},
      endOffsetSum: 9,
      lag: { a: 5, b: 40 },
    }
    const points = seriesOf(RECORD, [madeInterval(3), madeInterval(4)], [sample], unpackHistogram)
    expect(points[0]).toMatchObject({ lag: 40, underReplicated: 1 })
    expect(points[1]).not.toHaveProperty('lag')
  })
})

describe('nodeSeries', () => {
  const sample = (
    node: string,
    second: number,
    cpuSeconds: number,
    memoryBytes: number,
    more: object = {},
  ): SampleBody => ({ kind: 'node', atUs: at(second), node, cpuSeconds, memoryBytes, ...more })

  test('rates are differences of cumulative counters over the time between them', () => {
    const [node] = nodeSeries(RECORD, [
      sample('broker-1', 1, 10, 500, { netInBytes: 0 }),
      sample('broker-1', 2, 10.5, 700, { netInBytes: 100 }),
      sample('broker-1', 4, 12.5, 600, { netInBytes: 500 }),
    ])
    expect(node?.points).toEqual([
      { tSeconds: 2, cpuCores: 0.5, memoryBytes: 700, netInBytesPerSecond: 100 },
      { tSeconds: 4, cpuCores: 1, memoryBytes: 600, netInBytesPerSecond: 200 },
    ])
    expect(node).toMatchObject({ node: 'broker-1', cpuCoresAvg: 0.75, memoryBytesMax: 700 })
  })

  test('nodes are kept apart, and one sample alone has no rate', () => {
    const nodes = nodeSeries(RECORD, [sample('a', 1, 1, 5), sample('b', 1, 100, 6), sample('b', 2, 101, 6)])
    expect(nodes.map(({ node, points, cpuCoresAvg }) => [node, points.length, cpuCoresAvg])).toEqual([
      ['a', 0, 0],
      ['b', 1, 1],
    ])
  })
})

describe('generatorHealth', () => {
  const health = (change: Partial<WorkerHealth>): WorkerHealth => ({
    cpuUs: 0,
    rssBytes: 0,
    gcUs: 0,
    gcMaxUs: 0,
    loopLateMaxUs: 0,
    ...change,
  })
  const window = { t0Us: at(2), t1Us: at(10) }

  test('is of the measured seconds of each worker', () => {
    const found = generatorHealth(
      [
        madeInterval(0, { health: health({ cpuUs: 1_000_000, loopLateMaxUs: 99_999 }) }),
        madeInterval(2, {
          health: health({ cpuUs: 200_000, rssBytes: 10, gcUs: 4000, gcMaxUs: 3000, loopLateMaxUs: 50 }),
          histograms: { slip: packed([10]) },
        }),
        madeInterval(2, { phase: 'warmup' }),
        madeInterval(3, {
          t1Us: at(5),
          health: health({ cpuUs: 1_200_000, rssBytes: 30, gcUs: 2000, gcMaxUs: 500, loopLateMaxUs: 80 }),
          histograms: { slip: packed([900]) },
        }),
        madeInterval(4, { worker: 'readers-0', role: 'consumer', health: health({ cpuUs: 100_000 }) }),
        madeInterval(10, { health: health({ cpuUs: 9_000_000 }) }),
      ],
      window,
      unpackHistogram,
    )
    expect(found).toEqual([
      {
        worker: 'writers-0',
        role: 'producer',
        cpuCoresAvg: 0.4,
        cpuCoresMax: 0.6,
        rssBytesMax: 30,
        gcShare: 0.002,
        gcMaxUs: 3000,
        loopLateMaxUs: 80,
        loopLateMedianUs: 65,
        slipP99Us: expect.closeTo(900, -1),
      },
      {
        worker: 'readers-0',
        role: 'consumer',
        cpuCoresAvg: 0.1,
        cpuCoresMax: 0.1,
        rssBytesMax: 0,
        gcShare: 0,
        gcMaxUs: 0,
        loopLateMaxUs: 0,
        loopLateMedianUs: 0,
      },
    ])
  })

  test('a worker that told nothing has zeros, not a division by zero', () => {
    expect(generatorHealth([madeInterval(3)], window, unpackHistogram)).toMatchObject([{ cpuCoresAvg: 0, gcShare: 0 }])
  })
})

test('events stand on the trial’s own time axis, with where they happened', () => {
  expect(
    eventsOf(RECORD, [
      { kind: 'event', atUs: at(1.5), name: 'a' },
      { kind: 'event', atUs: at(-0.2), name: 'b', worker: 'w-1', detail: { n: 1 } },
      { kind: 'event', atUs: at(2), name: 'c', node: 'broker-1' },
    ]),
  ).toEqual([
    { tSeconds: 1.5, name: 'a' },
    { tSeconds: -0.2, name: 'b', where: 'w-1', detail: { n: 1 } },
    { tSeconds: 2, name: 'c', where: 'broker-1' },
  ])
})
