// Makes the topics of a trial and takes them away again; on somebody else's brokers each is journaled first, and bounded.
import type { ClusterInfo } from '../cluster/cluster.ts'
import { HarnessError, messageOf } from '../core/errors.ts'
import type { TrialSetup } from '../plan/setup.ts'
import type { TrialContext } from './context.ts'

/** Names of a trial's topics, and the journal's entries for those on somebody else's brokers. */
export type TrialTopics = { topics: readonly string[]; topicEntries: number[] }

const HOUR_MS = 3_600_000
const LEAST_RETENTION_BYTES = 64 * 1024 * 1024

/** Creates fresh topics; on an external cluster only where it is still the one that was allowed. */
export async function createTopics(context: TrialContext, setup: TrialSetup, own: TrialTopics): Promise<void> {
  const { info, bootstrap } = context.cluster
  const isExternal = info.provider === 'external'
  if (isExternal) {
    await refuseOther(context)
    for (const name of own.topics) {
      const config = info.commandConfig === undefined ? {} : { commandConfig: info.commandConfig }
      own.topicEntries.push(
        await context.journal.record({ kind: 'topic', bootstrap, name, clusterId: info.clusterId, ...config }),
      )
    }
  }
  await context.admin.createTopics(
    setup.topics.map((topic, index) => ({
      name: own.topics[index] ?? '',
      partitions: topic.partitions,
      replicationFactor: topic.replicationFactor,
      config: isExternal ? boundRetention(topic.config, setup) : topic.config,
      ...(context.lostBroker === undefined
        ? {}
        : { assignments: assignmentsOf(brokersOf(context.cluster.info), topic.partitions, topic.replicationFactor) }),
    })),
  )
}

/** Deletes the topics of a trial; what stays on somebody else's brokers is a failure, and stays in the journal. */
export async function removeTopics(context: TrialContext, trial: number, own: TrialTopics): Promise<unknown> {
  const strike = async (): Promise<void> => {
    for (const entry of own.topicEntries) await context.journal.undone(entry)
  }
  if (context.options.keepTopics) {
    await strike()
    return undefined
  }
  // Nothing was asked for there, so nothing is touched there.
  if (context.cluster.info.provider === 'external' && own.topicEntries.length === 0) return undefined
  try {
    const there = await context.admin.listTopics()
    const left = own.topics.filter(name => there.includes(name))
    if (left.length > 0) await context.admin.deleteTopics(left)
    await strike()
    return undefined
  } catch (error) {
    const text = `topics of trial ${trial} could not be deleted: ${messageOf(error)}`
    context.options.onProgress({ kind: 'step', text })
    if (own.topicEntries.length === 0) return undefined
    return new HarnessError({ code: 'E701', message: text, hint: 'gauntlet clean' }, { cause: error })
  }
}

/** Ids of the nodes that clients may dial. */
export function brokersOf({ nodes }: ClusterInfo): number[] {
  return nodes.flatMap(node => (node.client === undefined ? [] : [node.id])).toSorted((a, b) => a - b)
}

/** Leaders in turn, and behind each leader the others from another one each round, as Kafka spreads them; brokers that are down have their share. */
export function assignmentsOf(brokers: readonly number[], partitions: number, replicationFactor: number): number[][] {
  const count = brokers.length
  return Array.from({ length: partitions }, (_, partition) => {
    const others = brokers.map((_, index) => brokers[(partition + 1 + index) % count] ?? 0).slice(0, count - 1)
    const shift = Math.floor(partition / count) % Math.max(1, others.length)
    const turned = [...others.slice(shift), ...others.slice(0, shift)]
    return [brokers[partition % count] ?? 0, ...turned].slice(0, replicationFactor)
  })
}

/** A name may lead to another cluster since the first look. */
async function refuseOther(context: TrialContext): Promise<void> {
  const { clusterId } = context.cluster.info
  const found = await context.admin.describeCluster()
  if (found.clusterId === clusterId) return
  throw new HarnessError({
    code: 'E401',
    message: `the addresses of ${clusterId} lead to another cluster now`,
    hint: 'check bootstrap.servers and --allow-cluster',
  })
}

/** What a crash leaves on somebody else's disks ends by itself: retention no longer and no larger than the trial needs. */
export function boundRetention(
  config: Readonly<Record<string, string>>,
  trial: Pick<TrialSetup, 'durationMs' | 'bytes'>,
): Record<string, string> {
  const bounded = (name: string, most: number): string => {
    const given = Number(config[name] ?? -1)
    return String(given >= 0 ? Math.min(given, most) : most)
  }
  return {
    ...config,
    'retention.ms': bounded('retention.ms', Math.max(HOUR_MS, 2 * trial.durationMs)),
    'retention.bytes': bounded('retention.bytes', Math.max(LEAST_RETENTION_BYTES, 2 * trial.bytes)),
  }
}
