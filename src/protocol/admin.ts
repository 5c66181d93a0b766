// Questions and orders to a cluster that are not load, each with a deadline; the one neutral admin of all drivers.
import { HarnessError, messageOf } from '../core/errors.ts'
import { type Config, describeConfigs } from './admin/configs.ts'
import { committedOffsets, coordinatorOf } from './admin/groups.ts'
import * as operations from './admin/operations.ts'
import type { TopicRequest, TopicState } from './admin/topics.ts'
import * as topics from './admin/topics.ts'
import type { Api } from './api.ts'
import { ClusterClient } from './cluster.ts'
import { AuthenticationFailed } from './errors.ts'
import { patiently, unreachable } from './patience.ts'
import type { Address } from './pool.ts'
import { alterPartitionReassignmentsV0, type ReassignmentTopic } from './requests/alter-partition-reassignments.ts'
import { createPartitionsV1 } from './requests/create-partitions.ts'
import { createTopicsV4 } from './requests/create-topics.ts'
import { deleteTopicsV3 } from './requests/delete-topics.ts'
import { BROKER_RESOURCE, describeConfigsV3, TOPIC_RESOURCE } from './requests/describe-configs.ts'
import { describeLogDirsV1, type LogDirTopic } from './requests/describe-log-dirs.ts'
import { describeQuorumV1, type QuorumPartition } from './requests/describe-quorum.ts'
import { type ElectionTopic, electLeadersV1 } from './requests/elect-leaders.ts'
import { featuresV3 } from './requests/features.ts'
import { findCoordinatorV2 } from './requests/find-coordinator.ts'
import { EARLIEST, LATEST, listOffsetsV5 } from './requests/list-offsets.ts'
import { metadataV8 } from './requests/metadata.ts'
import { offsetFetchV5 } from './requests/offset-fetch.ts'
import type { Security } from './security.ts'

export type { Config } from './admin/configs.ts'
export type { TopicRequest, TopicState } from './admin/topics.ts'

export type AdminOptions = {
  brokers: readonly string[]
  security?: Security
  connectionTimeoutMs?: number
  requestTimeoutMs?: number
  /** Further attempts where a connection fails. */
  retries?: number
  /** Dials this one address whatever brokers advertise. */
  onlyVia?: Address
}

const CALL_DEADLINE_MS = 15_000
const CONNECTION_TIMEOUT_MS = 3000
const REQUEST_TIMEOUT_MS = 12_000
const RETRIES = 3
const MAX_MESSAGE_CHARS = 300

export class ClusterAdmin {
  private readonly cluster: ClusterClient
  private readonly retries: number

  private constructor(cluster: ClusterClient, retries: number) {
    this.cluster = cluster
    this.retries = retries
  }

  /** Connects to observer addresses; E307 where none answers. */
  static async connect(options: AdminOptions): Promise<ClusterAdmin> {
    const { brokers, security, onlyVia, retries = RETRIES } = options
    const what = `cannot reach ${brokers.join(', ')}`
    const open = (): Promise<ClusterClient> =>
      ClusterClient.connect({
        bootstrap: brokers,
        clientId: 'gauntlet-admin',
        connectTimeoutMs: options.connectionTimeoutMs ?? CONNECTION_TIMEOUT_MS,
        requestTimeoutMs: options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS,
        ...(security ? { security } : {}),
        ...(onlyVia ? { redirect: () => onlyVia } : {}),
      })
    try {
      const cluster = await patiently({ what, deadlineMs: CALL_DEADLINE_MS, retries, isRead: true }, open)
      return new ClusterAdmin(cluster, retries)
    } catch (error) {
      throw error instanceof AuthenticationFailed ? unreachable(what, error) : error
    }
  }

  async describeCluster(): Promise<{
    clusterId: string
    controller: number | null
    brokers: { id: number; host: string; port: number }[]
  }> {
    const found = await this.read(metadataV8, 'describing the cluster', () => this.cluster.metadata([]))
    return {
      clusterId: found.clusterId ?? '',
      controller: found.controllerId < 0 ? null : found.controllerId,
      brokers: found.brokers.map(({ id, host, port }) => ({ id, host, port })),
    }
  }

  /** Creates topics and waits until every leader serves its partitions; one that exists already is an error, never replaced. */
  async createTopics(requests: readonly TopicRequest[]): Promise<void> {
    const names = requests.map(request => request.name)
    const left = new Map(requests.map(request => [request.name, request]))
    try {
      await this.order(createTopicsV4, 'creating topics', () => topics.createTopics(this.cluster, left))
      await this.read(listOffsetsV5, 'leaders of new topics', () => topics.demandService(this.cluster, names))
    } catch (error) {
      const message = `topics ${names.join(', ')}: ${messageOf(error).slice(0, MAX_MESSAGE_CHARS)}`
      const hint = 'check partitions, replication.factor and config of the topics section'
      throw new HarnessError({ code: 'E311', message, hint }, { cause: error })
    }
  }

  /** Names of all topics, internal ones too. */
  async listTopics(): Promise<string[]> {
    const found = await this.read(metadataV8, 'listing topics', () => this.cluster.metadata(null))
    return found.topics.map(topic => topic.name)
  }

