// What every report shows and every rule judges: numbers made from one recording, and from nothing else.
import type {
  CellValues,
  ClientAccount,
  Environment,
  HistogramName,
  PhaseName,
  ResolvedSetting,
  TopicAccount,
  TrialRecord,
} from '../recording/format.ts'
import type { Recovery } from '../stats/recovery.ts'
import type { BrokerLoad } from './brokers.ts'
import type { Saturation } from './saturation.ts'
import type { Verification } from './verification.ts'

/** One latency distribution in µs; `curve` holds (q, value) points on the HDR axis up to what the count supports. */
export type Latency = {
  count: number
  minUs: number
  maxUs: number
  meanUs: number
  quantiles: Record<string, number>
  curve: { q: number; us: number }[]
  /** Records whose age at the drain deadline was counted because no outcome came. */
  censored: number
  /** Values below zero, counted as zero (clock skew); they are never dropped. */
  negative: number
  /** 95 % intervals of quantiles within the run, where it is long enough for them to hold. */
  intervals?: Record<string, { lo: number; hi: number }>
  /** Values above a day, counted as a day; they are never dropped. */
  above?: number
}

export type LatencyName = HistogramName | 'slip.scheduler'

export type Measures = {
  durationMs: number
  scheduled: number
  sent: number
  sentOnTime: number
  acked: number
  sentNoAck: number
  failed: number
  unknown: number
  dropped: number
  stored: number
  consumed: number
  readerErrors: number
  retries: number
  requests: number
  errorsByClass: Record<string, number>
  /** Completions per second of the measure phase: acked, or sent where acks=0. */
  throughputPerSecond: number
  throughputBytesPerSecond: number
  wireBytes: number
  achieved: number
  batchSizeAvgBytes: number
  recordsPerBatchAvg: number
  compressionRatio: number
  lagMax: number
  /** Client CPU of producer workers, seconds per million records; absent without records. */
  cpuSecondsPerMillion?: number
  latencies: Partial<Record<LatencyName, Latency>>
}

/** One second of a trial, all workers together; latencies in µs, absent where nothing completed. */
export type SeriesPoint = {
  tSeconds: number
  phase: PhaseName
  targetPerSecond: number
  sentPerSecond: number
  ackedPerSecond: number
  consumedPerSecond: number
  errors: number
  retries: number
  ackP50Us?: number
  ackP99Us?: number
  ackP999Us?: number
  e2eP99Us?: number
  slipP99Us?: number
  lag?: number
  underReplicated?: number
}

export type NodeSeries = {
  node: string
  points: {
    tSeconds: number
    cpuCores: number
    memoryBytes: number
    netInBytesPerSecond?: number
    netOutBytesPerSecond?: number
    diskReadBytesPerSecond?: number
    diskWriteBytesPerSecond?: number
  }[]
  cpuCoresAvg: number
  memoryBytesMax: number
}

export type GeneratorHealth = {
  worker: string
  role: 'producer' | 'consumer'
  cpuCoresAvg: number
  cpuCoresMax: number
  /** Share of seconds in which the thread that keeps the schedule was nearly always busy. */
  saturatedShare?: number
  rssBytesMax: number
  gcShare: number
  gcMaxUs: number
  loopLateMaxUs: number
  /** The longest lateness of the event loop in a typical second. */
  loopLateMedianUs?: number
  /** Of the time in which the event loop was late, how much its thread spent waiting for a CPU; at most 1. */
  waitedShare?: number
  slipP99Us?: number
}

/** Whether the generator can be believed; reasons name what was seen and what to do. */
export type Validity = {
  state: 'VALID' | 'UNSTEADY' | 'NOISY_HOST' | 'GENERATOR_LIMITED' | 'INVALID'
  reasons: string[]
  /** What is worth knowing without being a reason for doubt. */
  warnings?: string[]
}

/** How a trial settled: seconds to cut from its beginning, and how far rate and latency drift over the rest. */
export type Steadiness = {
  cutSeconds: number
  /** Change from the beginning to the end of the rest; `isSure` where its whole interval lies beyond what is borne. */
  drifts: { name: string; overWindow: number; isSure: boolean }[]
}

