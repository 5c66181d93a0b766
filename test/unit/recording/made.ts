// Small recordings made by hand, for tests of what reads, analyses and judges them.
import type { IntervalBody, Manifest, TrialRecord } from '../../../src/recording/format.ts'
import { packHistogram } from '../../../src/recording/write.ts'
import { LatencyHistogram } from '../../../src/stats/histogram.ts'

export const T0_US = 1_790_000_000_000_000

/** A packed histogram of these values. */
export function packed(values: readonly number[]): string {
  const histogram = new LatencyHistogram()
  for (const value of values) histogram.record(value)
  return packHistogram(histogram.encode())
}

/** One interval of a producer; `second` counts from the start of load. */
export function madeInterval(second: number, change: Partial<IntervalBody> = {}): IntervalBody {
  return {
    kind: 'interval',
    worker: 'writers-0',
    role: 'producer',
    group: 'writers',
    seq: second,
    t0Us: T0_US + second * 1e6,
    t1Us: T0_US + (second + 1) * 1e6,
    phase: 'measure',
    counters: {},
    histograms: {},
    ...change,
  }
}

/** The record of a trial of two seconds of warm-up and eight of measuring at 100/s, all well. */
export function madeRecord(change: Partial<TrialRecord> = {}): Omit<TrialRecord, 'lines'> {
  const phase = (name: 'warmup' | 'measure', from: number, to: number): TrialRecord['phases'][number] => ({
    name,
    kind: name === 'warmup' ? 'warmup' : 'steady',
    t0Us: T0_US + from * 1e6,
    t1Us: T0_US + to * 1e6,
    fromPerSecond: 100,
    toPerSecond: 100,
    max: false,
  })
  return {
    number: 1,
    cellIndex: 0,
    repetition: 0,
    cell: {},
    state: 'complete',
    t0Us: T0_US,
    phases: [phase('warmup', 0, 2), phase('measure', 2, 10)],
    envelopeRun: 7,
    topics: [
      {
        name: 'g-t001-events',
        declared: 'events',
        partitions: 2,
        replicationFactor: 1,
        beginOffsets: [1, 1],
        endOffsets: [501, 501],
        settings: [],
      },
    ],
    clients: [],
    readers: [{ group: 'readers', topics: ['g-t001-events'], consumed: 1000, expected: 1000, reached: true }],
    cluster: {
      provider: 'process',
      clusterId: 'c',
      kafkaVersion: '4.3.1',
      path: 'loopback',
      nodes: [{ name: 'broker-1', roles: ['broker', 'controller'] }],
    },
    brokerSettings: {},
    notes: [],
    ...change,
  }
}

/** The manifest of a run of one cell and one trial, or of as many as are asked for. */
export function madeManifest(change: Partial<Manifest> & { cells?: number; repeat?: number } = {}): Manifest {
  const { cells = 1, repeat = 1, ...rest } = change
  return {
    format: { name: 'kafka-gauntlet-recording', version: 1 },
    runId: '20260101-120000-abcd',
    tool: '0.1.0',
    startedAt: '2026-01-01T12:00:00.000Z',
    anchor: { wallUs: T0_US, hrtimeNs: '1' },
    scenario: { name: 'made', file: 'made.yaml', text: 'version: 1\n' },
    overrides: [],
    rules: [],
    plan: {
      seed: 1,
      repeat,
      axes:
        cells > 1
          ? [
              {
                scope: 'producers',
                setting: 'acks',
                name: 'acks',
                values: Array.from({ length: cells }, (_, i) => String(i)),
              },
            ]
          : [],
      cells: Array.from({ length: cells }, (_, index) => ({
        index,
        values: cells > 1 ? { acks: String(index) } : {},
        label: cells > 1 ? `acks=${index}` : 'single cell',
      })),
      trials: Array.from({ length: cells * repeat }, (_, i) => ({
        number: i + 1,
        cellIndex: i % cells,
        repetition: Math.floor(i / cells),
        boot: 0,
      })),
      estimate: { durationMs: 1, records: 1, bytes: 1, bytesOnDisk: 1 },
      notes: [],
    },
    environment: {
      cpuModel: 'cpu',
      cores: 2,
      memoryBytes: 1,
      kernel: 'k',
      platform: 'linux-x64',
      node: 'v26.0.0',
      hostname: 'h',
      fingerprint: 'f',
    },
    stamps: [],
    ...rest,
  }
}
