// One trial from fresh topics to a sealed record; the steps are numbered as docs/ARCHITECTURE.md tells them.

import { probeTopics } from '../cluster/ready.ts'
import { HarnessError, messageOf } from '../core/errors.ts'
import { Crew } from '../load/crew.ts'
import type { WorkerSpec } from '../load/messages.ts'
import type { IntervalReport } from '../load/recorder.ts'
import type { PlannedTrial } from '../plan/plan.ts'
import type { TrialSetup } from '../plan/setup.ts'
import type { TrialRecord } from '../recording/format.ts'
import { packHistogram, TrialWriter } from '../recording/write.ts'
import { LOST } from '../search/outcome.ts'
import { clientAccounts, readerAccounts, readTopicAccounts } from './accounts.ts'
import type { TrialContext } from './context.ts'
import { startDrill } from './drill.ts'
import type { LostWatch } from './lost.ts'
import { readToEnd, startObserver } from './observe.ts'
import { cutAt, phasesOf } from './phases.ts'
import { consumerSpecs, partitionsRead, producerSpecs, runTag, topicName } from './specs.ts'
import { StopConditions, stoppedBy } from './stop.ts'
import { createTopics, removeTopics } from './topics.ts'
import { truthOf } from './truth-step.ts'
import { countOffsets, witnessText } from './witness.ts'
import { workerEnvironment, workerMarks } from './worker-environment.ts'
import { workerPowers } from './worker-powers.ts'

const LEAD_IN_US = 300_000
const ASSIGN_DEADLINE_MS = 60_000

type State = {
  topics: string[]
  topicEntries: number[]
  begin: Map<string, number[]>
  t0Us: number
  phases: TrialRecord['phases']
  received: Map<string, number>
  /** True once every group's position is at the end offsets, whatever it counted on the way. */
  readersReachedEnd: boolean
  reason?: string
  witnessBefore?: string
  stop: StopConditions
  lost: LostWatch | undefined
}

/**
 * Runs one trial; returns its record. A worker failure or an abort seals it as partial and is rethrown by the caller's choice;
 * a trial that is lost before its end is whole, and shorter.
 */
export async function runTrial(
  context: TrialContext,
  trial: PlannedTrial,
  setup: TrialSetup,
  lost?: LostWatch,
): Promise<{ record: TrialRecord; failure?: unknown }> {
  const writer = await TrialWriter.open(context.directory, trial.number)
  const state: State = {
    topics: setup.topics.map(topic => topicName(context.runId, trial.number, topic.name)),
    topicEntries: [],
    begin: new Map(),
    t0Us: context.clock.nowUs(),
    phases: [],
    received: new Map(),
    readersReachedEnd: false,
    stop: new StopConditions(setup.scenario.stop, workersOf(setup)),
    lost,
  }
  const crew = new Crew(
    {
      onInterval: (spec, report) => recordInterval(context, writer, state, spec, report),
      onEvent: (spec, atUs, name, detail) => writer.event({ kind: 'event', atUs, name, worker: spec.worker, detail }),
    },
    {
      environment: workerEnvironment(),
      marks: worker => workerMarks(context.runId, worker),
      cpuset: setup.scenario.cluster.kind === 'started' ? setup.scenario.cluster.workers.cpuset : undefined,
    },
  )
  let failure: unknown
  try {
    await load(context, trial, setup, writer, crew, state)
    if (state.stop.breach) throw stoppedBy(state.stop.breach)
  } catch (error) {
    failure = error
    state.reason = messageOf(error)
    writer.event({
      kind: 'event',
      atUs: context.clock.nowUs(),
      name: 'trial.failed',
      detail: { message: messageOf(error) },
    })
  } finally {
    await crew.close()
  }
  // 8. With all clients gone, everything is read back, to be held against the ledgers.
  const truth =
    failure === undefined || state.stop.breach ? await truthOf(context, trial, setup, state.begin) : undefined
  // 9. The account: offsets, readers, witness; then the seal.
  const record = await writer.seal({
    ...(await account(context, trial, setup, state, truth)),
    ...(truth ? { truth } : {}),
  })
  const left = await removeTopics(context, trial.number, state)
  failure ??= left
  return { record, ...(failure === undefined ? {} : { failure }) }
}

