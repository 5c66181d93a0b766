// The service of a node in a compose file: the same image, properties, limits and grace as the docker provider gives to its container.
import type { Block, Value } from './compose-yaml.ts'
import { containerEnvironment, containerProperties, DATA_DIR, LOG_LIMITS, PIDS_LIMIT } from './containers.ts'
import type { Addresses } from './properties.ts'
import type { Topology, TopologyNode } from './topology.ts'

export type ServicePlan = {
  /** Name of the file without its ending. */
  name: string
  clusterId: string
  addresses: Addresses
  /** Networks, and ports where some are published. */
  wiring: Record<string, Value | readonly Value[]>
}

/** What every container of ours may not do. */
export const CONFINED: Block = { cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'] }

/** A node as a service. */
export function nodeService(topology: Topology, node: TopologyNode, plan: ServicePlan): Block {
  const properties = containerProperties(topology, plan.addresses, node)
  const environment = containerEnvironment(node, plan.clusterId, properties)
  const { cpus, cpuset, memoryBytes } = node.resources
  return {
    image: `\${KAFKA_IMAGE:-apache/kafka:${topology.kafkaVersion}}`,
    container_name: `gauntlet-${plan.name}-${node.name}`,
    hostname: node.name,
    environment: Object.fromEntries(
      Object.entries(environment).map(([name, value]) => [name, value.replaceAll('$', '$$$$')]),
    ),
    ...plan.wiring,
    volumes: [`${node.name}-data:${DATA_DIR}`],
    ...CONFINED,
    pids_limit: PIDS_LIMIT,
    ...(cpus === undefined ? {} : { cpus }),
    ...(cpuset === undefined ? {} : { cpuset }),
    ...(memoryBytes === undefined ? {} : { mem_limit: `${memoryBytes}b`, memswap_limit: `${memoryBytes}b` }),
    stop_grace_period: '2m',
    logging: { driver: 'json-file', options: LOG_LIMITS },
  }
}

/** A volume per node. */
export function nodeVolumes(topology: Topology, project: string): Block {
  return Object.fromEntries(topology.nodes.map(node => [`${node.name}-data`, { name: `${project}-${node.name}-data` }]))
}
