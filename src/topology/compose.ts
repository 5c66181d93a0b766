// Renders a topology as a compose file, so that the cluster of a run can be started by hand and looked at.
import { nodeService, nodeVolumes } from './compose-service.ts'
import { type Block, renderYaml } from './compose-yaml.ts'
import { addressIn, hostOf, LISTENER_PORTS, layOut, type PublishedPorts } from './containers.ts'
import { brokersOf, describeTopology, type Topology } from './topology.ts'

export type ComposeOptions = {
  /** Name of the file without its ending; the project, the network and the volumes are called after it. */
  name: string
  /** A private /24. */
  subnet: string
  clusterId: string
  /** Loopback port of the first broker's OBSERVER listener; the next brokers follow. */
  firstPort: number
}

/** The compose files of the repository whose nodes dial each other directly, by path; `npm run generate` writes them and a test compares them. */
export function composeFiles(kafkaVersion: string): { path: string; text: string }[] {
  const files = [
    { brokers: 1, name: 'one-broker', subnet: '10.212.1.0/24', clusterId: 'Z2F1bnRsZXQtb25lLTAwMQ', firstPort: 29092 },
    {
      brokers: 3,
      name: 'three-brokers',
      subnet: '10.212.3.0/24',
      clusterId: 'Z2F1bnRsZXQtdHJpLTAwMw',
      firstPort: 39092,
    },
  ]
  return files.map(({ brokers, ...options }) => ({
    path: `compose/${options.name}.yaml`,
    text: renderCompose(composeTopology(brokers, 'direct', kafkaVersion), options),
  }))
}

/** A compose file with the same properties, limits and addresses as the docker provider gives to containers. */
export function renderCompose(topology: Topology, options: ComposeOptions): string {
  const project = `gauntlet-${options.name}`
  const published: PublishedPorts = Object.fromEntries(
    brokersOf(topology).map((node, index) => [node.id, { OBSERVER: options.firstPort + index }]),
  )
  const { name, clusterId, subnet } = options
  const addresses = layOut(topology, subnet, published)
  const services = topology.nodes.map(node => {
    const port = published[node.id]?.OBSERVER
    const wiring = {
      networks: { default: { ipv4_address: hostOf(topology, node, subnet) } },
      ...(port === undefined ? {} : { ports: [`127.0.0.1:${port}:${LISTENER_PORTS.OBSERVER}`] }),
    }
    return [node.name, nodeService(topology, node, { name, clusterId, addresses, wiring })]
  })
  const document: Block = {
    services: Object.fromEntries(services) as Block,
    networks: { default: { name: project, ipam: { config: [{ subnet }] } } },
    volumes: nodeVolumes(topology, project),
  }
  return `${header(topology, options, project)}${renderYaml(document)}`
}

function header(topology: Topology, options: ComposeOptions, project: string): string {
  const brokers = brokersOf(topology)
  const inside = brokers.map(node => `${hostOf(topology, node, options.subnet)}:${LISTENER_PORTS.CLIENT}`)
  const outside = brokers.map((_, index) => `127.0.0.1:${options.firstPort + index}`)
  return [
    '# Starts by hand the cluster that the docker provider starts for a run; written by `npm run generate`, do not edit.',
    `# Start:   docker compose -p ${project} -f compose/${options.name}.yaml up -d     (or docker-compose)`,
    `# Remove:  docker compose -p ${project} -f compose/${options.name}.yaml down -v`,
    `# Dial:    ${inside.join(',')}  (a Linux host; its gateway is ${addressIn(options.subnet, 1)})`,
    `#          ${outside.join(',')}  (any host, through the engine's port proxy)`,
    '# Image:   KAFKA_IMAGE names another one, such as the one that `gauntlet images build` makes.',
    '',
  ].join('\n')
}

/** A cluster as compose files show it: nothing asked for but its size and its network. */
export function composeTopology(brokers: number, network: Topology['network'], kafkaVersion: string): Topology {
  return describeTopology({
    kind: 'started',
    brokers,
    controllers: 'combined',
    network,
    provider: 'docker',
    kafka: kafkaVersion,
    resources: {},
    workers: {},
    config: {},
    racks: [],
    readyTimeoutMs: 0,
  })
}
