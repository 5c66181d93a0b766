// What faults act with besides nodes and links: the controller, the user's commands, and what the watch sees.
import { setTimeout as sleep } from 'node:timers/promises'
import type { FaultPorts } from '../chaos/fault.ts'
import { type ClusterView, coordinatorKey, internalTopicsOf, type Target } from '../chaos/target.ts'
import type { Watch } from '../chaos/watch.ts'
import type { NodePowers } from '../cluster/cluster.ts'
import { journaledCommands } from '../cluster/commands.ts'
import { HarnessError } from '../core/errors.ts'
import type { PlannedTrial } from '../plan/plan.ts'
import type { FaultSpec } from '../scenario/schema/faults.ts'
import type { TrialContext } from './context.ts'
import { groupIdOf } from './specs.ts'

const QUORUM_DEADLINE_MS = 2000

const refuse = (): Promise<never> =>
  Promise.reject(new HarnessError({ code: 'E404', message: 'this cluster gives no power over its nodes' }))

/** On brokers that are not ours only faults that need none of them are planned. */
export const NO_POWERS: NodePowers = {
  freeze: refuse,
  thaw: refuse,
  kill: refuse,
  stop: refuse,
  start: refuse,
  state: refuse,
  limitCpu: refuse,
  unlimitCpu: refuse,
  cpuLimit: refuse,
  cutTails: refuse,
  failLogDir: refuse,
  restoreLogDir: refuse,
  fillLog: refuse,
  emptyLog: refuse,
  logSpace: refuse,
  incarnation: refuse,
}

type SoftPorts = Pick<FaultPorts, 'admin' | 'commands' | 'seen' | 'topicsCalled' | 'tell'>

/** Of those who bring the rest: how topics are called on the cluster, and where the operator reads. */
export function softPorts(
  context: Pick<TrialContext, 'admin' | 'journal' | 'cluster'>,
  watch: Watch,
  { topicsCalled, tell }: Pick<SoftPorts, 'topicsCalled' | 'tell'>,
): SoftPorts {
  const { admin, journal } = context
  return {
    admin: {
      ...replicaNotes(context),
      electPreferred: async wanted => void (await admin.electLeaders('preferred', wanted)),
      electUnclean: async wanted => void (await admin.electLeaders('unclean', wanted)),
      reassign: wanted => admin.reassign(wanted),
      widen: (topic, partitions) => admin.widenTopic(topic, partitions),
    },
    commands: journaledCommands(journal),
    seen: () => ({ partitions: watch.latest(), silent: watch.silentNodes() }),
    topicsCalled,
    tell,
  }
}

/** What a run that dies leaves in the journal of replicas that it moved: where they were, and Kafka's own command that moves them back. */
function replicaNotes({
  journal,
  cluster,
}: Pick<TrialContext, 'journal' | 'cluster'>): Pick<FaultPorts['admin'], 'note' | 'settled'> {
  const entries = new Map<string, number>()
  return {
    note: async (tag, before) => {
      const partitions = before.map(({ topic, partition, replicas }) => ({ topic, partition, replicas }))
      const wanted = JSON.stringify({ version: 1, partitions })
      const { observerBootstrap: bootstrap, info } = cluster
      const heal = `kafka-reassign-partitions.sh --bootstrap-server ${bootstrap.join(',')} --execute --reassignment-json-file <(echo '${wanted}')`
      entries.set(
        tag,
        await journal.record({
          kind: 'fault',
          name: tag,
          heal,
          replicas: { bootstrap, clusterId: info.clusterId, partitions },
        }),
      )
    },
    settled: async tag => {
      const entry = entries.get(tag)
      entries.delete(tag)
      if (entry !== undefined) await journal.undone(entry)
    },
  }
}

/** Kafka's own topics that faults are about, to be watched beside those of the trial. */
export function internalTopics(faults: readonly FaultSpec[]): string[] {
  return [...new Set(faults.flatMap(({ target, peer }) => [target, ...(peer ? [peer] : [])].flatMap(internalTopicsOf)))]
}

/** Without a majority of controllers nobody tells; faults that need to know none strike all the same. */
function quorumLeader(admin: TrialContext['admin']): Promise<number> {
  const told = admin.quorum().then(
    ({ leaderId }) => leaderId,
    () => -1,
  )
  return Promise.race([told, sleep(QUORUM_DEADLINE_MS, -1, { ref: false })])
}

/** Partitions as the watch sees them, and what only the quorum and coordinators tell. */
export async function viewOf(
  context: TrialContext,
  trial: PlannedTrial,
  watch: Watch,
  declaredOf: (topic: string) => string,
  wanted: readonly Target[],
): Promise<ClusterView> {
  const { admin, cluster, runId } = context
  const leaderId = await quorumLeader(admin)
  const coordinators = new Map<string, number>()
  for (const target of wanted) {
    if (target.kind !== 'coordinator') continue
    const key = target.of === 'group' ? groupIdOf(runId, trial.number, target.name) : target.name
    coordinators.set(coordinatorKey(target), await admin.coordinator(target.of, key))
  }
  return {
    nodes: cluster.info.nodes,
    ...(leaderId >= 0 ? { controller: leaderId } : {}),
    partitions: watch.latest().map(row => ({ ...row, topic: declaredOf(row.topic) })),
    coordinators,
  }
}
