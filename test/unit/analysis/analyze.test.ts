// The one way from a recording to numbers: hand-made recordings in, numbers that were worked out beside them out.
import { describe, expect, test } from 'vitest'
import type { Analysis, TrialAnalysis } from '../../../src/analysis/analysis.ts'
import { analyze } from '../../../src/analysis/analyze.ts'
import type { IntervalBody, SampleBody, TrialRecord } from '../../../src/recording/format.ts'
import { type RecordedTrial, type Recording, unpackHistogram } from '../../../src/recording/read.ts'
import { LatencyHistogram } from '../../../src/stats/histogram.ts'
import { madeInterval, madeManifest, madeRecord, packed, T0_US } from '../recording/made.ts'

const sent = { scheduled: 100, sent: 100, sentOnTime: 100, acked: 100 }

/** A sealed trial: two seconds of warm-up, eight measured, 100 records each, acknowledged after `ackUs`. */
function madeTrial(
  number: number,
  change: { record?: Partial<TrialRecord>; ackUs?: number; intervals?: IntervalBody[] } = {},
): RecordedTrial {
  const { ackUs = 2000, record = {} } = change
  const second = (n: number): IntervalBody =>
    madeInterval(n, {
      phase: n < 2 ? 'warmup' : 'measure',
      counters: { ...sent, bytes: 10_000, batches: 10, batchBytes: 12_000, batchRecords: 100 },
      histograms: {
        ack: packed(new Array<number>(100).fill(n < 2 ? 999_000 : ackUs)),
        slip: packed(new Array<number>(100).fill(50)),
      },
      health: { cpuUs: 10_000, rssBytes: 1, gcUs: 0, gcMaxUs: 0, loopLateMaxUs: 0 },
    })
  const intervals = change.intervals ?? Array.from({ length: 10 }, (_, n) => second(n))
  return {
    number,
    record: {
      ...madeRecord({ number, repetition: number - 1, ...record }),
      lines: { intervals: intervals.length, events: 0, samples: 0 },
    },
    intervals,
    events: [],
    samples: [],
    tornBytes: 0,
  }
}

/** What the observer saw of a group's lag in a second of load. */
const lagSample = (second: number, lag: number): SampleBody => ({
  kind: 'cluster',
  atUs: T0_US + second * 1e6,
  partitions: 1,
  underReplicated: 0,
  offline: 0,
  leaders: {},
  endOffsetSum: 0,
  lag: { readers: lag },
})

const recordingOf = (trials: RecordedTrial[], change: Parameters<typeof madeManifest>[0] = {}): Recording => ({
  directory: 'd',
  manifest: madeManifest(change),
  trials,
  finished: true,
})
const analysed = (trials: RecordedTrial[], change: Parameters<typeof madeManifest>[0] = {}): Analysis =>
  analyze(recordingOf(trials, change), unpackHistogram)
const first = (analysis: Analysis): TrialAnalysis => analysis.cells[0]?.trials[0] as TrialAnalysis

describe('one trial', () => {
  const analysis = analysed([madeTrial(1)])

  test('measures the measured phase only, and accounts for all of it', () => {
    const { measures, accounting } = first(analysis)
    expect(measures).toMatchObject({
      scheduled: 800,
      sent: 800,
      acked: 800,
      achieved: 1,
      throughputPerSecond: 100,
      throughputBytesPerSecond: 10_000,
      durationMs: 8000,
      batchSizeAvgBytes: 1200,
      cpuSecondsPerMillion: 100,
    })
    expect(measures.latencies.ack).toMatchObject({ count: 800, quantiles: { p999: 2000 } })
    expect(accounting).toMatchObject({ scheduled: 1000, sent: 1000, acked: 1000, stored: 1000, unknown: 0, errors: 0 })
  })

  test('is valid and complete, and knows its phases in seconds', () => {
    expect(analysis).toMatchObject({ state: 'complete', plannedTrials: 1, notes: [] })
    expect(first(analysis)).toMatchObject({
      state: 'complete',
      validity: { state: 'VALID' },
      phases: [
        { name: 'warmup', t0Seconds: 0, t1Seconds: 2 },
        { name: 'measure', t0Seconds: 2, t1Seconds: 10 },
      ],
    })
    expect(analysis.cluster).toEqual({ provider: 'process', kafkaVersion: '4.3.1', nodes: 1, path: 'loopback' })
  })

  test('acks=0 completes with what was sent', () => {
    const intervals = [madeInterval(3, { counters: { scheduled: 100, sent: 100, sentOnTime: 100, sentNoAck: 100 } })]
    const { measures, accounting } = first(analysed([madeTrial(1, { intervals })]))
    expect(measures.throughputPerSecond).toBe(12.5)
    expect(measures.latencies.ack).toBeUndefined()
    expect(accounting).toMatchObject({ sentNoAck: 100, acked: 0 })
  })

  test('what completes outside the window is no throughput of it', () => {
    const intervals = [
      madeInterval(1, { counters: { acked: 500 } }),
      madeInterval(5, { counters: { acked: 80, sent: 80 } }),
      madeInterval(10, { counters: { acked: 300 } }),
    ]
    expect(first(analysed([madeTrial(1, { intervals })])).measures.throughputPerSecond).toBe(10)
  })

  test('lag is the worst seen while measuring', () => {
    const trial = madeTrial(1)
    trial.samples = [lagSample(1, 9000), lagSample(3, 70), lagSample(4, 20), lagSample(11, 8000)]
    expect(first(analyze(recordingOf([trial]), unpackHistogram)).measures.lagMax).toBe(70)
  })
})