async function load(
  context: TrialContext,
  trial: PlannedTrial,
  setup: TrialSetup,
  writer: TrialWriter,
  crew: Crew,
  state: State,
): Promise<void> {
  const { clock, options } = context
  const event = (name: string, detail?: Record<string, unknown>) =>
    writer.event({ kind: 'event', atUs: clock.nowUs(), name, ...(detail ? { detail } : {}) })
  // 1. Fresh topics, and a record written and read on every partition of them.
  await createTopics(context, setup, state)
  state.begin = await probeTopics({
    bootstrap: context.cluster.observerBootstrap,
    admin: context.admin,
    topics: state.topics,
    groupId: `gauntlet-${context.runId}-t${trial.number}-probe`,
    ...(context.security ? { security: context.security } : {}),
  })
  if (options.witness) state.witnessBefore = await witnessText(context, trial.number)
  // 2. Readers first: assigned before anything is written.
  const readers = consumerSpecs(context, trial, setup, state.begin)
  await crew.open(readers)
  await crew.assigned(
    groupId => partitionsRead(readers, groupId),
    ASSIGN_DEADLINE_MS,
    () => performance.now(),
  )
  // 3. Producers open their clients.
  await crew.open(producerSpecs(context, trial, setup))
  event('crew.ready')
  // 4. One start time for all, a little ahead, so that nobody begins late.
  state.t0Us = clock.nowUs() + LEAD_IN_US
  state.phases = phasesOf(setup.scenario.load.segments, state.t0Us)
  for (const phase of state.phases)
    options.onProgress({ kind: 'phase', name: phase.name, t0Us: phase.t0Us, t1Us: phase.t1Us })
  crew.start(state.t0Us)
  const drill = startDrill(context, trial, setup, writer, state, workerPowers(context, crew))
  const observer = startObserver(context, crew, writer, state.topics, sample =>
    state.stop.cluster(sample.atUs, {
      underReplicated: drill?.underReplicated() ?? sample.underReplicated,
      lag: Math.max(0, ...Object.values(sample.lag)),
    }),
  )
  try {
    // 5. Warm-up and measure run by themselves, faults beside them; a failed worker, an abort, a stop condition or a lost cause ends them.
    const ends = [crew.failed, drill?.failed, context.byteCap?.exceeded].filter(end => end !== undefined)
    await orAbort(Promise.race([crew.scheduleDone(), endedEarly(state, event), ...ends]), options.signal)
    state.stop.end()
    state.lost?.end()
    await drill?.end()
    // 6. Drain: outcomes of everything sent, or the deadline.
    const deadlineUs = clock.nowUs() + setup.scenario.load.drainMs * 1000
    await crew.finish('producer', deadlineUs)
    event('producers.drained')
    await drill?.whole()
    // 7. Readers go on until they reach the end offsets, or the deadline.
    state.readersReachedEnd = await readToEnd(context, crew, state.topics, deadlineUs)
    event('readers.done', { reachedEnd: state.readersReachedEnd })
  } catch (error) {
    await drill?.end()
    await crew.finish('producer', clock.nowUs() + 2_000_000).catch(() => undefined)
    throw error
  } finally {
    await drill?.stop()
    await observer.stop()
    await crew.finish('consumer', clock.nowUs()).catch(() => undefined)
  }
}

/** Resolves at a stop condition, or once the trial is lost, and cuts off the phases that then never come. */
async function endedEarly(state: State, event: (name: string, detail: Record<string, unknown>) => void): Promise<void> {
  const stopped = state.stop.met.then(detail => ({ name: 'run.stopped', detail }))
  const ends = state.lost ? [stopped, state.lost.met.then(detail => ({ name: LOST, detail }))] : [stopped]
  const { name, detail } = await Promise.race(ends)
  event(name, detail)
  state.phases = cutAt(state.phases, detail.atUs)
}

