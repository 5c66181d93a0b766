// Where reading begins: offsets asked of the leaders, for a fresh reader and for one whose position is gone.
import type { ClusterClient } from '../../protocol/cluster.ts'
import { CODES } from '../../protocol/error-codes.ts'
import { BrokerError, throwIfError } from '../../protocol/errors.ts'
import { EARLIEST, LATEST, type ListOffsetsTopic, listOffsetsV5 } from '../../protocol/requests/list-offsets.ts'
import type { ReadPartition } from './assignment.ts'

export type StartPolicy = { start: 'earliest' | 'latest'; readCommitted: boolean }

/** One attempt: the offset of each partition by the policy; throws where a leader is unknown or refuses. */
export async function startOffsets(
  cluster: ClusterClient,
  partitions: readonly ReadPartition[],
  policy: StartPolicy,
): Promise<Map<ReadPartition, number>> {
  const homeless = partitions.find(({ name, partition }) => !cluster.leaderOf(name, partition))
  if (homeless) {
    await cluster.refresh()
    throw new BrokerError(CODES.LEADER_NOT_AVAILABLE, `${homeless.name}-${homeless.partition}`)
  }
  const byLeader = Map.groupBy(partitions, ({ name, partition }) => cluster.leaderOf(name, partition)?.broker ?? -1)
  const parts = await Promise.all([...byLeader].map(([broker, led]) => askLeader(cluster, broker, led, policy)))
  return new Map(parts.flat())
}

async function askLeader(
  cluster: ClusterClient,
  broker: number,
  partitions: readonly ReadPartition[],
  { start, readCommitted }: StartPolicy,
): Promise<[ReadPartition, number][]> {
  const timestampMs = start === 'earliest' ? EARLIEST : LATEST
  const topics = [...Map.groupBy(partitions, ({ name }) => name)].map(([name, own]): ListOffsetsTopic => {
    const rows = own.map(({ partition }) => {
      return { partition, leaderEpoch: cluster.leaderOf(name, partition)?.epoch ?? -1, timestampMs }
    })
    return { name, partitions: rows }
  })
  const answer = await (await cluster.connection(broker)).request(listOffsetsV5, { readCommitted, topics })
  return partitions.map(partition => {
    const place = `${partition.name}-${partition.partition}`
    const row = answer.topics
      .find(topic => topic.name === partition.name)
      ?.partitions.find(candidate => candidate.partition === partition.partition)
    throwIfError(row?.errorCode ?? CODES.UNKNOWN_SERVER_ERROR, `first offset to read of ${place}`)
    return [partition, row?.offset ?? 0]
  })
}
