// One cell made concrete: topics, groups with resolved settings, and what they will write.
import { capabilitiesOf } from '../drivers/capabilities.ts'
import type { Settings } from '../scenario/schema/common.ts'
import type { ConsumerGroup, ProducerGroup, Scenario } from '../scenario/schema/scenario.ts'
import type { SizeSpec } from '../scenario/schema/values.ts'
import { safeMinInsyncReplicas } from '../topology/topology.ts'
import { applyCell, type Cell } from './cells.ts'
import { asSettings, leftOut, type OuterLayers, type Resolved, resolveConsumer, resolveProducer } from './settings.ts'

/** A topic to create; `declared` is its name in the scenario. */
export type TopicSetup = {
  declared: string
  name: string
  partitions: number
  replicationFactor: number
  config: Record<string, string>
  sources: Resolved[]
}

type ClientSetup = { rows: Resolved[]; settings: Settings; topicNames: string[]; leftOut: string[] }

export type ProducerSetup = ProducerGroup & ClientSetup
export type ConsumerSetup = ConsumerGroup & ClientSetup & { commit: NonNullable<ConsumerGroup['commit']> }

export type TrialSetup = {
  cell: Cell
  scenario: Scenario
  topics: TopicSetup[]
  producers: ProducerSetup[]
  consumers: ConsumerSetup[]
  durationMs: number
  records: number
  bytes: number
  bytesOnDisk: number
}

/** The mean size of values, for estimates. */
export function meanSize(size: SizeSpec): number {
  if (typeof size === 'number') return size
  if (size.distribution === 'uniform') return (size.min + size.max) / 2
  return Math.min(size.max, (size.median ?? size.min) * Math.exp((size.sigma * size.sigma) / 2))
}

/** `ofBrokers` is what a cell's matrix sets on the brokers. */
function topicsOf(scenario: Scenario, ofBrokers: Settings): TopicSetup[] {
  const brokers = scenario.cluster.kind === 'started' ? scenario.cluster.brokers : 3
  return scenario.topics.flatMap(topic => {
    const replicationFactor = topic.replicationFactor ?? Math.min(3, brokers)
    const given = Object.fromEntries(Object.entries(topic.config).map(([name, value]) => [name, String(value)]))
    // Set on the topic itself, because with ELR the active controller's static value would win over the brokers'.
    const broker = scenario.cluster.kind === 'started' ? { ...scenario.cluster.config, ...ofBrokers } : {}
    const least = broker['min.insync.replicas'] ?? safeMinInsyncReplicas(replicationFactor)
    const config = { 'min.insync.replicas': String(least), ...given }
    const sources = Object.entries(config).map(([name, value]) => ({
      name,
      value,
      source: name in given ? 'scenario' : name in broker ? 'brokers' : 'default',
    }))
    const names = topic.count === 1 ? [topic.name] : Array.from({ length: topic.count }, (_, i) => `${topic.name}-${i}`)
    return names.map(name => ({
      declared: topic.name,
      name,
      partitions: topic.partitions,
      replicationFactor,
      config,
      sources,
    }))
  })
}

function recordsOf(scenario: Scenario): number {
  return scenario.load.segments.reduce(
    (sum, segment) => sum + (((segment.fromPerSecond + segment.toPerSecond) / 2) * segment.durationMs) / 1000,
    0,
  )
}

/** Resolves everything one cell needs. */
export function resolveTrial(
  base: Scenario,
  cell: Cell,
  producerLayers: OuterLayers,
  consumerLayers: OuterLayers,
): TrialSetup {
  const { scenario, matrix } = applyCell(base, cell.values)
  const topics = topicsOf(scenario, matrix.brokers)
  const namesOf = (declared: readonly string[]): string[] =>
    topics.filter(topic => declared.includes(topic.declared)).map(topic => topic.name)
  const producers = scenario.producers.map((group): ProducerSetup => {
    const layers = [
      ...producerLayers.under,
      { source: 'scenario', values: group.config },
      ...producerLayers.over,
      { source: 'matrix', values: matrix.producers },
    ]
    const capabilities = capabilitiesOf(group.driver, group.mode)
    const rows = resolveProducer(layers, capabilities)
    return {
      ...group,
      rows,
      settings: asSettings(rows),
      topicNames: namesOf(group.topics),
      leftOut: leftOut(layers, rows, capabilities.producer),
    }
  })
  const consumers = scenario.consumers.map((group): ConsumerSetup => {
    const layers = [
      ...consumerLayers.under,
      { source: 'scenario', values: group.config },
      ...consumerLayers.over,
      { source: 'matrix', values: matrix.consumers },
    ]
    const capabilities = capabilitiesOf(group.driver, group.mode)
    const rows = resolveConsumer(layers, capabilities)
    return {
      ...group,
      // A transaction commits its own offsets.
      commit: group.commit ?? (capabilities.assignsPartitions || group.transform ? 'none' : 'auto'),
      rows,
      settings: asSettings(rows),
      topicNames: namesOf(group.topics),
      leftOut: leftOut(layers, rows, capabilities.consumer),
    }
  })
  const records = recordsOf(scenario)
  const bytes = producers.reduce((sum, group) => sum + records * group.share * meanSize(group.values.size), 0)
  const factor = topics.reduce((sum, topic) => sum + topic.replicationFactor, 0) / Math.max(1, topics.length)
  const durationMs = scenario.load.segments.reduce((sum, segment) => sum + segment.durationMs, 0)
  return {
    cell,
    scenario,
    topics,
    producers,
    consumers,
    durationMs,
    records: Math.round(records),
    bytes: Math.round(bytes),
    bytesOnDisk: Math.round(bytes * factor),
  }
}
