// The process provider: a cluster of JVMs on loopback, for machines without Docker and for the shortest way to the broker.
import { HarnessError, messageOf } from '../../core/errors.ts'
import { ClusterAdmin } from '../../protocol/admin.ts'
import type { StartedClusterSpec } from '../../scenario/schema/cluster.ts'
import { describeTopology } from '../../topology/topology.ts'
import { findAgent } from '../broker-metrics/agent.ts'
import { ensureClassArchive } from '../class-archive.ts'
import type { Provider, StartedCluster, StartRequest } from '../cluster.ts'
import { hasKafkaJars, lackOfMaven } from '../jars.ts'
import { findJava } from '../java.ts'
import { assertRouted, remoteEnds } from '../links/bypass.ts'
import type { ProxyLinks } from '../links/powers.ts'
import { dataDirectory } from '../places.ts'
import { readSockets } from '../proc.ts'
import { probeTopics } from '../ready.ts'
import { Belongings } from './process/belongings.ts'
import { makeRoot } from './process/files.ts'
import { findInstallation, type KafkaInstallation } from './process/installation.ts'
import { observerAddresses, type RunningNodes, type StartContext, startNodes } from './process/start.ts'
import { describeCluster } from './process/started.ts'

/** Starts clusters as processes; needs Linux, Java and Kafka's jars, which Maven fetches once. */
export const processProvider: Provider = {
  name: 'process',
  unavailable: async ({ kafkaVersion }) => {
    if (process.platform !== 'linux') {
      return { reason: `nodes as processes need Linux, this is ${process.platform}`, hint: 'use Docker' }
    }
    try {
      await findJava()
    } catch (error) {
      const hint = error instanceof HarnessError ? error.problems[0]?.hint : undefined
      return { reason: messageOf(error), hint: hint ?? 'use Docker' }
    }
    if (await hasKafkaJars(kafkaVersion)) return undefined
    const hint = await lackOfMaven()
    return hint === undefined
      ? undefined
      : { reason: `no jars of Kafka ${kafkaVersion}, and no Maven to fetch them`, hint }
  },
  start: startCluster,
}

async function startCluster(request: StartRequest): Promise<StartedCluster> {
  const { topology, onProgress, signal } = request
  const hooks = { ...(onProgress ? { onProgress } : {}), ...(signal ? { signal } : {}) }
  const installation = await findInstallation({ version: topology.kafkaVersion, ...hooks })
  const archive = await ensureClassArchive({
    java: installation.java,
    kafka: installation.kafka,
    ...hooks,
    train: jvmOptions => train(request, installation, jvmOptions),
  })
  const agentJar = topology.brokerMetrics ? await findAgent(hooks) : undefined
  // Preparation that is done once is no part of a start.
  const startedAtMs = performance.now()
  const context = await prepare(request, {
    ...installation,
    ...(archive === undefined ? {} : { archive }),
    ...(agentJar === undefined ? {} : { agentJar }),
  })
  const running = await startOrRemove(context)
  const cluster = describeCluster(context, running)
  if (running.links) await proveRouted(cluster, context, running, running.links)
  cluster.info.startedInMs = Math.round(performance.now() - startedAtMs)
  return cluster
}

/** On failure nothing is left behind. */
async function proveRouted(
  cluster: StartedCluster,
  { request, belongings }: StartContext,
  { addresses }: RunningNodes,
  links: ProxyLinks,
): Promise<void> {
  try {
    await assertRouted(cluster, links, request.topology, addresses, async nodeId => {
      const { pid = 0 } = belongings.nodes.find(({ node }) => node.id === nodeId) ?? {}
      const { tables, inodes } = readSockets(pid)
      return remoteEnds(tables, inodes)
    })
  } catch (error) {
    await cluster[Symbol.asyncDispose]()
    throw error
  }
}

async function prepare(
  request: StartRequest,
  installation: KafkaInstallation,
  jvmOptions: readonly string[] = [],
): Promise<StartContext> {
  const root = dataDirectory(request.runId)
  const belongings = new Belongings(request.journal)
  try {
    await belongings.makeDirectory(root, () => makeRoot(root, request.journal.runId))
  } catch (error) {
    await belongings.removeAll()
    throw error
  }
  return { request, installation, root, belongings, jvmOptions }
}

/** On failure nothing is left behind. */
async function startOrRemove(context: StartContext): Promise<RunningNodes> {
  try {
    return await startNodes(context)
  } catch (error) {
    await context.belongings.removeAll()
    throw error
  }
}

/** Runs one broker for a moment, with a topic written and read, so that the archive holds the classes of real work. */
async function train(request: StartRequest, installation: KafkaInstallation, jvmOptions: string[]): Promise<void> {
  const { kafkaVersion } = request.topology
  const topology = describeTopology({ ...TRAINING, kafka: kafkaVersion })
  const own = { ...request, topology, runId: `${request.runId}-training`, detach: false }
  const context = await prepare(own, installation, jvmOptions)
  const running = await startOrRemove(context)
  try {
    const bootstrap = observerAddresses(topology, running.addresses)
    const admin = await ClusterAdmin.connect({ brokers: bootstrap })
    try {
      const topic = { name: 'training', partitions: 1, replicationFactor: 1, config: {} }
      await admin.createTopics([topic])
      await probeTopics({ bootstrap, admin, topics: [topic.name], groupId: 'training' })
    } finally {
      await admin.close()
    }
    for (const node of context.belongings.nodes) await node.stop()
  } finally {
    await context.belongings.removeAll()
  }
}

const TRAINING: Omit<StartedClusterSpec, 'kafka'> = {
  kind: 'started',
  brokers: 1,
  controllers: 'combined',
  network: 'direct',
  provider: 'process',
  resources: {},
  workers: {},
  config: {},
  racks: [],
  readyTimeoutMs: 60_000,
}
