// The pure description of a cluster: nodes, roles, racks, listeners and limits; providers only add addresses.
import type { StartedClusterSpec } from '../scenario/schema/cluster.ts'
import { type Link, linksBetween } from './links.ts'

export type ListenerName = 'CLIENT' | 'OBSERVER' | 'INTERNAL' | 'CONTROLLER'
export type NodeRole = 'broker' | 'controller'

/** Limits of one node; absent means unlimited, except the heap, which always has a value. */
export type NodeResources = { cpus?: number; cpuset?: string; memoryBytes?: number; heapBytes: number }

export type TopologyNode = {
  id: number
  /** broker-1, or controller-101 for a dedicated controller. */
  name: string
  roles: NodeRole[]
  listeners: ListenerName[]
  rack?: string
  resources: NodeResources
}

export type Topology = {
  kafkaVersion: string
  network: 'direct' | 'routed'
  nodes: TopologyNode[]
  /** Every proxied path; empty where nodes and clients dial each other directly. */
  links: Link[]
  /** Broker properties of the scenario, laid over ours. */
  config: Record<string, string>
  /** The brokers tell their own counters. */
  brokerMetrics?: true
  /** Every broker keeps its log on a volume of this size of its own. */
  logVolumeBytes?: number
}

const DEFAULT_HEAP_BYTES = 512 * 1024 * 1024
const FIRST_CONTROLLER_ID = 101

/** Lays out the nodes of a cluster that the harness starts. */
export function describeTopology(spec: StartedClusterSpec): Topology {
  const resources = nodeResources(spec)
  const dedicated = spec.controllers === 'dedicated'
  const brokers = Array.from({ length: spec.brokers }, (_, index): TopologyNode => {
    const rack = spec.racks.length > 0 ? spec.racks[index % spec.racks.length] : undefined
    const base = { id: index + 1, name: `broker-${index + 1}`, resources, ...(rack === undefined ? {} : { rack }) }
    if (dedicated) return { ...base, roles: ['broker'], listeners: ['CLIENT', 'OBSERVER', 'INTERNAL'] }
    return { ...base, roles: ['broker', 'controller'], listeners: ['CLIENT', 'OBSERVER', 'INTERNAL', 'CONTROLLER'] }
  })
  const count = dedicated ? Math.min(3, spec.brokers) : 0
  const controllers = Array.from({ length: count }, (_, index): TopologyNode => {
    const id = FIRST_CONTROLLER_ID + index
    return { id, name: `controller-${id}`, roles: ['controller'], listeners: ['CONTROLLER'], resources }
  })
  const nodes = [...controllers, ...brokers]
  return {
    kafkaVersion: spec.kafka,
    network: spec.network,
    nodes,
    links: spec.network === 'routed' ? linksBetween(nodes) : [],
    config: Object.fromEntries(Object.entries(spec.config).map(([name, value]) => [name, String(value)])),
    ...(spec.brokerMetrics ? { brokerMetrics: true as const } : {}),
    ...(spec.logVolumeBytes === undefined ? {} : { logVolumeBytes: spec.logVolumeBytes }),
  }
}

type CpuBounds = { cpus?: number | undefined; cpuset?: string | undefined }

/** Cores that a node may use at most; undefined where nothing bounds it. */
export function cpuLimitOf({ cpus, cpuset }: CpuBounds): number | undefined {
  const pinned = cpuset?.split(',').reduce((sum, range) => {
    const [from = 0, to = from] = range.split('-').map(Number)
    return sum + to - from + 1
  }, 0)
  return cpus === undefined && pinned === undefined ? undefined : Math.min(cpus ?? Infinity, pinned ?? Infinity)
}

function nodeResources(spec: StartedClusterSpec): NodeResources {
  const { cpus, cpuset, memory, heap } = spec.resources
  return {
    heapBytes: heap ?? DEFAULT_HEAP_BYTES,
    ...(cpus === undefined ? {} : { cpus }),
    ...(cpuset === undefined ? {} : { cpuset }),
    ...(memory === undefined ? {} : { memoryBytes: memory }),
  }
}

/** Nodes that clients may talk to. */
export function brokersOf(topology: Topology): TopologyNode[] {
  return topology.nodes.filter(node => node.roles.includes('broker'))
}

/** Nodes that vote on metadata. */
export function controllersOf(topology: Topology): TopologyNode[] {
  return topology.nodes.filter(node => node.roles.includes('controller'))
}

/** The in-sync replicas that internal topics and topics of the run demand: 2 of 3, else 1. */
export function safeMinInsyncReplicas(replicationFactor: number): number {
  return replicationFactor >= 3 ? 2 : 1
}
