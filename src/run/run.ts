// The path of a run in one screen: plan → recording → for every boot: cluster up, its trials, down → analysis → verdict → report.
import { join } from 'node:path'
import type { Provider, StartedCluster } from '../cluster/cluster.ts'
import type { Journal } from '../cluster/journal.ts'
import { EXIT, HarnessError, messageOf } from '../core/errors.ts'
import { type ClockAnchor, clockFromAnchor } from '../core/time.ts'
import type { Security } from '../drivers/driver.ts'
import type { Plan } from '../plan/plan.ts'
import { ClusterAdmin } from '../protocol/admin.ts'
import type { Manifest } from '../recording/format.ts'
import { createRecording } from '../recording/write.ts'
import { describeTopology } from '../topology/topology.ts'
import { ByteCap } from './byte-cap.ts'
import type { RunOptions, TrialContext } from './context.ts'
import { runTrial } from './trial.ts'

export type Cause = { exitCode: number; text: string }

export type RunInput = {
  plan: Plan
  runId: string
  directory: string
  manifest: Manifest
  provider: Provider
  /** Attaches to brokers that are the user's own, instead of starting any. */
  attach?: (journal: Journal) => Promise<{ cluster: StartedCluster; security?: Security }>
  journal: Journal
  options: RunOptions
}

/** Runs every trial and leaves a recording; returns what went wrong beside the verdict, if anything did. */
export async function runPlan(input: RunInput): Promise<Cause[]> {
  const { plan, directory, manifest, options } = input
  await createRecording(directory, manifest)
  const causes: Cause[] = []
  for (const boot of bootOrder(plan)) {
    if (options.signal.aborted || causes.length > 0) break
    causes.push(...(await runBoot(input, boot, manifest.anchor)))
  }
  return causes
}

/** Boots in the order in which the plan first needs them. */
function bootOrder(plan: Plan): number[] {
  return [...new Set(plan.trials.map(trial => trial.boot))]
}

/** The planned trials of one boot, in order; the first that fails ends them. */
function runBoot(input: RunInput, boot: number, anchor: ClockAnchor): Promise<Cause[]> {
  const { plan, options } = input
  return withBoot(input, boot, anchor, async context => {
    const own = plan.trials.filter(trial => trial.boot === boot)
    for (const [index, trial] of own.entries()) {
      const setup = plan.setups[trial.cell.index]
      if (!setup || options.signal.aborted) break
      options.onProgress({ kind: 'trial', trial, of: plan.trials.length, label: trial.cell.label })
      const { record, failure } = await runTrial(context, trial, setup)
      options.onProgress({ kind: 'trialDone', trial, state: record.state })
      if (failure !== undefined && !options.signal.aborted) return [causeOf(failure, trial.number)]
      if (index < own.length - 1) await new Promise(resolve => setTimeout(resolve, setup.scenario.load.settleMs))
    }
    return []
  })
}

/** Starts a cluster, lets trials be run on it, and takes it down whatever came of them. */
export async function withBoot(
  input: RunInput,
  boot: number,
  anchor: ClockAnchor,
  work: (context: TrialContext) => Promise<Cause[]>,
): Promise<Cause[]> {
  const { cluster, security } = await startCluster(input, boot)
  const causes: Cause[] = []
  try {
    const admin = await ClusterAdmin.connect({ brokers: cluster.observerBootstrap, ...(security ? { security } : {}) })
    const clock = clockFromAnchor(anchor, {
      monotonicNs: () => process.hrtime.bigint(),
      millis: () => performance.now(),
    })
    const { plan, runId, directory, journal, options } = input
    const shared = { plan, runId, directory, journal, options, anchor, clock, cluster, admin }
    try {
      const cap = options.maxBytesPerSecond
      const byteCap = cap === undefined ? {} : { byteCap: new ByteCap(cap) }
      causes.push(...(await work({ ...shared, ...byteCap, ...(security ? { security } : {}) })))
    } finally {
      await admin.close()
    }
  } finally {
    try {
      await cluster[Symbol.asyncDispose]()
    } catch (error) {
      causes.push({ exitCode: EXIT.cleanup, text: messageOf(error) })
    }
  }
  return causes
}

export function causeOf(failure: unknown, trial: number): Cause {
  const exitCode = failure instanceof HarnessError ? failure.exitCode : EXIT.bug
  return { exitCode, text: `trial ${trial}: ${messageOf(failure)}` }
}

async function startCluster(input: RunInput, boot: number): Promise<{ cluster: StartedCluster; security?: Security }> {
  const { plan, options, provider, journal, runId } = input
  const spec = plan.boots[boot]?.cluster ?? plan.scenario.cluster
  if (spec.kind === 'external') {
    if (!input.attach) throw new HarnessError({ code: 'E401', message: 'an external cluster needs a way to attach' })
    return input.attach(journal)
  }
  const brokerValues = plan.boots[boot]?.brokerValues ?? {}
  const topology = describeTopology({ ...spec, config: { ...spec.config, ...brokerValues } })
  options.onProgress({
    kind: 'step',
    text: `starting ${topology.nodes.length} node${topology.nodes.length === 1 ? '' : 's'} (${provider.name}, Kafka ${topology.kafkaVersion})`,
  })
  const cluster = await provider.start({
    topology,
    runId,
    journal,
    readyTimeoutMs: spec.readyTimeoutMs,
    signal: options.signal,
    onProgress: text => options.onProgress({ kind: 'step', text }),
    ...(spec.image ? { image: spec.image } : {}),
  })
  const seconds = ((cluster.info.startedInMs ?? 0) / 1000).toFixed(1)
  options.onProgress({ kind: 'step', text: `cluster ready in ${seconds} s` })
  return { cluster }
}

/** Where the recording of a run goes. */
export function runDirectory(out: string, scenario: string, runId: string): string {
  return join(out, scenario, runId)
}
