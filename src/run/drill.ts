// The faults of one trial: the watch over every broker, the injector on the load's clock, and the wait until the cluster is whole again.
import { setTimeout as sleep } from 'node:timers/promises'
import type { FaultPorts } from '../chaos/fault.ts'
import { Injector } from '../chaos/injector.ts'
import { scheduleFaults } from '../chaos/schedule.ts'
import { Watch, type WatchedNode } from '../chaos/watch.ts'
import type { WorkerPowers } from '../chaos/workers.ts'
import type { LogPlace } from '../cluster/tails.ts'
import { waitUntil } from '../cluster/wait.ts'
import { HarnessError } from '../core/errors.ts'
import { hash32, seededRandom } from '../core/random.ts'
import type { PlannedTrial } from '../plan/plan.ts'
import type { TrialSetup } from '../plan/setup.ts'
import type { TrialWriter } from '../recording/write.ts'
import type { TrialContext } from './context.ts'
import { internalTopics, NO_POWERS, softPorts, viewOf } from './fault-ports.ts'
import type { StopConditions } from './stop.ts'

export type Drill = {
  /** Rejects where the injector itself failed; never resolves. */
  failed: Promise<never>
  /** Heals what still acts; throws E702 where something remains. */
  end(): Promise<void>
  /** Waits until every broker sees every replica in sync, for a time; what is read before that may be a zombie’s. */
  whole(): Promise<void>
  stop(): Promise<void>
  /** Partitions that lack a replica in sync, as the watch sees them now. */
  underReplicated(): number
}

const WHOLE_DEADLINE_MS = 120_000
/** A long wait is cut into pieces, so that an early end is heard. */
const NAP_MS = 100

/** Begins the faults of a trial; undefined where it has none. */
export function startDrill(
  context: TrialContext,
  trial: PlannedTrial,
  setup: TrialSetup,
  writer: TrialWriter,
  run: { topics: readonly string[]; t0Us: number; begin: ReadonlyMap<string, readonly number[]>; stop: StopConditions },
  workers: WorkerPowers,
): Drill | undefined {
  const { faults, load, seed } = setup.scenario
  if (faults.length === 0) return undefined
  const { clock } = context
  const watch = new Watch(watchedNodes(context), [...run.topics, ...internalTopics(faults)], {
    ...(context.security ? { security: context.security } : {}),
    nowUs: () => clock.nowUs(),
    onChange: change => {
      writer.sample({ kind: 'view', ...change })
      run.stop.cluster(change.atUs, { underReplicated: watch.underReplicated() })
    },
  })
  watch.start()
  let ending = false
  const declaredOf = (topic: string): string => setup.topics[run.topics.indexOf(topic)]?.declared ?? topic
  const injector = new Injector({
    faults: {
      ...faultPorts(context),
      ...softPorts(context, watch, {
        topicsCalled: declared => run.topics.filter((_, index) => setup.topics[index]?.declared === declared),
        tell: text => context.options.onProgress({ kind: 'step', text }),
      }),
      workers,
      logs: placesOf(run.begin),
      whole: () => waitUntil(() => watch.isWhole(), WHOLE_DEADLINE_MS),
    },
    view: wanted => viewOf(context, trial, watch, declaredOf, wanted),
    random: seededRandom(hash32(seed, trial.repetition, 0x7a26e7)),
    nowUs: () => clock.nowUs(),
    until: async atUs => {
      for (let restMs = (atUs - clock.nowUs()) / 1000; restMs > 0 && !ending; restMs = (atUs - clock.nowUs()) / 1000)
        await sleep(Math.min(NAP_MS, restMs))
    },
    emit: ({ name, atUs, detail }) => {
      writer.event({ kind: 'event', atUs, name, detail })
      context.options.onProgress({ kind: 'step', text: describe(name, detail) })
    },
  })
  const occurrences = scheduleFaults(faults, load.segments, { seed, repetition: trial.repetition })
  const failed = new Promise<never>((_, reject) => {
    injector.run(faults, occurrences, run.t0Us).catch(reject)
  })
  failed.catch(() => undefined)
  return {
    failed,
    end: async () => {
      ending = true
      const left = await injector.end()
      if (left.length > 0)
        throw new HarnessError({ code: 'E702', message: `not healed: ${left.join('; ')}`, hint: 'gauntlet clean' })
    },
    whole: async () => {
      const isWhole = await waitUntil(() => watch.isWhole(), WHOLE_DEADLINE_MS)
      if (!isWhole) writer.event({ kind: 'event', atUs: clock.nowUs(), name: 'isr.notFull' })
    },
    stop: () => watch.stop(),
    underReplicated: () => watch.underReplicated(),
  }
}

function watchedNodes({ cluster }: TrialContext): WatchedNode[] {
  return cluster.info.nodes.flatMap(({ id, name, observer }) =>
    observer === undefined ? [] : [{ id, name, observer }],
  )
}

function faultPorts({ cluster }: TrialContext): Pick<FaultPorts, 'nodes' | 'links' | 'observerOf' | 'nodeIds'> {
  return {
    nodes: cluster.powers ?? NO_POWERS,
    ...(cluster.links ? { links: cluster.links } : {}),
    observerOf: nodeId => cluster.info.nodes.find(node => node.id === nodeId)?.observer,
    nodeIds: cluster.info.nodes.map(node => node.id),
  }
}

const placesOf = (begin: ReadonlyMap<string, readonly number[]>): LogPlace[] =>
  [...begin].flatMap(([topic, offsets]) => offsets.map((offset, partition) => ({ topic, partition, begin: offset })))

function describe(name: string, detail: Record<string, unknown>): string {
  const [workers, nodes] = [detail['workers'], detail['nodes']]
  const where = Array.isArray(workers)
    ? ` on ${workers.join(', ')}`
    : Array.isArray(nodes) && nodes.length > 0
      ? ` on node ${nodes.join(', ')}`
      : ''
  const why = detail['reason'] ?? detail['evidence']
  return `${name} ${String(detail['kind'])}${where}${why === undefined ? '' : `: ${String(why)}`}`
}
