// A search on a real cluster: one boot, a trial for every rate that the search asks for, and a recording of all of them.

import type { TrialAnalysis } from '../analysis/analysis.ts'
import { analyze } from '../analysis/analyze.ts'
import type { StartedCluster } from '../cluster/cluster.ts'
import { HarnessError, messageOf } from '../core/errors.ts'
import { formatCount } from '../core/units.ts'
import type { PlannedTrial } from '../plan/plan.ts'
import type { TrialSetup } from '../plan/setup.ts'
import type { Manifest } from '../recording/format.ts'
import { type RecordedTrial, readRecording, unpackHistogram } from '../recording/read.ts'
import { createRecording } from '../recording/write.ts'
import type { Segment } from '../scenario/schema/load.ts'
import type { Goal } from '../search/goal.ts'
import type { GoalsOptions } from '../search/goals.ts'
import { outcomeOf } from '../search/outcome.ts'
import type { SearchCluster, TrialRequest } from '../search/search.ts'
import type { TrialContext } from './context.ts'
import { canLoseBroker, loseBroker } from './lose-broker.ts'
import { LostWatch } from './lost.ts'
import { type Cause, causeOf, type RunInput, withBoot } from './run.ts'
import { runTrial } from './trial.ts'

/** Full buffers would take longer to empty than what is wanted of them took to see. */
const SATURATED_DRAIN_MS = 3000

type Rate = { perSecond: number } | 'max'
type Ran = { recorded: RecordedTrial; analysis: TrialAnalysis }

/** Loads for warm-up and measure at one rate. */
function segmentsAt(rate: Rate, warmupMs: number, durationMs: number): Segment[] {
  const max = rate === 'max'
  const perSecond = max ? 0 : rate.perSecond
  const segment = (phase: Segment['phase'], ms: number): Segment => ({
    phase,
    kind: phase === 'warmup' ? 'warmup' : max ? 'max' : 'steady',
    durationMs: ms,
    fromPerSecond: perSecond,
    toPerSecond: perSecond,
    max,
  })
  return [segment('warmup', warmupMs), segment('measure', durationMs)]
}

/** Says when limits are lifted, and when they are back. */
async function announced(
  lift: NonNullable<StartedCluster['liftLimits']>,
  { onProgress }: TrialContext['options'],
): Promise<() => Promise<void>> {
  onProgress({
    kind: 'step',
    text: 'lifting the CPU limits of the brokers, so that they are warm before they are searched',
  })
  const lower = await lift()
  return async () => {
    await lower()
    onProgress({ kind: 'step', text: 'CPU limits are back' })
  }
}

/** What trials are judged for, how long each warms up, and when the time began to count. */
type Terms = { goal: Goal; others: readonly Goal[]; warmupMs: number; beganMs: number }

class Loaded implements SearchCluster {
  private readonly context: TrialContext
  private readonly manifest: Manifest
  private readonly setup: TrialSetup
  private readonly terms: Terms
  readonly loseBroker?: () => Promise<string>
  readonly liftLimits?: () => Promise<() => Promise<void>>
  readonly plan: Pick<Manifest['plan'], 'cells' | 'trials'> = { cells: [], trials: [] }

  constructor(context: TrialContext, manifest: Manifest, terms: Terms) {
    const [setup] = context.plan.setups
    if (!setup) throw new TypeError('a plan without a cell cannot be searched')
    this.setup = setup
    this.context = context
    this.manifest = manifest
    this.terms = terms
    const { liftLimits } = context.cluster
    if (liftLimits) this.liftLimits = () => announced(liftLimits, context.options)
    if (canLoseBroker(context, setup)) this.loseBroker = () => loseBroker(context)
  }

  async runTrial(request: TrialRequest): Promise<ReturnType<typeof outcomeOf>> {
    const { ratePerSecond, durationMs, purpose, endsOnceMissed } = request
    const lost =
      endsOnceMissed && new LostWatch(endsOnceMissed, (ratePerSecond * durationMs) / 1000, this.terms.warmupMs)
    const { recorded, analysis } = await this.run({ perSecond: ratePerSecond }, durationMs, purpose, lost)
    const isBrokerLost = this.context.lostBroker !== undefined
    const { goal, others } = this.terms
    return outcomeOf(recorded, analysis, { goal, others, isBrokerLost }, unpackHistogram)
  }

