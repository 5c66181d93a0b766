// Renders a routed topology as a compose file: a network per node, a Toxiproxy per source on all of them, and the routes that each one reads.
import { composeTopology } from './compose.ts'
import { CONFINED, nodeService, nodeVolumes } from './compose-service.ts'
import { type Block, renderYaml } from './compose-yaml.ts'
import { hostOf, LISTENER_PORTS, layOutRouted, type NodeSubnets, proxyHostIn, sideOf } from './containers.ts'
import { type LinkSource, routesOf, sourcesOf } from './links.ts'
import type { Addresses } from './properties.ts'
import { brokersOf, type Topology, type TopologyNode } from './topology.ts'

type RoutedComposeOptions = {
  name: string
  /** A private /24 per node, in the order of the nodes. */
  subnets: readonly string[]
  clusterId: string
  proxyImage: string
}

const API_PORT = 8474
const ROUTES_FILE = '/routes.json'
const PROXY_PIDS_LIMIT = 256

type Layout = RoutedComposeOptions & {
  topology: Topology
  project: string
  subnetOf: NodeSubnets
  addresses: Addresses
}

/** The routed compose file of the repository, by path, and the files that it mounts. */
export function routedComposeFiles(kafkaVersion: string, proxyImage: string): { path: string; text: string }[] {
  return renderRoutedCompose(composeTopology(3, 'routed', kafkaVersion), {
    name: 'three-brokers-routed',
    subnets: ['10.212.31.0/24', '10.212.32.0/24', '10.212.33.0/24'],
    clusterId: 'Z2F1bnRsZXQtcm91LTAwMw',
    proxyImage,
  })
}

/** The compose file, and beside it the routes of every proxy. */
function renderRoutedCompose(topology: Topology, options: RoutedComposeOptions): { path: string; text: string }[] {
  const subnetOf = Object.fromEntries(topology.nodes.map((node, index) => [node.id, options.subnets[index] ?? '']))
  const addresses = layOutRouted(topology, subnetOf)
  const layout: Layout = { ...options, topology, project: `gauntlet-${options.name}`, subnetOf, addresses }
  const sources = sourcesOf(topology.links)
  const document: Block = {
    services: Object.fromEntries([
      ...topology.nodes.map(node => [node.name, routedNode(layout, node)]),
      ...sources.map(source => [`proxy-${source}`, proxyService(layout, source)]),
    ]),
    networks: Object.fromEntries(topology.nodes.map(node => [node.name, nodeNetwork(layout, node)])),
    volumes: nodeVolumes(topology, layout.project),
  }
  return [
    { path: `compose/${options.name}.yaml`, text: `${header(layout)}${renderYaml(document)}` },
    ...sources.map(source => ({ path: `compose/${routesFile(layout, source)}`, text: routes(layout, source) })),
  ]
}

function routedNode({ topology, name, clusterId, addresses, subnetOf }: Layout, node: TopologyNode): Block {
  const address = hostOf(topology, node, subnetOf[node.id] ?? '')
  // Names of peers are answered by proxies, which must be there first.
  const proxies = sourcesOf(topology.links).map(source => `proxy-${source}`)
  const wiring = { depends_on: proxies, networks: { [node.name]: { ipv4_address: address } } }
  return nodeService(topology, node, { name, clusterId, addresses, wiring })
}

/** Only a node's own proxy answers on its network to the names of its peers, so that it meets nobody but through it. */
function proxyService(layout: Layout, source: LinkSource): Block {
  const { topology, name, subnetOf, proxyImage } = layout
  const networks = topology.nodes.map(node => {
    const peers = topology.nodes.filter(peer => peer.id !== source).map(peer => peer.name)
    const aliases: Block = node.id === source ? { aliases: peers } : {}
    return [node.name, { ipv4_address: proxyHostIn(topology, source, subnetOf[node.id] ?? ''), ...aliases }]
  })
  return {
    image: `\${TOXIPROXY_IMAGE:-${proxyImage}}`,
    container_name: `gauntlet-${name}-proxy-${source}`,
    command: ['-host=0.0.0.0', `-port=${API_PORT}`, `-config=${ROUTES_FILE}`],
    networks: Object.fromEntries(networks) as Block,
    volumes: [`./${routesFile(layout, source)}:${ROUTES_FILE}:ro`],
    ...CONFINED,
    pids_limit: PROXY_PIDS_LIMIT,
  }
}

function nodeNetwork({ project, subnetOf }: Layout, node: TopologyNode): Block {
  const subnet = subnetOf[node.id] ?? ''
  return { name: `${project}-${node.name}`, internal: true, ipam: { config: [{ subnet }] } }
}

function routesFile({ name }: Layout, source: LinkSource): string {
  return `${name}/proxy-${source}.json`
}

/** What Toxiproxy reads at its start; the docker provider tells it the same over its API. */
function routes({ topology, addresses, subnetOf }: Layout, source: LinkSource): string {
  const lines = routesOf(topology, addresses, source, sideOf(topology, source, subnetOf)).map(
    ({ link, listen, upstream }) => `  ${JSON.stringify({ name: link.name, listen, upstream, enabled: true })}`,
  )
  return `[\n${lines.join(',\n')}\n]\n`
}

function header({ topology, name, project, subnetOf, addresses }: Layout): string {
  const brokers = brokersOf(topology)
  const clients = brokers.map(node => addresses[node.id]?.CLIENT?.advertised).map(to => `${to?.host}:${to?.port}`)
  const direct = brokers.map(node => `${hostOf(topology, node, subnetOf[node.id] ?? '')}:${LISTENER_PORTS.OBSERVER}`)
  const apis = sourcesOf(topology.links).map(source => `${sideOf(topology, source, subnetOf)}:${API_PORT}`)
  return [
    '# Starts by hand the routed cluster that the docker provider starts for a drill; written by `npm run generate`, do not edit.',
    `# Start:   docker compose -p ${project} -f compose/${name}.yaml up -d     (or docker-compose)`,
    `# Remove:  docker compose -p ${project} -f compose/${name}.yaml down -v`,
    `# Dial:    ${clients.join(',')}  (a Linux host, through the proxies)`,
    `#          ${direct.join(',')}  (past them)`,
    `# Proxies: ${apis.join(', ')}  (Toxiproxy's API, a node's own each, that of clients last)`,
    '# Images:  `gauntlet images build` makes the one of Toxiproxy; KAFKA_IMAGE and TOXIPROXY_IMAGE name others.',
    '',
  ].join('\n')
}
