// What the engine is asked for: a container without capabilities, with bounded threads and logs and the limits of its node.
import {
  DATA_DIR,
  LISTENER_PORTS,
  LOG_LIMITS,
  METRICS_PORT,
  PIDS_LIMIT,
  type PublishedPorts,
} from '../../../topology/containers.ts'
import type { ListenerName, TopologyNode } from '../../../topology/topology.ts'
import type { ContainerSpec } from './client.ts'
import type { RunNames } from './names.ts'

const NANO_PER_CPU = 1e9

export type ContainerPlan = {
  node: TopologyNode
  names: RunNames
  network: string
  image: string
  host: string
  environment: Record<string, string>
  published?: PublishedPorts[number]
}

/** The creation request of a node's container, labels and name apart. */
export function containerSpec(plan: ContainerPlan): Omit<ContainerSpec, 'Labels' | 'name'> {
  const { node, names, network } = plan
  const { cpus, cpuset, memoryBytes } = node.resources
  const ports = Object.entries(plan.published ?? {})
  const inside = (listener: string) =>
    `${listener === 'METRICS' ? METRICS_PORT : LISTENER_PORTS[listener as ListenerName]}/tcp`
  return {
    Image: plan.image,
    Hostname: node.name,
    Env: Object.entries(plan.environment).map(([name, value]) => `${name}=${value}`),
    ExposedPorts: Object.fromEntries(ports.map(([listener]) => [inside(listener), {}])),
    NetworkingConfig: {
      EndpointsConfig: { [network]: { IPAMConfig: { IPv4Address: plan.host }, Aliases: [node.name] } },
    },
    HostConfig: {
      NetworkMode: network,
      Mounts: [{ Type: 'volume', Source: names.volume(node.name), Target: DATA_DIR }],
      PortBindings: Object.fromEntries(
        ports.map(([listener, port]) => [inside(listener), [{ HostIp: '127.0.0.1', HostPort: String(port) }]]),
      ),
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges'],
      PidsLimit: PIDS_LIMIT,
      RestartPolicy: { Name: 'no' },
      LogConfig: { Type: 'json-file', Config: LOG_LIMITS },
      ...(cpus === undefined ? {} : { NanoCpus: Math.round(cpus * NANO_PER_CPU) }),
      ...(cpuset === undefined ? {} : { CpusetCpus: cpuset }),
      ...(memoryBytes === undefined ? {} : { Memory: memoryBytes, MemorySwap: memoryBytes }),
    },
  }
}