function workersOf({ producers }: TrialSetup): number {
  return producers.reduce((sum, group) => sum + group.workers, 0)
}

/** Rejects when the run is asked to stop. */
export function orAbort<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = new Promise<never>((_, reject) => {
    const stop = () => reject(new HarnessError({ code: 'E501', message: 'stopped by request' }))
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop, { once: true })
  })
  aborted.catch(() => undefined)
  return Promise.race([work, aborted])
}

function recordInterval(
  context: TrialContext,
  writer: TrialWriter,
  state: State,
  spec: WorkerSpec,
  report: IntervalReport,
): void {
  const counters = { ...report.counters }
  for (const histogram of report.histograms)
    if (histogram.negative > 0) counters[`negative.${histogram.name}`] = histogram.negative
  if (spec.role === 'consumer')
    state.received.set(spec.group, (state.received.get(spec.group) ?? 0) + (counters['received'] ?? 0))
  if (spec.role === 'producer') context.byteCap?.add(report)
  if (spec.role === 'producer') state.stop.interval(spec.worker, report)
  state.lost?.interval(spec, report)
  writer.interval({
    kind: 'interval',
    worker: spec.worker,
    role: spec.role,
    group: spec.group,
    seq: report.seq,
    t0Us: report.t0Us,
    t1Us: report.t1Us,
    phase: report.phase,
    counters,
    histograms: Object.fromEntries(
      report.histograms.map(histogram => [histogram.name, packHistogram(histogram.bytes)]),
    ),
    ...(report.health ? { health: report.health } : {}),
  })
  context.options.onProgress({ kind: 'interval', spec, report })
}

async function account(
  context: TrialContext,
  trial: PlannedTrial,
  setup: TrialSetup,
  state: State,
  truth: TrialRecord['truth'],
): Promise<Omit<TrialRecord, 'lines'>> {
  const { info } = context.cluster
  const notes: string[] = []
  const topics = await readTopicAccounts(context, setup, state.topics, state.begin).catch((error: unknown) => {
    notes.push(`end offsets could not be read: ${messageOf(error)}`)
    return []
  })
  const readers = readerAccounts(context, trial, setup, topics, state, truth)
  const witness =
    state.witnessBefore === undefined || state.reason ? undefined : await witnessText(context, trial.number)
  const features = await context.admin.features().catch(() => undefined)
  const logDirBytes = await context.cluster
    .logDirBytes?.(topicName(context.runId, trial.number, ''))
    .catch(() => undefined)
  return {
    number: trial.number,
    cellIndex: trial.cell.index,
    repetition: trial.repetition,
    cell: trial.cell.values,
    state: state.reason === undefined ? 'complete' : 'partial',
    ...(state.reason === undefined ? {} : { reason: state.reason }),
    t0Us: state.t0Us,
    phases: state.phases,
    envelopeRun: runTag(context.runId, trial.number),
    topics,
    clients: clientAccounts(setup),
    readers,
    ...(witness === undefined
      ? {}
      : {
          witness: {
            tool: 'GetOffsetShell',
            before: state.witnessBefore ?? '',
            after: witness,
            stored: countOffsets(witness) - countOffsets(state.witnessBefore ?? ''),
          },
        }),
    ...(logDirBytes === undefined ? {} : { logDirBytes }),
    cluster: {
      provider: info.provider,
      clusterId: info.clusterId,
      kafkaVersion: info.kafkaVersion,
      path: info.path,
      ...(info.image ? { image: info.image } : {}),
      ...(info.startedInMs === undefined ? {} : { startedInMs: info.startedInMs }),
      nodes: info.nodes.map(({ name, roles, cpuLimit }) => ({
        name,
        roles,
        ...(cpuLimit === undefined ? {} : { cpuLimit }),
      })),
    },
    brokerSettings: info.properties,
    ...(features ? { features } : {}),
    notes,
  }
}
