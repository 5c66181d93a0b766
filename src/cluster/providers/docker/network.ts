// Makes the network of a run on a subnet of its own, and finds host ports where container addresses cannot be dialled.
import { createServer } from 'node:net'
import { networkInterfaces } from 'node:os'
import { HarnessError } from '../../../core/errors.ts'
import { addressIn, type PublishedPorts } from '../../../topology/containers.ts'
import type { ListenerName, Topology, TopologyNode } from '../../../topology/topology.ts'
import type { Belongings } from './belongings.ts'
import { type DockerClient, statusOf } from './client.ts'
import { freeSubnets } from './subnet.ts'

export type NetworkRequest = { name: string; runId: string; labels: Record<string, string>; internal: boolean }

const MAX_TRIES = 8
/** Listeners that somebody outside the network dials. */
export const OUTSIDE_LISTENERS: readonly ListenerName[] = ['CLIENT', 'OBSERVER']

/** Creates the run's bridge network on the first candidate subnet that the engine accepts; returns the subnet. */
export async function createNetwork(
  client: DockerClient,
  belongings: Belongings,
  request: NetworkRequest,
): Promise<string> {
  const candidates = freeSubnets(await takenSubnets(client), request.runId).slice(0, MAX_TRIES)
  let subnet = ''
  await belongings.make({ kind: 'network', name: request.name }, async () => {
    for (const candidate of candidates) {
      if (!(await tryCreate(client, request, candidate))) continue
      subnet = candidate
      return
    }
    throw new HarnessError({
      code: 'E306',
      message: `no free private subnet among ${candidates.length} candidates in 10.213.0.0/16`,
      hint: 'remove networks that nobody uses: docker network ls',
    })
  })
  return subnet
}

/** False where another network, made in the meantime or unknown to the engine, has the subnet. */
async function tryCreate(client: DockerClient, request: NetworkRequest, subnet: string): Promise<boolean> {
  try {
    await client.call(`create network ${request.name}`, docker =>
      docker.createNetwork({
        Name: request.name,
        CheckDuplicate: true,
        Driver: 'bridge',
        Internal: request.internal,
        Labels: request.labels,
        IPAM: { Driver: 'default', Config: [{ Subnet: subnet, Gateway: addressIn(subnet, 1) }] },
      }),
    )
    return true
  } catch (error) {
    if (statusOf(error) === 403 && /overlap/i.test(String(error))) return false
    if (statusOf(error) === 500 && /overlap|conflict/i.test(String(error))) return false
    throw error
  }
}

async function takenSubnets(client: DockerClient): Promise<string[]> {
  const networks = await client.call('list networks', docker => docker.listNetworks())
  const ofEngine = networks.flatMap(network => network.IPAM?.Config ?? []).map(config => config.Subnet ?? '')
  const ofHost = Object.values(networkInterfaces()).flatMap(addresses =>
    (addresses ?? []).map(address => address.cidr ?? ''),
  )
  return [...ofEngine, ...ofHost]
}

/** A free loopback port for every listener that is dialled from outside; fixed, so that it survives kill and start. */
export async function choosePublishedPorts(topology: Topology): Promise<PublishedPorts> {
  const wanted = topology.nodes.flatMap(node =>
    [...outsideListeners(node), ...(isWatched(topology, node) ? (['METRICS'] as const) : [])].map(listener => ({
      node,
      listener,
    })),
  )
  const ports = await freePorts(wanted.length)
  const published: PublishedPorts = {}
  wanted.forEach(({ node, listener }, index) => {
    published[node.id] = { ...published[node.id], [listener]: ports[index] }
  })
  return published
}

/** Whether a node tells its own counters. */
export function isWatched(topology: Topology, node: TopologyNode): boolean {
  return topology.brokerMetrics === true && node.roles.includes('broker')
}

/** The listeners of a node that need a published port. */
function outsideListeners(node: TopologyNode): ListenerName[] {
  return node.listeners.filter(listener => OUTSIDE_LISTENERS.includes(listener))
}

/** Holds all ports open at once, so that no port is given twice. */
async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer()
      await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve))
      return server
    }),
  )
  const ports = servers.map(server => {
    const address = server.address()
    return typeof address === 'object' && address !== null ? address.port : 0
  })
  await Promise.all(servers.map(server => new Promise(resolve => server.close(resolve))))
  return ports
}