/** What else the machine of the workers did in the measure phase; shares of 0 to 1, absent where it does not tell. */
export type HostHealth = {
  stealShare?: number
  /** CPU of programs that are neither ours nor the brokers', as a share of all cores. */
  foreignShare?: number
  throttledShare?: number
}

/** Witnesses of one trial: what the client said against what the brokers hold and readers saw. */
export type Accounting = {
  /** Counts over the whole trial, warm-up included, because offsets know no phases. */
  scheduled: number
  sent: number
  failed: number
  retries: number
  /** Records that failed or stayed unknown, and reader errors. */
  errors: number
  /** Records that readers could not verify: corrupt, or of another run. */
  unverified: number
  /** Records whose envelope readers checked and found right. */
  verified?: number
  acked: number
  /** Records that may be in the topics beside the acked ones: outcome unknown, or sent again after an open outcome. */
  unknown: number
  /** Of them, those sent again, which have an outcome of their own. */
  maybeDuplicated?: number
  sentNoAck: number
  /** End offsets after − before; NaN where they could not be read. */
  stored: number
  /** Set where every producer's driver only pretends to write. */
  withoutBroker?: true
  groups: {
    group: string
    consumed: number
    expected: number
    reached: boolean
    /** Its offsets are committed in transactions, with what it writes for them; by what a transactional id is fenced. */
    transforms?: 'partition' | 'member'
  }[]
  /** Records that readers were given, by the broker that served them and what it was to the partition; absent where no driver tells. */
  served?: { broker: number; leader: number; follower: number }[]
  /** Transactions by how they ended, as the members that made them were told; absent where nothing is transformed. */
  transactions?: Record<'committed' | 'aborted' | 'fenced' | 'failed' | 'unknown', number>
  witness?: { tool: string; stored: number }
  logDirBytes?: number
  /** What became of each fault; absent where the trial had none. */
  faults?: { id: string; kind: string; proven: boolean; healed: boolean; reason?: string }[]
}

export type TrialAnalysis = {
  number: number
  cellIndex: number
  repetition: number
  state: 'complete' | 'partial'
  reason?: string
  phases: { name: PhaseName; kind: string; t0Seconds: number; t1Seconds: number }[]
  validity: Validity
  measures: Measures
  accounting: Accounting
  /** What the truth read cost, or why there was none. */
  truthRead?: TrialRecord['truth']
  /** Ledgers against truth; absent where nothing was read back. */
  verification?: Verification
  series: SeriesPoint[]
  nodes: NodeSeries[]
  /** What brokers said of themselves and which resource was full; present where they were asked. */
  brokers?: BrokerLoad[]
  saturation?: Saturation
  generator: GeneratorHealth[]
  host?: HostHealth
  steady?: Steadiness
  events: { tSeconds: number; name: string; where?: string; detail?: Record<string, unknown> }[]
  /** Present where the trial had faults. */
  recovery?: Recovery
  topics: TopicAccount[]
  clients: ClientAccount[]
  brokerSettings: Record<string, Record<string, string>>
  features?: Record<string, number>
  notes: string[]
}

export type CellAnalysis = {
  index: number
  label: string
  values: CellValues
  /** All complete trials of the cell merged: histograms added, counters summed, rates averaged. */
  measures?: Measures
  /** Spread over repetitions of a few headline numbers. */
  spread: Record<string, { min: number; median: number; max: number; n: number }>
  validity: Validity
  trials: TrialAnalysis[]
}

export type Analysis = {
  runId: string
  scenario: { name: string; file: string; description?: string; text: string }
  tool: string
  startedAt: string
  state: 'complete' | 'partial'
  cluster: { provider: string; kafkaVersion: string; nodes: number; path: string; image?: string; startedInMs?: number }
  environment: Environment
  overrides: ResolvedSetting[]
  axes: { scope: string; setting: string; name: string; values: (string | number | boolean)[] }[]
  seed: number
  repeat: number
  cells: CellAnalysis[]
  plannedTrials: number
  notes: string[]
  stamps: string[]
}
