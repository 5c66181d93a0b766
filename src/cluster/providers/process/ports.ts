// Free ports on loopback for the listeners of a cluster, from below the range that the system hands to outgoing connections.
import { randomInt } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { HarnessError } from '../../../core/errors.ts'
import { type LinkSource, sourcesOf } from '../../../topology/links.ts'
import type { Addresses, Endpoint } from '../../../topology/properties.ts'
import { brokersOf, type ListenerName, type Topology, type TopologyNode } from '../../../topology/topology.ts'

const LOOPBACK = '127.0.0.1'
const LOWEST_PORT = 15_000
const DEFAULT_EPHEMERAL_PORT = 32_768
const TRIES = 200

/** Addresses of all listeners, where the proxies of a routed cluster are told what to do, and where brokers tell their own counters. */
export type LoopbackLayout = { addresses: Addresses; proxyApis: Endpoint[]; agents: Record<number, Endpoint> }

/** An address for every listener of every node; in a routed cluster what is advertised leads to a proxy. */
export async function layOutOnLoopback(topology: Topology): Promise<LoopbackLayout> {
  const wanted = topology.nodes.flatMap(node => node.listeners.map(listener => ({ node, listener })))
  const routed = topology.network === 'routed'
  const sources = sourcesOf(topology.links).length
  const watched = topology.brokerMetrics ? brokersOf(topology) : []
  const ports = await findFreePorts(wanted.length + watched.length + (routed ? wanted.length + sources : 0))
  const take = (): number => ports.pop() as number
  const addresses: Addresses = {}
  for (const { node, listener } of wanted) {
    const bind = { host: LOOPBACK, port: take() }
    const advertised = routed ? advertisedBehindProxy(node, listener, bind, take()) : bind
    addresses[node.id] = { ...addresses[node.id], [listener]: { bind, advertised } }
  }
  const endpoint = (): Endpoint => ({ host: LOOPBACK, port: take() })
  return {
    addresses,
    proxyApis: Array.from({ length: sources }, endpoint),
    agents: Object.fromEntries(watched.map(node => [node.id, endpoint()])),
  }
}

/** Peers get a name that each of them resolves to its own proxy; clients get the port of theirs; the observer is never proxied. */
function advertisedBehindProxy(node: TopologyNode, listener: ListenerName, bind: Endpoint, port: number): Endpoint {
  if (listener === 'OBSERVER') return bind
  if (listener === 'CLIENT') return { host: LOOPBACK, port }
  return { host: node.name, port: bind.port }
}

/** The loopback address on which a source meets its own proxy. */
export function proxyHost(source: LinkSource): string {
  return source === 'client' ? LOOPBACK : `127.0.10.${source}`
}

/** The name resolution of one JVM: itself at home, every other node at its own proxy; the file replaces all other ways to resolve. */
export function hostsFile(topology: Topology, node: TopologyNode, machine: string): string {
  const peers = topology.nodes.map(peer => `${peer.id === node.id ? LOOPBACK : proxyHost(node.id)} ${peer.name}`)
  return `${[`${LOOPBACK} localhost ${machine}`, ...peers].join('\n')}\n`
}

/**
 * Ports that were free a moment ago. A node that is killed and started again needs its port still to be free, and a
 * client that dials a port of the outgoing range while nobody listens can end up connected to itself.
 */
export async function findFreePorts(count: number): Promise<number[]> {
  const below = firstEphemeralPort()
  const [from, to] = below > LOWEST_PORT + 1000 ? [LOWEST_PORT, below] : [10_000, 65_000]
  const ports = new Set<number>()
  for (let attempt = 0; attempt < TRIES * count && ports.size < count; attempt++) {
    const port = randomInt(from, to)
    if (!ports.has(port) && (await isFree(port))) ports.add(port)
  }
  if (ports.size === count) return [...ports]
  throw new HarnessError({
    code: 'E303',
    message: `no ${count} free ports between ${from} and ${to} on ${LOOPBACK}`,
    hint: 'see who listens: ss -ltnp',
  })
}

function isFree(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ host: LOOPBACK, port, exclusive: true }, () => server.close(() => resolve(true)))
  })
}

function firstEphemeralPort(): number {
  try {
    return Number(readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').split(/\s+/)[0])
  } catch {
    return DEFAULT_EPHEMERAL_PORT
  }
}
