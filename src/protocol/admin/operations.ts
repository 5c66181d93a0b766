// One attempt at each thing that moves leaders and replicas, or shows where they are.
import type { ClusterClient } from '../cluster.ts'
import { CODES, codeRow } from '../error-codes.ts'
import { BrokerError, throwIfError } from '../errors.ts'
import { alterPartitionReassignmentsV0, type ReassignmentTopic } from '../requests/alter-partition-reassignments.ts'
import { describeLogDirsV1, type LogDirReplica, type LogDirTopic } from '../requests/describe-log-dirs.ts'
import { describeQuorumV1, type QuorumPartition } from '../requests/describe-quorum.ts'
import { type ElectionTopic, electLeadersV1 } from '../requests/elect-leaders.ts'
import { featuresV3 } from '../requests/features.ts'
import { CONTROLLER_TIMEOUT_MS } from './topics.ts'

export type LogDir = { broker: number; path: string; replicas: (LogDirReplica & { topic: string })[] }
/** `outcome`: elected, not needed, or Kafka's name of what stood against it. */
export type Election = { topic: string; partition: number; outcome: string }
export type ElectionKind = 'preferred' | 'unclean'

/** Log directories of every broker that is alive. */
export async function logDirs(cluster: ClusterClient, topics: readonly LogDirTopic[] | null): Promise<LogDir[]> {
  const { brokers } = await cluster.metadata([])
  const asked = brokers.map(async ({ id }): Promise<LogDir[]> => {
    const { dirs } = await (await cluster.connection(id)).request(describeLogDirsV1, { topics })
    return dirs.map(dir => {
      throwIfError(dir.errorCode, `log directory ${dir.path} of broker ${id}`)
      const replicas = dir.topics.flatMap(({ name, partitions }) => partitions.map(row => ({ topic: name, ...row })))
      return { broker: id, path: dir.path, replicas }
    })
  })
  return (await Promise.all(asked)).flat()
}

/** What became of the election in each partition; of all partitions only those that were in need are named. */
export async function electLeaders(
  cluster: ClusterClient,
  election: ElectionKind,
  topics: readonly ElectionTopic[] | null,
): Promise<Election[]> {
  const connection = await cluster.any()
  const answer = await connection.request(electLeadersV1, { election, topics, timeoutMs: CONTROLLER_TIMEOUT_MS })
  throwIfError(answer.errorCode, `${election} election`)
  return answer.topics.flatMap(({ name, partitions }) =>
    partitions.map(({ partition, errorCode }) => ({ topic: name, partition, outcome: outcomeOf(errorCode) })),
  )
}

function outcomeOf(errorCode: number): string {
  if (errorCode === 0) return 'elected'
  return errorCode === CODES.ELECTION_NOT_NEEDED ? 'not needed' : codeRow(errorCode).name
}

/** Begins to move partitions, or stops that. */
export async function reassign(cluster: ClusterClient, topics: readonly ReassignmentTopic[]): Promise<void> {
  const connection = await cluster.any()
  const answer = await connection.request(alterPartitionReassignmentsV0, { topics, timeoutMs: CONTROLLER_TIMEOUT_MS })
  throwIfError(answer.errorCode, 'reassignment', answer.errorMessage)
  for (const { name, partitions } of answer.topics)
    for (const { partition, errorCode, errorMessage } of partitions)
      throwIfError(errorCode, `reassigning ${name}-${partition}`, errorMessage)
}

/** The one partition of the metadata log. */
export async function quorum(cluster: ClusterClient): Promise<QuorumPartition> {
  const answer = await (await cluster.any()).request(describeQuorumV1, {})
  throwIfError(answer.errorCode, 'quorum')
  const partition = answer.topics[0]?.partitions[0]
  if (!partition) throw new BrokerError(CODES.UNKNOWN_SERVER_ERROR, 'quorum', 'the answer names no partition')
  throwIfError(partition.errorCode, 'quorum')
  return partition
}

/** Levels of the finalized features. */
export async function features(cluster: ClusterClient): Promise<Record<string, number>> {
  const answer = await (await cluster.any()).request(featuresV3, {})
  throwIfError(answer.errorCode, 'features')
  return Object.fromEntries(answer.features.map(({ name, level }) => [name, level]))
}
