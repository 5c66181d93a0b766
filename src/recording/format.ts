// The shapes on disk: what a run leaves behind, versioned, with the unit in every name.
import type { ClockAnchor } from '../core/time.ts'
import type { Verdict } from '../core/verdict.ts'

export const FORMAT = { name: 'kafka-gauntlet-recording', version: 1 } as const

export type PhaseName = 'warmup' | 'measure' | 'drain'
export type CellValues = Record<string, string | number | boolean>

/** Histograms of one interval body; values in µs. See docs/METHOD.md for what each measures. */
export const HISTOGRAMS = ['ack', 'ack.service', 'e2e', 'e2e.service', 'slip', 'slip.backpressure'] as const
export type HistogramName = (typeof HISTOGRAMS)[number]

/** Counters of one interval body. Names that start with `error.` count errors by class. */
export type Counters = Record<string, number>

/** What one worker did in one second for records of one phase. */
export type IntervalBody = {
  kind: 'interval'
  worker: string
  role: 'producer' | 'consumer'
  group: string
  seq: number
  t0Us: number
  t1Us: number
  phase: PhaseName
  counters: Counters
  /** HDR V2, deflated, base64. */
  histograms: Partial<Record<HistogramName, string>>
  health?: WorkerHealth
}

/** The generator's own state over one interval; on the first body of each interval only. */
export type WorkerHealth = {
  cpuUs: number
  /** CPU of the thread that keeps the schedule, without the threads that compress or collect garbage. */
  threadCpuUs?: number
  /** Time in which that thread was ready to run and another had its CPU. */
  cpuWaitUs?: number
  rssBytes: number
  gcUs: number
  gcMaxUs: number
  /** Longest time the event loop came back late. */
  loopLateMaxUs: number
  /** Sum of all such lateness beyond what timers have anyway. */
  stalledUs?: number
}

export type EventBody = {
  kind: 'event'
  atUs: number
  name: string
  worker?: string
  node?: string
  detail?: Record<string, unknown>
}

/** The cluster seen once a second from outside: cumulative counters of a node. */
export type NodeSampleBody = {
  kind: 'node'
  atUs: number
  node: string
  cpuSeconds: number
  memoryBytes: number
  netInBytes?: number
  netOutBytes?: number
  diskReadBytes?: number
  diskWriteBytes?: number
}

/** What one broker counted by itself, as its JMX agent told it: cumulative, but for levels; src/cluster/broker-metrics/rules.ts has the names. */
export type BrokerSampleBody = { kind: 'broker'; atUs: number; node: string; values: Record<string, number> }

/** Stops of one broker's JVM in its GC log over a trial; written once, when the trial is over. */
export type PausesSampleBody = { kind: 'pauses'; atUs: number; node: string; pauses: { atUs: number; us: number }[] }

/** Partitions and lag seen once a second through the Admin API. */
export type ClusterSampleBody = {
  kind: 'cluster'
  atUs: number
  partitions: number
  underReplicated: number
  offline: number
  leaders: Record<string, number>
  endOffsetSum: number
  lag: Record<string, number>
}

/** The machine the workers run on, once a second: cumulative counters; absent where the system does not tell. */
export type HostSampleBody = {
  kind: 'host'
  atUs: number
  cores: number
  /** CPU taken by anybody, and CPU that the hypervisor gave to other machines. */
  busySeconds?: number
  stealSeconds?: number
  coordinatorSeconds: number
  /** Scheduling periods of the control group that the workers are in, and those in which it was throttled. */
  periods?: number
  throttledPeriods?: number
}

/** What changed in one broker's own view of leaders and ISR, while faults were on; asked every 50 ms. */
export type ViewSampleBody = {
  kind: 'view'
  atUs: number
  node: string
  /** The last time it was asked and had not changed. */
  askedBeforeUs: number
  changes: { topic: string; partition: number; leader: number; epoch: number; isr: number[]; replicas: number[] }[]
  /** Set when the broker stopped or began to answer. */
  answers?: boolean
  reason?: string
}

export type SampleBody =
  | NodeSampleBody
  | BrokerSampleBody
  | PausesSampleBody
  | ClusterSampleBody
  | HostSampleBody
  | ViewSampleBody

/** One setting as a client or topic really got it, and where it came from. */
export type ResolvedSetting = { name: string; value: string; source: string; note?: string }

export type TopicAccount = {
  name: string
  declared: string
  partitions: number
  replicationFactor: number
  beginOffsets: number[]
  endOffsets: number[]
  settings: ResolvedSetting[]
}

