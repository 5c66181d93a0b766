// Server properties of a node: the full set, since an image drops all of its own defaults once one is given.
import {
  brokersOf,
  controllersOf,
  type ListenerName,
  safeMinInsyncReplicas,
  type Topology,
  type TopologyNode,
} from './topology.ts'

export type Endpoint = { host: string; port: number }

/** Where a node's listener is bound, and what others are told. */
export type ListenerAddress = { bind: Endpoint; advertised: Endpoint }

/** Addresses of every node, made by a provider. */
export type Addresses = Record<number, Partial<Record<ListenerName, ListenerAddress>>>

function listenerList(
  node: TopologyNode,
  addresses: Addresses,
  side: keyof ListenerAddress,
  names: ListenerName[],
): string {
  return names
    .map(name => {
      const address = addresses[node.id]?.[name]
      if (!address) throw new Error(`no ${name} address for node ${node.id}`)
      return `${name}://${address[side].host}:${address[side].port}`
    })
    .join(',')
}

function quorumVoters(topology: Topology, addresses: Addresses): string {
  return controllersOf(topology)
    .map(node => {
      const address = addresses[node.id]?.CONTROLLER
      if (!address) throw new Error(`no CONTROLLER address for node ${node.id}`)
      return `${node.id}@${address.advertised.host}:${address.advertised.port}`
    })
    .join(',')
}

/** All server properties of one node, the scenario's own laid over ours. */
export function nodeProperties(
  topology: Topology,
  addresses: Addresses,
  node: TopologyNode,
  dataDir: string,
): Record<string, string> {
  const factor = Math.min(3, brokersOf(topology).length)
  const minIsr = String(safeMinInsyncReplicas(factor))
  const broker = node.roles.includes('broker')
  return {
    'process.roles': node.roles.join(','),
    'node.id': String(node.id),
    'controller.quorum.voters': quorumVoters(topology, addresses),
    'controller.listener.names': 'CONTROLLER',
    'listener.security.protocol.map': 'CLIENT:PLAINTEXT,OBSERVER:PLAINTEXT,INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT',
    listeners: listenerList(node, addresses, 'bind', node.listeners),
    'advertised.listeners': listenerList(node, addresses, 'advertised', node.listeners),
    ...(broker ? { 'inter.broker.listener.name': 'INTERNAL' } : {}),
    ...(broker && node.rack !== undefined ? { 'broker.rack': node.rack } : {}),
    'log.dirs': dataDir,
    'default.replication.factor': String(factor),
    'min.insync.replicas': minIsr,
    'offsets.topic.replication.factor': String(factor),
    'transaction.state.log.replication.factor': String(factor),
    'transaction.state.log.min.isr': minIsr,
    'share.coordinator.state.topic.replication.factor': String(factor),
    'share.coordinator.state.topic.min.isr': minIsr,
    'group.initial.rebalance.delay.ms': '0',
    'unclean.leader.election.enable': 'false',
    'auto.create.topics.enable': 'false',
    ...topology.config,
  }
}

/** Properties file text, one line each, in the order given. */
export function renderProperties(properties: Record<string, string>): string {
  return `${Object.entries(properties)
    .map(([name, value]) => `${name}=${value.replace(/\\/g, '\\\\')}`)
    .join('\n')}\n`
}

/** Kafka's image takes properties as variables: dots become _, underscores __, dashes ___. */
export function imageEnvironment(properties: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(properties).map(([name, value]) => [
      `KAFKA_${name.replace(/_/g, '__').replace(/-/g, '___').replace(/\./g, '_').toUpperCase()}`,
      value,
    ]),
  )
}
