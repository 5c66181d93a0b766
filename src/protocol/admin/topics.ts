// One attempt at each thing that is done to topics, or asked about them.
import type { ClusterClient } from '../cluster.ts'
import type { Connection } from '../connection.ts'
import { CODES } from '../error-codes.ts'
import { BrokerError, ConnectionClosed, throwIfError } from '../errors.ts'
import { createPartitionsV1 } from '../requests/create-partitions.ts'
import { createTopicsV4 } from '../requests/create-topics.ts'
import { deleteTopicsV3 } from '../requests/delete-topics.ts'
import { LATEST, listOffsetsV5 } from '../requests/list-offsets.ts'
import type { MetadataPartition, MetadataResponse } from '../requests/metadata.ts'

export type TopicRequest = {
  name: string
  partitions: number
  replicationFactor: number
  config: Record<string, string>
  /** Brokers of every partition, the preferred leader first; else the controller places them, on brokers that are alive. */
  assignments?: readonly (readonly number[])[]
}
export type PartitionState = {
  partition: number
  leader: number
  leaderEpoch: number
  replicas: number[]
  isr: number[]
  offline: number[]
}
export type TopicState = { name: string; partitions: PartitionState[] }

/** Time that the controller may take. */
export const CONTROLLER_TIMEOUT_MS = 10_000

/** Creates what is left, and takes each topic that now exists out of it. */
export async function createTopics(cluster: ClusterClient, left: Map<string, TopicRequest>): Promise<void> {
  const topics = [...left.values()].map(({ name, partitions, replicationFactor, config, assignments = [] }) => ({
    name,
    partitions: assignments.length > 0 ? -1 : partitions,
    replicationFactor: assignments.length > 0 ? -1 : replicationFactor,
    assignments: assignments.map((brokerIds, partition) => ({ partition, brokerIds })),
    configs: Object.entries(config).map(([key, value]) => ({ name: key, value })),
  }))
  const connection = await cluster.any()
  const request = { topics, timeoutMs: CONTROLLER_TIMEOUT_MS, validateOnly: false }
  const answer = await connection.request(createTopicsV4, request)
  const failed = answer.topics.filter(({ name, errorCode }) => errorCode !== 0 || !left.delete(name))
  for (const { name, errorCode, errorMessage } of failed) throwIfError(errorCode, name, errorMessage)
}

/** Gives a topic so many partitions in all. */
export async function widenTopic(cluster: ClusterClient, name: string, count: number): Promise<void> {
  const connection = await cluster.any()
  const request = {
    topics: [{ name, count, assignments: null }],
    timeoutMs: CONTROLLER_TIMEOUT_MS,
    validateOnly: false,
  }
  for (const { errorCode, errorMessage } of (await connection.request(createPartitionsV1, request)).topics)
    throwIfError(errorCode, `${name} with ${count} partitions`, errorMessage)
}

/** Deletes what is left, and takes each topic that is gone out of it. */
export async function deleteTopics(cluster: ClusterClient, left: Set<string>): Promise<void> {
  const connection = await cluster.any()
  const answer = await connection.request(deleteTopicsV3, { names: [...left], timeoutMs: CONTROLLER_TIMEOUT_MS })
  const failed = answer.topics.filter(({ name, errorCode }) => errorCode !== 0 || !left.delete(name))
  for (const { name, errorCode } of failed) throwIfError(errorCode, `deleting ${name}`)
}

/** Topics as one broker sees them, partitions in order of their numbers. */
export async function describeTopics(cluster: ClusterClient, names: readonly string[]): Promise<TopicState[]> {
  return statesOf(await cluster.metadata(names))
}

/** Throws where a topic is not what was asked for. */
export function statesOf({ topics }: MetadataResponse): TopicState[] {
  return topics.map(({ name, errorCode, partitions }) => {
    throwIfError(errorCode, `metadata of ${name}`)
    return { name, partitions: partitions.map(stateOf).sort((a, b) => a.partition - b.partition) }
  })
}

/** Throws a retriable error while some partition has no leader, or one that has not heard of it yet. */
export async function demandService(cluster: ClusterClient, names: readonly string[]): Promise<void> {
  const states = await describeTopics(cluster, names)
  await Promise.all(states.map(state => offsetsAt(cluster, state, LATEST)))
}

/** The offset of each partition at a time, or at one of its ends. */
export async function offsetsAt(cluster: ClusterClient, topic: TopicState, timestampMs: number): Promise<number[]> {
  const leaderlessRow = topic.partitions.find(row => row.leader < 0)
  if (leaderlessRow) throw leaderless(`${topic.name}-${leaderlessRow.partition}`)
  const byLeader = Map.groupBy(topic.partitions, row => row.leader)
  const found: number[] = []
  const asked = [...byLeader].map(async ([leader, rows]) => {
    const connection = await leaderConnection(cluster, leader)
    const partitions = rows.map(({ partition }) => ({ partition, leaderEpoch: -1, timestampMs }))
    const request = { readCommitted: false, topics: [{ name: topic.name, partitions }] }
    for (const answered of (await connection.request(listOffsetsV5, request)).topics) {
      for (const { partition, errorCode, offset } of answered.partitions) {
        throwIfError(errorCode, `offsets of ${topic.name}-${partition}`)
        found[partition] = offset
      }
    }
  })
  await Promise.all(asked)
  return topic.partitions.map(({ partition }) => found[partition] ?? -1)
}

/** A leader that cannot be reached is as good as none: another will be elected. */
async function leaderConnection(cluster: ClusterClient, leader: number): Promise<Connection> {
  try {
    return await cluster.connection(leader)
  } catch (error) {
    if (error instanceof ConnectionClosed) throw leaderless(`broker ${leader}`, error.message)
    throw error
  }
}

function leaderless(what: string, detail?: string): BrokerError {
  return new BrokerError(CODES.LEADER_NOT_AVAILABLE, what, detail)
}

function stateOf({ errorCode: _, ...state }: MetadataPartition): PartitionState {
  return state
}
