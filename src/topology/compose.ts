// Renders a topology as a compose file, so that the cluster of a run can be started by hand and looked at.
import {
  addressIn,
  containerEnvironment,
  containerProperties,
  DATA_DIR,
  hostOf,
  LISTENER_PORTS,
  LOG_LIMITS,
  layOut,
  PIDS_LIMIT,
  type PublishedPorts,
} from './containers.ts'
import { brokersOf, describeTopology, type Topology, type TopologyNode } from './topology.ts'

export type ComposeOptions = {
  /** Name of the file without its ending; the project, the network and the volumes are called after it. */
  name: string
  /** A private /24. */
  subnet: string
  clusterId: string
  /** Loopback port of the first broker's OBSERVER listener; the next brokers follow. */
  firstPort: number
}

type Value = string | number | Block
type Block = { [key: string]: Value | readonly Value[] }

/** The compose files of the repository, by path; `npm run generate` writes them and a test compares them. */
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
    text: renderCompose(topologyOf(brokers, kafkaVersion), options),
  }))
}

/** A compose file with the same properties, limits and addresses as the docker provider gives to containers. */
export function renderCompose(topology: Topology, options: ComposeOptions): string {
  const project = `gauntlet-${options.name}`
  const published: PublishedPorts = Object.fromEntries(
    brokersOf(topology).map((node, index) => [node.id, { OBSERVER: options.firstPort + index }]),
  )
  const document: Block = {
    services: Object.fromEntries(topology.nodes.map(node => [node.name, service(topology, options, published, node)])),
    networks: {
      default: { name: project, ipam: { config: [{ subnet: options.subnet }] } },
    },
    volumes: Object.fromEntries(
      topology.nodes.map(node => [`${node.name}-data`, { name: `${project}-${node.name}-data` }]),
    ),
  }
  return `${header(topology, options, project)}${render(document, 0)}`
}

function service(topology: Topology, options: ComposeOptions, published: PublishedPorts, node: TopologyNode): Block {
  const addresses = layOut(topology, options.subnet, published)
  const environment = containerEnvironment(node, options.clusterId, containerProperties(topology, addresses, node))
  const { cpus, cpuset, memoryBytes } = node.resources
  const port = published[node.id]?.OBSERVER
  return {
    image: `\${KAFKA_IMAGE:-apache/kafka:${topology.kafkaVersion}}`,
    container_name: `gauntlet-${options.name}-${node.name}`,
    hostname: node.name,
    environment: Object.fromEntries(
      Object.entries(environment).map(([name, value]) => [name, value.replaceAll('$', '$$$$')]),
    ),
    networks: { default: { ipv4_address: hostOf(topology, node, options.subnet) } },
    ...(port === undefined ? {} : { ports: [`127.0.0.1:${port}:${LISTENER_PORTS.OBSERVER}`] }),
    volumes: [`${node.name}-data:${DATA_DIR}`],
    cap_drop: ['ALL'],
    security_opt: ['no-new-privileges:true'],
    pids_limit: PIDS_LIMIT,
    ...(cpus === undefined ? {} : { cpus }),
    ...(cpuset === undefined ? {} : { cpuset }),
    ...(memoryBytes === undefined ? {} : { mem_limit: `${memoryBytes}b`, memswap_limit: `${memoryBytes}b` }),
    stop_grace_period: '2m',
    logging: { driver: 'json-file', options: LOG_LIMITS },
  }
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

function topologyOf(brokers: number, kafkaVersion: string): Topology {
  return describeTopology({
    kind: 'started',
    brokers,
    controllers: 'combined',
    network: 'direct',
    provider: 'docker',
    kafka: kafkaVersion,
    resources: {},
    workers: {},
    config: {},
    racks: [],
    readyTimeoutMs: 0,
  })
}

/** Block-style YAML; texts are quoted as JSON, which YAML reads alike. */
function render(block: Block, depth: number): string {
  const indent = '  '.repeat(depth)
  return Object.entries(block)
    .map(([key, value]) => {
      if (Array.isArray(value)) return `${indent}${key}:\n${value.map(item => `${indent}  - ${flow(item)}\n`).join('')}`
      if (typeof value === 'object') return `${indent}${key}:\n${render(value as Block, depth + 1)}`
      return `${indent}${key}: ${flow(value)}\n`
    })
    .join('')
}

function flow(value: Value): string {
  if (typeof value !== 'object') return JSON.stringify(value)
  return `{ ${Object.entries(value)
    .map(([key, item]) => `${key}: ${JSON.stringify(item)}`)
    .join(', ')} }`
}