describe('accounting', () => {
  const account = (counters: Record<string, number>, record: Partial<TrialRecord> = {}) =>
    first(
      analysed([
        madeTrial(1, {
          record,
          intervals: [madeInterval(0, { counters, phase: 'warmup' }), madeInterval(5, { counters })],
        }),
      ]),
    ).accounting

  test('counts what may be stored beside the acked, and says how much of it was sent again', () => {
    expect(account({ unknown: 3, maybeDuplicated: 4 })).toMatchObject({ unknown: 14, maybeDuplicated: 8, errors: 6 })
  })

  test('errors are failures, unknown outcomes, reader errors and records not verified', () => {
    expect(
      account({
        failed: 1,
        unknown: 2,
        'readerError.X': 3,
        'corrupt.crc': 4,
        foreign: 5,
        verified: 9,
        maybeDuplicated: 7,
      }),
    ).toMatchObject({ errors: 30, unverified: 18, verified: 18 })
  })

  test('tells by broker who served records, and has no account of it where nobody told', () => {
    const counters = { 'served.follower.3': 4, 'served.leader.3': 1, 'served.leader.1': 2 }
    expect(account(counters).served).toEqual([
      { broker: 1, leader: 4, follower: 0 },
      { broker: 3, leader: 2, follower: 8 },
    ])
    expect(account({})).not.toHaveProperty('served')
  })

  test('stored is end − begin over all partitions of all topics', () => {
    const topic = { name: 't', declared: 't', partitions: 2, replicationFactor: 1, settings: [] }
    expect(
      account(
        {},
        {
          topics: [
            { ...topic, beginOffsets: [1, 10], endOffsets: [5, 30] },
            { ...topic, beginOffsets: [0], endOffsets: [7] },
          ],
        },
      ).stored,
    ).toBe(4 + 20 + 7)
  })

  test('topics that could not be read are not topics that hold nothing', () => {
    expect(account({}, { topics: [] }).stored).toBeNaN()
  })

  test('a trial is without a broker only where no producer has one', () => {
    const client = (driver: string, role: 'producer' | 'consumer' = 'producer') => ({
      group: driver,
      role,
      driver,
      mode: 'tuned',
      workers: 1,
      batchedBy: 'harness' as const,
      settings: [],
      badges: [],
    })
    expect(
      account({}, { clients: [client('null'), client('scripted'), client('kafkajs', 'consumer')] }).withoutBroker,
    ).toBe(true)
    expect(account({}, { clients: [client('null'), client('kafkajs')] })).not.toHaveProperty('withoutBroker')
    expect(account({})).not.toHaveProperty('withoutBroker')
  })

  test('the witness is taken over', () => {
    expect(account({}, { witness: { tool: 'GetOffsetShell', before: '', after: '', stored: 77 } }).witness).toEqual({
      tool: 'GetOffsetShell',
      stored: 77,
    })
  })
})