export type ClientAccount = {
  group: string
  role: 'producer' | 'consumer'
  driver: string
  mode: string
  workers: number
  /** How many numbers its records have in envelopes, where that is not one per worker. */
  numbers?: number
  /** Of readers whose client commits by itself what it fetched or queued, before a handler was given it. */
  commitsAhead?: true
  /** Of readers that count by which broker each record was served, and whether it led. */
  tellsSource?: true
  batchedBy: 'harness' | 'client'
  settings: ResolvedSetting[]
  badges: string[]
}

/** What the truth read cost and what of it could not be read; or why there was none. */
export type TruthAccount =
  | {
      records: number
      bytes: number
      durationMs: number
      cpuMs: number
      notes: string[]
      /** Of topics with transactions, by number: offsets of their ends, and of records that read_committed leaves out. */
      transacted?: { topic: number; markers: number; hidden: number }[]
    }
  | { skipped: string }

/** trial.json: the sealed account of one trial. */
export type TrialRecord = {
  number: number
  cellIndex: number
  repetition: number
  cell: CellValues
  state: 'complete' | 'partial'
  /** Why a partial trial ended. */
  reason?: string
  t0Us: number
  phases: {
    name: PhaseName
    kind: string
    t0Us: number
    t1Us: number
    fromPerSecond: number
    toPerSecond: number
    max: boolean
  }[]
  envelopeRun: number
  topics: TopicAccount[]
  clients: ClientAccount[]
  /** Per consumer group: records of this trial it read, the topics it reads, and how many members wrote down what they did. */
  readers: {
    group: string
    topics: string[]
    consumed: number
    expected: number
    reached: boolean
    members?: number
    /** Where what the group reads is written in transactions, and the first number that this has in envelopes. */
    transform?: { to: string; firstNumber: number; fencing: 'partition' | 'member' }
  }[]
  /** Output of Kafka's own GetOffsetShell, before and after, where asked for. */
  witness?: { tool: string; before: string; after: string; stored: number }
  /** Bytes in the log directories of the trial's topics over all replicas, where the provider can tell. */
  logDirBytes?: number
  cluster: {
    provider: string
    clusterId: string
    kafkaVersion: string
    image?: string
    path: string
    startedInMs?: number
    nodes: { name: string; roles: string[]; cpuLimit?: number }[]
  }
  brokerSettings: Record<string, Record<string, string>>
  /** Levels of the features that the cluster had finalized; absent where it did not tell. */
  features?: Record<string, number>
  /** Absent where the trial did not come to its end. */
  truth?: TruthAccount
  lines: { intervals: number; events: number; samples: number }
  notes: string[]
}

/** What this machine was, so that unlike runs are not compared. */
export type Environment = {
  cpuModel: string
  cores: number
  memoryBytes: number
  kernel: string
  platform: string
  node: string
  docker?: string
  java?: string
  hostname: string
  fingerprint: string
}

/** The cells and the order of trials as planned, with the source of every value. */
export type PlanRecord = {
  seed: number
  repeat: number
  axes: { scope: string; setting: string; name: string; values: (string | number | boolean)[] }[]
  cells: { index: number; values: CellValues; label: string }[]
  trials: { number: number; cellIndex: number; repetition: number; boot: number }[]
  estimate: { durationMs: number; records: number; bytes: number; bytesOnDisk: number }
  notes: string[]
}

/** manifest.json: written before anything starts. */
export type Manifest = {
  format: typeof FORMAT
  runId: string
  tool: string
  startedAt: string
  anchor: ClockAnchor
  scenario: { name: string; file: string; description?: string; text: string }
  overrides: ResolvedSetting[]
  rules: {
    text: string
    metric: string
    comparator: string
    target: { kind: 'number'; value: number } | { kind: 'metric'; name: string }
    when: Record<string, (string | number | boolean)[]>
    severity: 'fail' | 'warn'
    index: number
    line?: number
  }[]
  plan: PlanRecord
  environment: Environment
  /** Set where a comparison or guard was forced. */
  stamps: string[]
}

/** result.json: written last; its presence means that the run came to its end. */
export type ResultRecord<A> = {
  format: typeof FORMAT
  runId: string
  finishedAt: string
  state: 'complete' | 'partial'
  verdict: Verdict
  exitCode: number
  causes: { exitCode: number; text: string }[]
  /** What went wrong in the run itself, beside rules and checks. */
  runCauses: { exitCode: number; text: string }[]
  /** The cell to take, for a run of several. */
  recommendation?: unknown
  analysis: A
}
