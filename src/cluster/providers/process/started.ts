// What the run gets to hold: addresses, samples, logs, tools and powers of the JVMs that were started.
import { HarnessError } from '../../../core/errors.ts'
import { brokersOf, cpuLimitOf, type TopologyNode } from '../../../topology/topology.ts'
import { GC_LOG_TAIL_BYTES } from '../../broker-metrics/gc-log.ts'
import { type WatchedBroker, watchBrokers } from '../../broker-metrics/scrape.ts'
import type { ClusterInfo, NodeInfo, StartedCluster, ToolResult } from '../../cluster.ts'
import { filesOf, readNodeLog, readTail, sharedFiles, sumSegmentBytes } from './files.ts'
import { runKafkaClass } from './installation.ts'
import { processPowers } from './powers.ts'
import { createSampler } from './sample.ts'
import { clientAddresses, environmentOf, observerAddresses, type RunningNodes, type StartContext } from './start.ts'

const TOOL_DEADLINE_MS = 60_000

/** Describes the running nodes as a cluster; disposing of it removes everything that was made. */
export function describeCluster(context: StartContext, running: RunningNodes): StartedCluster {
  const { request, root, belongings } = context
  const { topology } = request
  const nodes = [...belongings.nodes]
  const find = (nodeId: number) => {
    const found = nodes.find(({ node }) => node.id === nodeId)
    if (!found) throw new RangeError(`no node ${nodeId}`)
    return found
  }
  const powers = processPowers(request.journal, find)
  const sample = createSampler(nodes)
  return {
    info: describeInfo(context, running, node => String(find(node.id).pid)),
    bootstrap: clientAddresses(topology, running.addresses),
    observerBootstrap: observerAddresses(topology, running.addresses),
    powers,
    ...(running.links ? { links: running.links } : {}),
    sample: async nowUs => sample(nowUs),
    ...(topology.brokerMetrics ? { brokerMetrics: watchBrokers(watchedBrokers(context, running)) } : {}),
    logs: (nodeId, lines) => readNodeLog(find(nodeId).files, lines),
    tool: (mainClass, args) => runTool(context, mainClass, args),
    logDirBytes: async topicPrefix => {
      const sums = await Promise.all(
        brokersOf(topology).map(node => sumSegmentBytes(filesOf(root, node).data, topicPrefix)),
      )
      return sums.reduce((total, bytes) => total + bytes, 0)
    },
    [Symbol.asyncDispose]: async () => {
      await belongings.removeAll()
      await powers.forget()
      await running.links?.forget()
    },
  }
}

function watchedBrokers({ request, root }: StartContext, { agents }: RunningNodes): WatchedBroker[] {
  return brokersOf(request.topology).flatMap(node => {
    const endpoint = agents[node.id]
    if (!endpoint) return []
    const readGcLog = (): Promise<string> => readTail(filesOf(root, node).gcLog, GC_LOG_TAIL_BYTES)
    return [{ node: node.name, endpoint, readGcLog }]
  })
}

function describeInfo(
  { request }: StartContext,
  { clusterId, addresses, properties, notes }: RunningNodes,
  handleOf: (node: TopologyNode) => string,
): ClusterInfo {
  // Where no group bounds CPU time, the node only has the cores it is pinned to.
  const isBounded = !notes.some(note => note.startsWith('cpus: '))
  const describeNode = (node: TopologyNode): NodeInfo => {
    const { cpus, cpuset } = node.resources
    const cpuLimit = cpuLimitOf({
      ...(cpuset === undefined ? {} : { cpuset }),
      ...(cpus === undefined || !isBounded ? {} : { cpus }),
    })
    const client = addresses[node.id]?.CLIENT?.advertised
    const observer = addresses[node.id]?.OBSERVER?.advertised
    return {
      id: node.id,
      name: node.name,
      roles: node.roles,
      ...(client ? { client: `${client.host}:${client.port}` } : {}),
      ...(observer ? { observer: `${observer.host}:${observer.port}` } : {}),
      ...(cpuLimit === undefined ? {} : { cpuLimit }),
      // The number changes when the node is started again.
      get handle() {
        return handleOf(node)
      },
    }
  }
  return {
    provider: 'process',
    clusterId,
    kafkaVersion: request.topology.kafkaVersion,
    path: request.topology.network === 'routed' ? 'routed' : 'loopback',
    nodes: request.topology.nodes.map(describeNode),
    properties,
    ...(notes.length > 0 ? { notes } : {}),
  }
}

let toolsRun = 0

/** Runs a tool class of Kafka to its end. */
async function runTool(
  { request, root, installation }: StartContext,
  mainClass: string,
  args: readonly string[],
): Promise<ToolResult> {
  const shared = sharedFiles(root)
  const name = `tool-${++toolsRun}`
  const entry = await request.journal.record({ kind: 'process', name })
  try {
    const result = await runKafkaClass(installation, {
      mainClass,
      args,
      logging: shared.toolLogging,
      temp: shared.temp,
      env: environmentOf(request.journal.runId, name),
      deadlineMs: TOOL_DEADLINE_MS,
    })
    if (result.timedOut) {
      throw new HarnessError({
        code: 'E307',
        message: `${mainClass} did not end within ${TOOL_DEADLINE_MS / 1000} s`,
        hint: 'look at the logs of the brokers',
      })
    }
    return { exitCode: result.exitCode ?? 128, stdout: result.stdout, stderr: result.stderr }
  } finally {
    await request.journal.undone(entry)
  }
}