describe('repetitions', () => {
  const analysis = analysed(
    [madeTrial(1, { ackUs: 1000 }), madeTrial(2, { ackUs: 3000 }), madeTrial(3, { ackUs: 50_000 })],
    { repeat: 3 },
  )
  const [cell] = analysis.cells

  test('are pooled by adding their histograms, never by averaging percentiles', () => {
    const whole = new LatencyHistogram({ wide: true })
    for (const us of [1000, 3000, 50_000]) whole.record(us, 800)
    const { ack } = cell?.measures?.latencies ?? {}
    expect(ack?.count).toBe(2400)
    expect(ack?.quantiles).toEqual(
      Object.fromEntries(
        [
          ['p50', 0.5],
          ['p75', 0.75],
          ['p90', 0.9],
          ['p95', 0.95],
          ['p99', 0.99],
          ['p999', 0.999],
          ['p9999', 0.9999],
        ].map(([name, q]) => [name, whole.quantileUs(q as number)]),
      ),
    )
    expect(ack?.quantiles['p50']).toBe(3001)
    expect(ack?.quantiles['p75']).toBeGreaterThan(49_000)
  })

  test('counts add up and rates stay per second', () => {
    expect(cell?.measures).toMatchObject({
      acked: 2400,
      durationMs: 24_000,
      throughputPerSecond: 100,
      achieved: 1,
      stored: 3000,
    })
  })

  test('the largest lag is the largest of any of them', () => {
    const lagging = (number: number, lag: number) => ({ ...madeTrial(number), samples: [lagSample(3, lag)] })
    expect(analysed([lagging(1, 70), lagging(2, 5)], { repeat: 2 }).cells[0]?.measures?.lagMax).toBe(70)
  })

  test('their spread is told beside', () => {
    expect(cell?.spread['ack.p99']).toEqual({ min: 1000, median: 3001, max: expect.closeTo(50_000, -2), n: 3 })
    expect(cell?.spread['throughput']).toEqual({ min: 100, median: 100, max: 100, n: 3 })
    expect(cell?.spread).not.toHaveProperty('e2e.p99')
  })

  test('the median of an even number lies between the middle two', () => {
    const [even] = analysed([madeTrial(1, { ackUs: 1000 }), madeTrial(2, { ackUs: 2000 })], { repeat: 2 }).cells
    expect(even?.spread['ack.p50']).toMatchObject({ median: 1500, n: 2 })
  })

  test('one that did not come to its end is shown, but not pooled', () => {
    const partial = madeTrial(2, { ackUs: 900_000, record: { state: 'partial', reason: 'worker failed' } })
    const mixed = analysed([madeTrial(1, { ackUs: 1000 }), partial], { repeat: 2 })
    expect(mixed.state).toBe('partial')
    expect(mixed.cells[0]).toMatchObject({
      measures: { acked: 800 },
      validity: { state: 'INVALID' },
      trials: [{ state: 'complete' }, { state: 'partial', reason: 'worker failed' }],
    })
    expect(mixed.cells[0]?.spread['ack.p99']?.n).toBe(1)
  })
})

describe('what a crash left', () => {
  test('a trial without a seal is partial, with what its intervals tell', () => {
    const { record: _, ...cut } = madeTrial(1)
    const analysis = analyze(recordingOf([cut]), unpackHistogram)
    expect(analysis.state).toBe('partial')
    expect(first(analysis)).toMatchObject({
      number: 1,
      state: 'partial',
      reason: expect.stringMatching(/cut off/),
      validity: { state: 'INVALID' },
      measures: { acked: 800 },
    })
    expect(analysis.cells[0]?.measures).toBeUndefined()
  })

  test('a trial of which nothing is left is not there, and the run is partial', () => {
    const analysis = analysed([{ number: 1, intervals: [], events: [], samples: [], tornBytes: 0 }])
    expect(analysis).toMatchObject({
      state: 'partial',
      cells: [{ trials: [], validity: { state: 'INVALID', reasons: ['no trial of this cell ran'] } }],
    })
  })

  test('planned trials that never began make the run partial', () => {
    expect(analysed([madeTrial(1)], { repeat: 2 }).state).toBe('partial')
  })

  test('torn bytes are told', () => {
    const { notes } = analysed([{ ...madeTrial(1), tornBytes: 17 }])
    expect(notes).toEqual([expect.stringMatching(/trial 1.*17 bytes/)])
  })

  test('a cut trial counts for the cell it was planned for', () => {
    const { record: _, ...cut } = madeTrial(2)
    const analysis = analyze(recordingOf([cut], { cells: 2 }), unpackHistogram)
    expect(analysis.cells.map(({ trials }) => trials.length)).toEqual([0, 1])
  })
})

describe('validity', () => {
  test('is judged on the measured phase', () => {
    const late = [
      madeInterval(0, { phase: 'warmup', counters: { scheduled: 100, sent: 100, sentOnTime: 0 } }),
      madeInterval(5, { counters: { scheduled: 1000, sent: 1000, sentOnTime: 994, 'late.backpressure': 3 } }),
    ]
    expect(first(analysed([madeTrial(1, { intervals: late })])).validity).toMatchObject({
      state: 'INVALID',
      reasons: [expect.stringMatching(/99\.40%.*3 records waited/)],
    })
    const closed = madeRecord().phases.map(phase => ({ ...phase, max: true }))
    const { validity } = first(analysed([madeTrial(1, { intervals: late, record: { phases: closed } })]))
    expect(validity.state).toBe('VALID')
  })
})
