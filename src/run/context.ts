// What every trial of a run shares: the plan, the clock, the cluster, the recording, and how progress is told.

import type { StartedCluster } from '../cluster/cluster.ts'
import type { Journal } from '../cluster/journal.ts'
import type { Clock, ClockAnchor } from '../core/time.ts'
import type { Security } from '../drivers/driver.ts'
import type { WorkerSpec } from '../load/messages.ts'
import type { IntervalReport } from '../load/recorder.ts'
import type { Plan, PlannedTrial } from '../plan/plan.ts'
import type { ClusterAdmin } from '../protocol/admin.ts'
import type { ByteCap } from './byte-cap.ts'

/** What a live board or a log line may show; one way for progress to flow. */
export type Progress =
  | { kind: 'step'; text: string }
  | { kind: 'trial'; trial: PlannedTrial; of: number; label: string }
  | { kind: 'phase'; name: string; t0Us: number; t1Us: number }
  | { kind: 'interval'; spec: WorkerSpec; report: IntervalReport }
  | {
      kind: 'sample'
      lag: Record<string, number>
      underReplicated: number
      partitions: number
      brokerCpuCores: number[]
    }
  | { kind: 'trialDone'; trial: PlannedTrial; state: 'complete' | 'partial' }

export type RunOptions = {
  out: string
  witness: boolean
  keepTopics: boolean
  onProgress: (progress: Progress) => void
  /** Aborted by the first Ctrl-C: the trial drains, persists and ends. */
  signal: AbortSignal
  /** Of somebody else's cluster; absent on a cluster of the run's own. */
  maxBytesPerSecond?: number
}

export type TrialContext = {
  plan: Plan
  runId: string
  directory: string
  anchor: ClockAnchor
  clock: Clock
  cluster: StartedCluster
  admin: ClusterAdmin
  journal: Journal
  security?: Security
  options: RunOptions
  /** A broker that was stopped for good: topics are laid out as if it were there, so that what it led is led by others. */
  lostBroker?: number
  /** Ends the run where producers send more than an external cluster may get. */
  byteCap?: ByteCap
}