  /** The slower of writing and reading without a schedule, since the slowest decides. */
  async saturate(durationMs: number): Promise<number> {
    const { analysis } = await this.run('max', durationMs, 'saturate')
    const points = analysis.series.filter(point => point.phase === 'measure')
    const mean = (read: (point: (typeof points)[number]) => number): number =>
      points.reduce((sum, point) => sum + read(point) / points.length, 0)
    const reads = analysis.accounting.groups.length > 0 ? [mean(point => point.consumedPerSecond)] : []
    return Math.min(analysis.measures.throughputPerSecond, ...reads)
  }

  /** Since before the boot. */
  elapsedMs(): number {
    return performance.now() - this.terms.beganMs
  }

  private async run(rate: Rate, durationMs: number, purpose: string, lost?: LostWatch): Promise<Ran> {
    const { context, setup } = this
    if (context.options.signal.aborted) throw new HarnessError({ code: 'E501', message: 'stopped by request' })
    const number = this.plan.trials.length + 1
    const text = rate === 'max' ? 'max' : `${formatCount(rate.perSecond)}/s`
    const cell = {
      index: number - 1,
      values: { trial: number, rate: rate === 'max' ? 'max' : Math.round(rate.perSecond), purpose },
      label: `${text} (${purpose})`,
    }
    const trial: PlannedTrial = { number, cell, repetition: 0, boot: 0 }
    const { drainMs } = setup.scenario.load
    const load = {
      ...setup.scenario.load,
      segments: segmentsAt(rate, this.terms.warmupMs, durationMs),
      drainMs: rate === 'max' ? Math.min(drainMs, SATURATED_DRAIN_MS) : drainMs,
    }
    context.options.onProgress({ kind: 'trial', trial, of: 1, label: cell.label })
    const own: TrialSetup = {
      ...setup,
      cell,
      scenario: { ...setup.scenario, load },
      durationMs: durationMs + this.terms.warmupMs,
    }
    const { record, failure } = await runTrial(context, trial, own, lost)
    context.options.onProgress({ kind: 'trialDone', trial, state: record.state })
    if (failure !== undefined) throw failure instanceof Error ? failure : new Error(messageOf(failure))
    this.plan.cells.push(cell)
    this.plan.trials.push({ number, cellIndex: cell.index, repetition: 0, boot: 0 })
    await new Promise(resolve => setTimeout(resolve, setup.scenario.load.settleMs))
    return this.analysed(number)
  }

  private async analysed(number: number): Promise<Ran> {
    const recording = await readRecording(this.context.directory)
    const recorded = recording.trials.find(trial => trial.number === number)
    const cells = this.plan.cells.slice(-1).map(cell => ({ ...cell, index: number - 1 }))
    const plan = { ...this.manifest.plan, cells, trials: this.plan.trials.slice(-1) }
    const analysis = analyze(
      { ...recording, manifest: { ...this.manifest, plan }, trials: recorded ? [recorded] : [] },
      unpackHistogram,
    ).cells[0]?.trials[0]
    if (!recorded || !analysis) throw new TypeError(`trial ${number} left nothing behind`)
    return { recorded, analysis }
  }
}

/** Boots the cluster once and lets `find` load it; the recording's plan is completed by the trials that were asked for. */
export async function runSearch(
  input: RunInput,
  { goal, others = [] }: Pick<GoalsOptions, 'goal' | 'others'>,
  warmupMs: number,
  find: (cluster: SearchCluster) => Promise<void>,
): Promise<Cause[]> {
  // Rules are about the load that a user chose; a search overloads on purpose.
  const manifest: Manifest = { ...input.manifest, rules: [], plan: { ...input.manifest.plan, cells: [], trials: [] } }
  const beganMs = performance.now()
  await createRecording(input.directory, manifest)
  return withBoot(input, 0, manifest.anchor, async context => {
    const cluster = new Loaded(context, manifest, { goal, others, warmupMs, beganMs })
    const causes: Cause[] = []
    try {
      await find(cluster)
    } catch (error) {
      if (!input.options.signal.aborted) causes.push(causeOf(error, cluster.plan.trials.length + 1))
    }
    const axis = {
      scope: 'load',
      setting: 'trial',
      name: 'trial',
      values: cluster.plan.trials.map(trial => trial.number),
    }
    await createRecording(input.directory, {
      ...manifest,
      plan: { ...manifest.plan, ...cluster.plan, repeat: 1, axes: [axis] },
    })
    return causes
  })
}
