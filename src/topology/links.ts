// The links of a routed cluster: every pair that talks, the proxy between them, and which of its streams carries whose bytes.
import type { Addresses } from './properties.ts'
import type { Topology, TopologyNode } from './topology.ts'

export type Plane = 'INTERNAL' | 'CONTROLLER' | 'CLIENT'
/** Who dials: a node, or everybody outside the cluster. */
export type LinkSource = number | 'client'
/** A proxied path; `source` dials `target`, so requests run upstream and answers, replicated records among them, downstream. */
export type Link = { name: string; plane: Plane; source: LinkSource; target: number }
export type Stream = 'upstream' | 'downstream'
/** One direction of one link. */
export type Flow = { link: string; stream: Stream }

/** Where a link enters its proxy and where it leaves it, as host:port. */
export type Route = { link: Link; listen: string; upstream: string }

/** Every path between nodes, and from outside to every broker; nodes never dial themselves through a proxy. */
export function linksBetween(nodes: readonly TopologyNode[]): Link[] {
  const link = (plane: Plane, source: LinkSource, target: number): Link => ({
    name: `${plane.toLowerCase()}-${source === 'client' ? '' : `${source}-`}${target}`,
    plane,
    source,
    target,
  })
  const brokers = nodes.filter(node => node.roles.includes('broker'))
  const controllers = nodes.filter(node => node.roles.includes('controller'))
  const pairs = (plane: Plane, from: readonly TopologyNode[], to: readonly TopologyNode[]): Link[] =>
    from.flatMap(a => to.filter(b => b.id !== a.id).map(b => link(plane, a.id, b.id)))
  return [
    ...pairs('INTERNAL', brokers, brokers),
    ...pairs('CONTROLLER', nodes, controllers),
    ...brokers.map(node => link('CLIENT', 'client', node.id)),
  ]
}

/** Who has a proxy of its own, the outside last. */
export function sourcesOf(links: readonly Link[]): LinkSource[] {
  return [...new Set(links.map(link => link.source))]
}

/** The streams that carry bytes from one end to the other, whoever dialled. */
export function flowsFrom(links: readonly Link[], from: LinkSource, to: LinkSource): Flow[] {
  return links.flatMap((link): Flow[] => {
    if (link.source === from && link.target === to) return [{ link: link.name, stream: 'upstream' }]
    if (link.source === to && link.target === from) return [{ link: link.name, stream: 'downstream' }]
    return []
  })
}

/** Both directions between two ends. */
export function flowsBetween(links: readonly Link[], a: LinkSource, b: LinkSource): Flow[] {
  return [...flowsFrom(links, a, b), ...flowsFrom(links, b, a)]
}

/** Where each link of one source listens and leads; `host` is the source's own side of its proxy. */
export function routesOf(topology: Topology, addresses: Addresses, source: LinkSource, host: string): Route[] {
  return topology.links
    .filter(link => link.source === source)
    .map(link => {
      const address = addresses[link.target]?.[link.plane]
      if (!address) throw new Error(`no ${link.plane} address for node ${link.target}`)
      return {
        link,
        listen: `${host}:${address.advertised.port}`,
        upstream: `${address.bind.host}:${address.bind.port}`,
      }
    })
}
