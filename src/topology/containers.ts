// Where nodes in containers listen and what they are told: one layout for the provider and for the compose files.
import { type LinkSource, sourcesOf } from './links.ts'
import { type Addresses, imageEnvironment, type ListenerAddress, nodeProperties } from './properties.ts'
import type { ListenerName, Topology, TopologyNode } from './topology.ts'

/** The official image declares this volume and lets its user write there. */
export const DATA_DIR = '/var/lib/kafka/data'
export const LISTENER_PORTS: Record<ListenerName, number> = {
  CLIENT: 9092,
  OBSERVER: 9093,
  INTERNAL: 9094,
  CONTROLLER: 9095,
}
/** Where a broker tells its own counters, if that is asked for. */
export const METRICS_PORT = 9404
/** Far above the threads of a broker, far below what would hurt the host. */
export const PIDS_LIMIT = 4096
export const LOG_LIMITS = { 'max-size': '20m', 'max-file': '3' }
const FIRST_HOST = 11
const FIRST_PROXY_HOST = 101
/** In a routed cluster peers are told apart by their ports, since one proxy stands for all of them. */
const ROUTED_PORTS = { CLIENT: 22_000, INTERNAL: 20_000, CONTROLLER: 21_000 } as const

/** One network per node, a /24 each: nodes cannot meet but through proxies, which are on all of them. */
export type NodeSubnets = Record<number, string>

/** Loopback ports of the host by node and listener, for listeners that are dialled through a published port. */
export type PublishedPorts = Record<number, Partial<Record<ListenerName | 'METRICS', number>>>

/** The n-th address of a /24, such as 10.213.7.11 for host 11. */
export function addressIn(subnet: string, host: number): string {
  return subnet.replace(/\.0\/24$/, `.${host}`)
}

/** The static address of a node on its network, a /24. */
export function hostOf(topology: Topology, node: TopologyNode, subnet: string): string {
  return addressIn(subnet, FIRST_HOST + topology.nodes.indexOf(node))
}

/** Addresses of every listener: the container's own, but published listeners are advertised on the host's loopback. */
export function layOut(topology: Topology, subnet: string, published: PublishedPorts = {}): Addresses {
  const addressOf = (node: TopologyNode, listener: ListenerName): ListenerAddress => {
    const inside = { host: hostOf(topology, node, subnet), port: LISTENER_PORTS[listener] }
    const port = published[node.id]?.[listener]
    return { bind: inside, advertised: port === undefined ? inside : { host: '127.0.0.1', port } }
  }
  return Object.fromEntries(
    topology.nodes.map(node => [
      node.id,
      Object.fromEntries(node.listeners.map(listener => [listener, addressOf(node, listener)])),
    ]),
  )
}

/** The address of a source's proxy on one of the networks. */
export function proxyHostIn(topology: Topology, source: LinkSource, subnet: string): string {
  return addressIn(subnet, FIRST_PROXY_HOST + sourcesOf(topology.links).indexOf(source))
}

/** Where a source meets its own proxy: a node on its own network, clients on that of the first node. */
export function sideOf(topology: Topology, source: LinkSource, subnets: NodeSubnets): string {
  const home = source === 'client' ? topology.nodes[0]?.id : source
  return proxyHostIn(topology, source, subnets[home ?? 0] ?? '')
}

/** Addresses in a routed cluster: peers are advertised by name, brokers to clients at the clients' proxy, the observer directly. */
export function layOutRouted(topology: Topology, subnets: NodeSubnets): Addresses {
  const addressOf = (node: TopologyNode, listener: ListenerName): ListenerAddress => {
    const host = hostOf(topology, node, subnets[node.id] ?? '')
    if (listener === 'OBSERVER') {
      const bind = { host, port: LISTENER_PORTS.OBSERVER }
      return { bind, advertised: bind }
    }
    const port = ROUTED_PORTS[listener] + node.id
    if (listener !== 'CLIENT') return { bind: { host, port }, advertised: { host: node.name, port } }
    const advertised = { host: sideOf(topology, 'client', subnets), port }
    return { bind: { host, port: LISTENER_PORTS.CLIENT }, advertised }
  }
  return Object.fromEntries(
    topology.nodes.map(node => [
      node.id,
      Object.fromEntries(node.listeners.map(listener => [listener, addressOf(node, listener)])),
    ]),
  )
}

/** Server properties of a node in a container. */
export function containerProperties(
  topology: Topology,
  addresses: Addresses,
  node: TopologyNode,
): Record<string, string> {
  const properties = nodeProperties(topology, addresses, node, DATA_DIR)
  if (node.roles.includes('broker')) return properties
  // The official image refuses advertised listeners on a pure controller; Kafka derives the same ones from `listeners`.
  const { 'advertised.listeners': advertised, ...rest } = properties
  // In a routed cluster it listens under the name that its peers resolve to their proxies, so that they are told that name.
  return topology.network === 'routed' ? { ...rest, listeners: advertised ?? '' } : rest
}

/** Variables of a node's container. */
export function containerEnvironment(
  node: TopologyNode,
  clusterId: string,
  properties: Record<string, string>,
  jvmOptions: readonly string[] = [],
): Record<string, string> {
  const heapMiB = Math.ceil(node.resources.heapBytes / 2 ** 20)
  return {
    CLUSTER_ID: clusterId,
    KAFKA_HEAP_OPTS: `-Xms${heapMiB}m -Xmx${heapMiB}m`,
    ...(jvmOptions.length === 0 ? {} : { KAFKA_OPTS: jvmOptions.join(' ') }),
    ...imageEnvironment(properties),
  }
}
