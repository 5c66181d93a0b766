// What the run gets to hold: addresses, samples, logs, tools and powers of the containers that were started.
import { brokersOf, cpuLimitOf, type TopologyNode } from '../../../topology/topology.ts'
import { type WatchedBroker, watchBrokers } from '../../broker-metrics/scrape.ts'
import type { ClusterInfo, NodeInfo, StartedCluster } from '../../cluster.ts'
import { readGcLog } from './agent.ts'
import { liftCpu } from './cpu.ts'
import { readLog } from './inspect.ts'
import { OUTSIDE_LISTENERS } from './network.ts'
import { dockerPowers } from './powers.ts'
import { sampleNodes } from './sample.ts'
import type { RunningNodes, StartContext } from './start.ts'
import { runTool, sumLogBytes } from './tools.ts'

/** Describes the running nodes as a cluster; disposing of it removes everything that was made. */
export function describeCluster(context: StartContext, running: RunningNodes): StartedCluster {
  const { client, request } = context
  const { names, belongings } = running
  const brokers = brokersOf(request.topology)
  const containerOf = (nodeId: number) => {
    const node = request.topology.nodes.find(candidate => candidate.id === nodeId)
    if (!node) throw new RangeError(`no node ${nodeId}`)
    return names.container(node.name)
  }
  const brokerContainers = brokers.map(node => names.container(node.name))
  const bounded = request.topology.nodes
    .filter(({ resources }) => cpuLimitOf(resources) !== undefined)
    .map(node => names.container(node.name))
  // Tools run beside the brokers, where a published port of the host means nothing.
  const pairs = brokers.flatMap(node =>
    OUTSIDE_LISTENERS.map(listener => {
      const address = running.addresses[node.id]?.[listener]
      return { outside: text(address?.advertised), inside: text(address?.bind) }
    }),
  )
  return {
    info: describeInfo(context, running),
    bootstrap: brokers.map(node => text(running.addresses[node.id]?.CLIENT?.advertised)),
    observerBootstrap: brokers.map(node => text(running.addresses[node.id]?.OBSERVER?.advertised)),
    powers: dockerPowers(client, belongings, containerOf),
    ...(running.links ? { links: running.links } : {}),
    ...(bounded.length > 0 ? { liftLimits: () => liftCpu(client, bounded, context.engine.cores) } : {}),
    sample: nowUs =>
      sampleNodes(
        client,
        request.topology.nodes.map(node => ({ name: node.name, container: names.container(node.name) })),
        nowUs,
      ),
    ...(request.topology.brokerMetrics ? { brokerMetrics: watchBrokers(watchedBrokers(context, running)) } : {}),
    logs: (nodeId, lines) => readLog(client, containerOf(nodeId), lines),
    tool: (mainClass, args) => runTool(client, brokerContainers, pairs, mainClass, args),
    logDirBytes: topicPrefix => sumLogBytes(client, brokerContainers, topicPrefix),
    [Symbol.asyncDispose]: async () => {
      await belongings.removeAll()
      await running.links?.forget()
    },
  }
}

function watchedBrokers({ client, request }: StartContext, { agents, names }: RunningNodes): WatchedBroker[] {
  return brokersOf(request.topology).flatMap(node => {
    const endpoint = agents[node.id]
    if (!endpoint) return []
    return [{ node: node.name, endpoint, readGcLog: () => readGcLog(client, names.container(node.name)) }]
  })
}

function describeInfo(context: StartContext, { addresses, properties, names, published }: RunningNodes): ClusterInfo {
  const { request, image, clusterId } = context
  const describeNode = (node: TopologyNode): NodeInfo => {
    const client = addresses[node.id]?.CLIENT
    const observer = addresses[node.id]?.OBSERVER
    const cpuLimit = cpuLimitOf(node.resources)
    return {
      id: node.id,
      name: node.name,
      roles: node.roles,
      ...(client ? { client: text(client.advertised) } : {}),
      ...(observer ? { observer: text(observer.advertised) } : {}),
      handle: names.container(node.name),
      ...(cpuLimit === undefined ? {} : { cpuLimit }),
    }
  }
  return {
    provider: 'docker',
    clusterId,
    kafkaVersion: request.topology.kafkaVersion,
    image: image.name,
    imageId: image.id,
    path: request.topology.network === 'routed' ? 'routed' : published ? 'published-port' : 'container-address',
    nodes: request.topology.nodes.map(describeNode),
    properties,
  }
}

function text(endpoint: { host: string; port: number } | undefined): string {
  if (!endpoint) throw new TypeError('a broker without the listener it must have')
  return `${endpoint.host}:${endpoint.port}`
}