  async deleteTopics(names: readonly string[]): Promise<void> {
    const left = new Set(names)
    await this.order(deleteTopicsV3, 'deleting topics', () => topics.deleteTopics(this.cluster, left))
  }

  /** Gives a topic so many partitions in all; they can never be taken away again. */
  widenTopic(name: string, partitions: number): Promise<void> {
    return this.order(createPartitionsV1, 'partitions', () => topics.widenTopic(this.cluster, name, partitions))
  }

  /** Offsets per partition: the first one, and the one the next record will get. */
  offsets(topic: string): Promise<{ earliest: number[]; latest: number[] }> {
    return this.read(listOffsetsV5, `offsets of ${topic}`, async () => {
      const [state = { name: topic, partitions: [] }] = await topics.describeTopics(this.cluster, [topic])
      const [earliest, latest] = await Promise.all([
        topics.offsetsAt(this.cluster, state, EARLIEST),
        topics.offsetsAt(this.cluster, state, LATEST),
      ])
      return { earliest, latest }
    })
  }

  /** Leaders, replicas and ISR as one broker sees them now; leader -1 where there is none. */
  async metadata(names: readonly string[]): Promise<TopicState[]> {
    return topics.statesOf(await this.read(metadataV8, 'metadata', () => this.cluster.metadata(names)))
  }

  /** The broker that answers for a group or a transactional id now; asking makes Kafka's own topic for it. */
  coordinator(kind: 'group' | 'transaction', key: string): Promise<number> {
    return this.read(findCoordinatorV2, `coordinator of ${key}`, () => coordinatorOf(this.cluster, kind, key))
  }

  /** Committed offsets of a group per partition; -1 where nothing is committed. */
  groupOffsets(groupId: string, names: readonly string[]): Promise<Map<string, number[]>> {
    return this.read(offsetFetchV5, `offsets of group ${groupId}`, () => committedOffsets(this.cluster, groupId, names))
  }

  /** Records between what a group has committed, or the first one, and the end; per partition. */
  async groupLag(groupId: string, names: readonly string[]): Promise<Map<string, number[]>> {
    const committed = await this.groupOffsets(groupId, names)
    const rows = [...committed].map(async ([topic, offsets]): Promise<[string, number[]]> => {
      const { earliest, latest } = await this.offsets(topic)
      return [topic, latest.map((end, p) => end - Math.max(offsets[p] ?? 0, earliest[p] ?? 0))]
    })
    return new Map(await Promise.all(rows))
  }

  /** Effective settings of a topic, with where each comes from. */
  topicConfigs(name: string): Promise<Config[]> {
    return this.read(describeConfigsV3, `settings of ${name}`, async () =>
      describeConfigs(await this.cluster.any(), TOPIC_RESOURCE, name),
    )
  }

  /** Effective settings of a broker, which only that broker tells. */
  brokerConfigs(nodeId: number): Promise<Config[]> {
    return this.read(describeConfigsV3, `settings of broker ${nodeId}`, async () =>
      describeConfigs(await this.cluster.connection(nodeId), BROKER_RESOURCE, String(nodeId)),
    )
  }

  /** Log directories of every broker that is alive, with the bytes of each replica (null: of all topics). */
  describeLogDirs(wanted: readonly LogDirTopic[] | null = null): Promise<operations.LogDir[]> {
    return this.read(describeLogDirsV1, 'log directories', () => operations.logDirs(this.cluster, wanted))
  }

  /** Hands partitions (null: all) to their preferred leader, or to any replica that is alive. */
  electLeaders(
    kind: operations.ElectionKind,
    wanted: readonly ElectionTopic[] | null = null,
  ): Promise<operations.Election[]> {
    return this.order(electLeadersV1, `${kind} election`, () => operations.electLeaders(this.cluster, kind, wanted))
  }

  /** Begins to move partitions to other replicas, or with null stops that. */
  reassign(wanted: readonly ReassignmentTopic[]): Promise<void> {
    return this.order(alterPartitionReassignmentsV0, 'reassignment', () => operations.reassign(this.cluster, wanted))
  }

  /** The metadata quorum as its leader sees it. */
  quorum(): Promise<QuorumPartition> {
    return this.read(describeQuorumV1, 'quorum', () => operations.quorum(this.cluster))
  }

  /** Levels of the features that the cluster has finalized; one that is not there has level 0. */
  features(): Promise<Record<string, number>> {
    return this.read(featuresV3, 'features', () => operations.features(this.cluster))
  }

  async close(): Promise<void> {
    const timer = setTimeout(() => this.cluster.kill(), CALL_DEADLINE_MS)
    await this.cluster.close().finally(() => clearTimeout(timer))
  }

  private read<T>(api: Api<never, unknown>, what: string, ask: () => Promise<T>): Promise<T> {
    return this.call(api, { what, isRead: true }, ask)
  }

  private order<T>(api: Api<never, unknown>, what: string, ask: () => Promise<T>): Promise<T> {
    return this.call(api, { what, isRead: false }, ask)
  }

  private async call<T>(
    api: Api<never, unknown>,
    call: { what: string; isRead: boolean },
    ask: () => Promise<T>,
  ): Promise<T> {
    this.cluster.demand(api)
    return patiently({ ...call, deadlineMs: CALL_DEADLINE_MS, retries: this.retries }, ask)
  }
}
