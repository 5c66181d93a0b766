// One attempt to learn what a consumer group has committed.
import type { ClusterClient } from '../cluster.ts'
import { throwIfError } from '../errors.ts'
import { findCoordinatorV2 } from '../requests/find-coordinator.ts'
import { offsetFetchV5 } from '../requests/offset-fetch.ts'
import { describeTopics } from './topics.ts'

/** The broker that answers for a group or a transactional id now. */
export async function coordinatorOf(
  cluster: ClusterClient,
  kind: 'group' | 'transaction',
  key: string,
): Promise<number> {
  const coordinator = await (await cluster.any()).request(findCoordinatorV2, { key, kind })
  throwIfError(coordinator.errorCode, `coordinator of ${kind} ${key}`, coordinator.errorMessage)
  return coordinator.nodeId
}

/** Committed offsets per topic and partition; -1 where nothing is committed. */
export async function committedOffsets(
  cluster: ClusterClient,
  groupId: string,
  topics: readonly string[],
): Promise<Map<string, number[]>> {
  const what = `offsets of group ${groupId}`
  const states = await describeTopics(cluster, topics)
  const wanted = states.map(({ name, partitions }) => ({ name, partitions: partitions.map(row => row.partition) }))
  const connection = await cluster.connection(await coordinatorOf(cluster, 'group', groupId))
  const answer = await connection.request(offsetFetchV5, { groupId, topics: wanted })
  throwIfError(answer.errorCode, what)
  const rows = answer.topics.map(({ name, partitions }): [string, number[]] => {
    for (const { partition, errorCode } of partitions) throwIfError(errorCode, `${what} in ${name}-${partition}`)
    const offsets = new Map(partitions.map(row => [row.partition, row.offset]))
    const known = wanted.find(topic => topic.name === name)?.partitions ?? []
    return [name, known.map(partition => offsets.get(partition) ?? -1)]
  })
  return new Map(rows)
}
