// Free ports on loopback for the listeners of a cluster, from below the range that the system hands to outgoing connections.
import { randomInt } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { HarnessError } from '../../../core/errors.ts'
import type { Addresses, ListenerAddress } from '../../../topology/properties.ts'
import type { Topology } from '../../../topology/topology.ts'

const LOOPBACK = '127.0.0.1'
const LOWEST_PORT = 15_000
const DEFAULT_EPHEMERAL_PORT = 32_768
const TRIES = 200

/** An address for every listener of every node. */
export async function layOutOnLoopback(topology: Topology): Promise<Addresses> {
  const wanted = topology.nodes.flatMap(node => node.listeners.map(listener => ({ node, listener })))
  const ports = await findFreePorts(wanted.length)
  const addresses: Addresses = {}
  for (const [index, { node, listener }] of wanted.entries()) {
    const endpoint = { host: LOOPBACK, port: ports[index] as number }
    const address: ListenerAddress = { bind: endpoint, advertised: endpoint }
    addresses[node.id] = { ...addresses[node.id], [listener]: address }
  }
  return addresses
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
