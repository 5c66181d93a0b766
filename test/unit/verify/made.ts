// Analyses made by hand, all well, so that each test plants exactly one thing that is not.
import type {
  Accounting,
  Analysis,
  CellAnalysis,
  Latency,
  Measures,
  TrialAnalysis,
  Validity,
} from '../../../src/analysis/analysis.ts'
import type { BrokerLoad } from '../../../src/analysis/brokers.ts'
import type { Verification } from '../../../src/analysis/verification.ts'
import { madeManifest } from '../recording/made.ts'

export const VALID: Validity = { state: 'VALID', reasons: [] }
export const SLOW: Validity = { state: 'GENERATOR_LIMITED', reasons: ['too slow'] }

export function madeLatency(change: Partial<Latency> = {}): Latency {
  return {
    count: 1000,
    minUs: 500,
    maxUs: 40_000,
    meanUs: 2500,
    quantiles: { p50: 2000, p75: 2500, p90: 5000, p95: 8000, p99: 20_000, p999: 38_000, p9999: 40_000 },
    curve: [],
    censored: 0,
    negative: 0,
    ...change,
  }
}

export function madeAccounting(change: Partial<Accounting> = {}): Accounting {
  return {
    scheduled: 1000,
    sent: 1000,
    failed: 0,
    retries: 0,
    errors: 0,
    unverified: 0,
    verified: 1000,
    acked: 1000,
    unknown: 0,
    sentNoAck: 0,
    stored: 1000,
    groups: [{ group: 'readers', consumed: 1000, expected: 1000, reached: true }],
    ...change,
  }
}

/** Everything acknowledged was read back, and nothing else. */
export function madeVerification(change: Partial<Verification> = {}): Verification {
  return {
    complete: true,
    notes: [],
    told: { acked: 1000, unknown: 0, failed: 0, sentNoAck: 0 },
    truth: { stored: 1000 },
    unknownWritten: 0,
    unknownNotWritten: 0,
    sentNoAckNotWritten: 0,
    expired: 0,
    findings: [],
    rpo: { records: 0, bytes: 0, seconds: 0 },
    ...change,
  }
}

type TrialChange = Partial<Omit<TrialAnalysis, 'accounting' | 'measures'>> & {
  accounting?: Partial<Accounting>
  measures?: Partial<Measures>
}

export function madeTrialAnalysis(change: TrialChange = {}): TrialAnalysis {
  const { accounting, measures, ...rest } = change
  return {
    number: 1,
    cellIndex: 0,
    repetition: 0,
    state: 'complete',
    phases: [],
    validity: VALID,
    measures: {
      durationMs: 10_000,
      scheduled: 800,
      sent: 800,
      sentOnTime: 800,
      acked: 800,
      sentNoAck: 0,
      failed: 0,
      unknown: 0,
      dropped: 0,
      stored: 1000,
      consumed: 1000,
      readerErrors: 0,
      retries: 0,
      requests: 10,
      errorsByClass: {},
      throughputPerSecond: 80,
      throughputBytesPerSecond: 8000,
      wireBytes: 9000,
      achieved: 1,
      batchSizeAvgBytes: 800,
      recordsPerBatchAvg: 8,
      compressionRatio: 2,
      lagMax: 5,
      latencies: { ack: madeLatency(), e2e: madeLatency({ quantiles: { p99: 30_000 } }) },
      ...measures,
    },
    accounting: madeAccounting(accounting),
    series: [],
    nodes: [],
    generator: [],
    events: [],
    topics: [],
    clients: [],
    brokerSettings: {},
    notes: [],
    ...rest,
  }
}

/** A cell of these trials; its validity is the first one's that is not valid. */
export function madeCell(trials: TrialAnalysis[], change: Partial<CellAnalysis> = {}): CellAnalysis {
  return {
    index: 0,
    label: 'single cell',
    values: {},
    spread: {},
    validity: trials.find(trial => trial.validity.state !== 'VALID')?.validity ?? VALID,
    trials,
    ...change,
  }
}

export function madeAnalysis(cells: CellAnalysis[], change: Partial<Analysis> = {}): Analysis {
  const { runId, scenario, tool, startedAt, environment } = madeManifest()
  return {
    runId,
    scenario,
    tool,
    startedAt,
    state: 'complete',
    cluster: { provider: 'process', kafkaVersion: '4.3.1', nodes: 1, path: 'loopback' },
    environment,
    overrides: [],
    axes: [],
    seed: 1,
    repeat: 1,
    cells,
    plannedTrials: cells.reduce((sum, cell) => sum + cell.trials.length, 0),
    notes: [],
    stamps: [],
    ...change,
  }
}

/** A broker that told everything, and had room. */
export function madeBroker(change: Partial<BrokerLoad> = {}): BrokerLoad {
  return {
    node: 'broker-1',
    seconds: 8,
    handlerIdle: 0.6,
    networkIdle: 0.7,
    requestQueueMax: 3,
    produce: { perSecond: 10, totalUs: 5000, queueUs: 100, localUs: 900, remoteUs: 4000, responseUs: 0 },
    flushMeanUs: 2000,
    underReplicatedMax: 0,
    isrShrinks: 1,
    gcShare: 0.01,
    gcPauseMaxUs: 20_000,
    points: [],
    ...change,
  }
}
