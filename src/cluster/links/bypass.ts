// Whether a routed cluster is one: every advertised address is a proxy, and no node holds a connection that goes around them.
import { HarnessError } from '../../core/errors.ts'
import { ClusterAdmin } from '../../protocol/admin.ts'
import type { Addresses } from '../../topology/properties.ts'
import type { Topology } from '../../topology/topology.ts'
import type { LinkPowers, StartedCluster } from '../cluster.ts'
import { waitUntil } from '../wait.ts'

/** Reads the remote ends of a node's established connections. */
export type SocketReader = (nodeId: number) => Promise<string[]>

const ESTABLISHED = '01'
const SETTLE_MS = 10_000

/** Throws E313 where something goes around a proxy, or where nothing can be seen to go through one. */
export async function assertRouted(
  cluster: StartedCluster,
  links: LinkPowers,
  topology: Topology,
  addresses: Addresses,
  remotesOf: SocketReader,
): Promise<void> {
  await assertAdvertised(cluster, links)
  for (const node of topology.nodes) {
    const direct = new Map(
      topology.nodes
        .filter(peer => peer.id !== node.id)
        .flatMap(peer => boundOf(addresses, peer.id).map(address => [address, peer.name] as const)),
    )
    const own = links.links.filter(link => link.source === node.id).map(link => links.entrance(link.name))
    let seen: string[] = []
    const isProxied = await waitUntil(async () => {
      seen = await remotesOf(node.id)
      return seen.some(remote => own.some(door => sameDoor(door, remote)))
    }, SETTLE_MS)
    const around = seen.find(remote => direct.has(remote))
    if (around !== undefined) throw broken(`${node.name} is connected to ${direct.get(around)} directly (${around})`)
    if (!isProxied) throw broken(`${node.name} holds no connection to its proxy (${own.join(', ')})`)
  }
}

/** Where a node listens itself, for everybody but the observer. */
function boundOf(addresses: Addresses, nodeId: number): string[] {
  return Object.entries(addresses[nodeId] ?? {})
    .filter(([listener]) => listener !== 'OBSERVER')
    .map(([, { bind }]) => `${bind.host}:${bind.port}`)
}

/** What clients are told must be the entrance of a link. */
async function assertAdvertised(cluster: StartedCluster, links: LinkPowers): Promise<void> {
  const admin = await ClusterAdmin.connect({ brokers: cluster.bootstrap })
  try {
    for (const { id, host, port } of (await admin.describeCluster()).brokers) {
      const wanted = links.links.find(link => link.plane === 'CLIENT' && link.target === id)
      const address = `${host}:${port}`
      if (wanted === undefined || !sameDoor(links.entrance(wanted.name), address))
        throw broken(`broker ${id} tells clients ${address}, which is no proxy`)
    }
  } finally {
    await admin.close()
  }
}

/** A listener on every address is met at any of them. */
function sameDoor(listen: string, address: string): boolean {
  const port = (text: string): string => text.slice(text.lastIndexOf(':') + 1)
  return listen === address || (listen.startsWith('[::]:') && port(listen) === port(address))
}

function broken(message: string): HarnessError {
  return new HarnessError({ code: 'E313', message, hint: 'report this: drills on this cluster would prove nothing' })
}

/** Remote ends of established connections, out of the text of /proc/net/tcp and tcp6; only of the sockets named, where they are. */
export function remoteEnds(tables: string, inodes?: ReadonlySet<string>): string[] {
  return tables.split('\n').flatMap(line => {
    const fields = line.trim().split(/\s+/)
    const [, , remote = '', state] = fields
    if (state !== ESTABLISHED || (inodes && !inodes.has(fields[9] ?? ''))) return []
    const [host = '', port = ''] = remote.split(':')
    return [`${addressOf(host)}:${Number.parseInt(port, 16)}`]
  })
}

/** The kernel prints addresses as 32-bit words in the byte order of the machine; the last word of a mapped one is IPv4. */
function addressOf(hex: string): string {
  const word = hex.slice(-8)
  return [6, 4, 2, 0].map(at => Number.parseInt(word.slice(at, at + 2), 16)).join('.')
}
