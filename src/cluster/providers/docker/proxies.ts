// The proxies of a routed cluster as containers: one network per node, one Toxiproxy per source, and only the proxies on all networks.
import { HarnessError } from '../../../core/errors.ts'
import { hostOf, layOutRouted, type NodeSubnets, proxyHostIn, sideOf } from '../../../topology/containers.ts'
import { type LinkSource, routesOf, sourcesOf } from '../../../topology/links.ts'
import { chooseProxyImage } from '../../images/choose.ts'
import { ProxyLinks, type ProxyServer } from '../../links/powers.ts'
import type { Belongings } from './belongings.ts'
import { containerLabels, networkLabels, type RunNames } from './names.ts'
import { createNetwork } from './network.ts'
import type { StartContext, Wiring } from './start.ts'

const API_PORT = 8474
/** Beyond the numbers of nodes. */
const FIRST_PROXY_ID = 201

/** One network per node, proxies on all of them, and every link open. */
export async function wireRouted(context: StartContext, belongings: Belongings, names: RunNames): Promise<Wiring> {
  const { client, engine, owner, request } = context
  const { topology, runId } = request
  if (!engine.containersReachable)
    throw new HarnessError({
      code: 'E313',
      message: 'this engine keeps its networks away from the host, so nothing could be proven about links',
      hint: 'run with --provider process, or on a Linux host',
    })
  const subnets: NodeSubnets = {}
  for (const node of topology.nodes) {
    subnets[node.id] = await createNetwork(client, belongings, {
      name: names.nodeNetwork(node.name),
      runId,
      labels: networkLabels(runId, owner),
      internal: true,
    })
  }
  const addresses = layOutRouted(topology, subnets)
  const image = await chooseProxyImage(client, request.onProgress)
  const servers = await Promise.all(
    sourcesOf(topology.links).map(async (source, index): Promise<ProxyServer> => {
      const name = await makeProxy(context, belongings, names, { source, id: FIRST_PROXY_ID + index, image, subnets })
      const side = sideOf(topology, source, subnets)
      return {
        source,
        name,
        api: `http://${side}:${API_PORT}`,
        routes: routesOf(topology, addresses, source, side),
        restart: () => client.call(`restart ${name}`, docker => docker.getContainer(name).restart({ t: 0 }), 30_000),
      }
    }),
  )
  const links = new ProxyLinks(servers, request.journal)
  await links.open()
  return { addresses, links, hostOf: node => hostOf(topology, node, subnets[node.id] ?? '') }
}

type ProxyPlan = { source: LinkSource; id: number; image: string; subnets: NodeSubnets }

/** Created on its own side, joined to every other network, then started. */
async function makeProxy(
  { client, owner, request }: StartContext,
  belongings: Belongings,
  names: RunNames,
  { source, id, image, subnets }: ProxyPlan,
): Promise<string> {
  const { topology, runId } = request
  const service = `proxy-${source}`
  const container = names.container(service)
  const home = topology.nodes.find(node => node.id === source) ?? topology.nodes[0]
  const endpoint = (node: (typeof topology.nodes)[number]) => ({
    IPAMConfig: { IPv4Address: proxyHostIn(topology, source, subnets[node.id] ?? '') },
    // On its own side the proxy answers to the names of all others.
    Aliases: node.id === source ? topology.nodes.filter(peer => peer.id !== source).map(peer => peer.name) : [],
  })
  if (!home) throw new RangeError('a cluster without nodes')
  const spec = {
    Image: image,
    Cmd: ['-host=0.0.0.0', `-port=${API_PORT}`],
    Env: ['LOG_LEVEL=error'],
    NetworkingConfig: { EndpointsConfig: { [names.nodeNetwork(home.name)]: endpoint(home) } },
    HostConfig: {
      NetworkMode: names.nodeNetwork(home.name),
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges'],
      PidsLimit: 256,
    },
  }
  const labelled = { ...spec, name: container, Labels: containerLabels(runId, owner, { id, name: service }, spec) }
  await belongings.make({ kind: 'container', name: container }, () =>
    client.call(`create container ${container}`, docker => docker.createContainer(labelled)),
  )
  for (const node of topology.nodes.filter(other => other.id !== home.id)) {
    const network = names.nodeNetwork(node.name)
    await client.call(`connect ${container} to ${network}`, docker =>
      docker.getNetwork(network).connect({ Container: container, EndpointConfig: endpoint(node) }),
    )
  }
  await client.call(`start ${container}`, docker => docker.getContainer(container).start(), 30_000)
  return container
}
