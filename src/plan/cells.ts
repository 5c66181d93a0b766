// Expands a matrix into cells, and lays a cell's values over the scenario.

import type { Settings, SettingValue } from '../scenario/schema/common.ts'
import type { Segment } from '../scenario/schema/load.ts'
import type { Axis, MatrixSpec } from '../scenario/schema/matrix.ts'
import type { Scenario } from '../scenario/schema/scenario.ts'

export type Cell = { index: number; values: Settings; label: string }

/** More combinations than this are not even laid out to see how many of them are excluded. */
const MAX_COMBINATIONS = 100_000

/** Number of cells, before what is more than anybody can want is allocated. */
export function countCells(matrix: MatrixSpec): number {
  const combinations = matrix.axes.reduce((product, axis) => product * axis.values.length, 1)
  return combinations > MAX_COMBINATIONS ? combinations + matrix.include.length : expandCells(matrix).length
}

const matches = (cell: Settings, wanted: Settings): boolean =>
  Object.entries(wanted).every(([name, value]) => String(cell[name]) === String(value))

/** Every combination of the axes, less the excluded ones, plus the included ones. */
export function expandCells(matrix: MatrixSpec): Cell[] {
  const combine = (axes: readonly Axis[]): Settings[] => {
    const [first, ...rest] = axes
    if (!first) return [{}]
    const tails = combine(rest)
    return first.values.flatMap(value => tails.map(tail => ({ [first.name]: value, ...tail })))
  }
  const kept = combine(matrix.axes).filter(cell => !matrix.exclude.some(wanted => matches(cell, wanted)))
  const isNew = (cell: Settings, index: number): boolean =>
    ![...kept, ...matrix.include.slice(0, index)].some(other => matches(other, cell))
  const added = matrix.include.filter(isNew)
  return [...kept, ...added].map((values, index) => ({ index, values, label: labelOf(values) }))
}

/** "acks=all linger.ms=5"; the single cell of a scenario without a matrix has no values to name. */
export function labelOf(values: Settings): string {
  const parts = Object.entries(values).map(([name, value]) => `${name}=${value}`)
  return parts.length === 0 ? 'single cell' : parts.join(' ')
}

/** The values of a cell under one scope, by setting. */
export function valuesOfScope(cell: Settings, axes: readonly Axis[], scope: Axis['scope']): Settings {
  const own = axes.filter(axis => axis.scope === scope && cell[axis.name] !== undefined)
  return Object.fromEntries(own.map(axis => [axis.setting, cell[axis.name] as SettingValue]))
}

function without(settings: Settings, names: readonly string[]): Settings {
  return Object.fromEntries(Object.entries(settings).filter(([name]) => !names.includes(name)))
}

const PRODUCER_FIELDS = ['workers', 'driver', 'mode', 'compression', 'values.size', 'values.compressible'] as const
const CONSUMER_FIELDS = ['groups', 'members', 'commit'] as const
const TOPIC_FIELDS = ['partitions', 'replication.factor', 'count'] as const

/** The scenario of one cell, with the settings the matrix sets per scope kept apart so that their source can be shown. */
export type CellScenario = {
  scenario: Scenario
  matrix: { producers: Settings; consumers: Settings; brokers: Settings }
}

/** Lays a cell over the scenario. */
export function applyCell(scenario: Scenario, cell: Settings): CellScenario {
  const { axes } = scenario.matrix
  const of = (scope: Axis['scope']) => valuesOfScope(cell, axes, scope)
  const [producers, consumers, topics, brokers, load] = [
    of('producers'),
    of('consumers'),
    of('topics'),
    of('brokers'),
    of('load'),
  ]
  const next: Scenario = {
    ...scenario,
    producers: scenario.producers.map(group => applyProducer(group, producers)),
    consumers: scenario.consumers.map(group => applyConsumer(group, consumers)),
    topics: scenario.topics.map(topic => applyTopic(topic, topics)),
    load:
      load['rate'] === undefined
        ? scenario.load
        : {
            ...scenario.load,
            segments: scenario.load.segments.map(segment => withRate(segment, load['rate'] as SettingValue)),
          },
  }
  return {
    scenario: next,
    matrix: { producers: without(producers, PRODUCER_FIELDS), consumers: without(consumers, CONSUMER_FIELDS), brokers },
  }
}

function applyProducer(group: Scenario['producers'][number], set: Settings): Scenario['producers'][number] {
  return {
    ...group,
    workers: Number(set['workers'] ?? group.workers),
    driver: (set['driver'] as typeof group.driver | undefined) ?? group.driver,
    mode: (set['mode'] as typeof group.mode | undefined) ?? group.mode,
    compression: (set['compression'] as typeof group.compression | undefined) ?? group.compression,
    values: {
      ...group.values,
      ...(set['values.size'] === undefined ? {} : { size: Number(set['values.size']) }),
      ...(set['values.compressible'] === undefined ? {} : { compressible: Number(set['values.compressible']) }),
    },
  }
}

function applyConsumer(group: Scenario['consumers'][number], set: Settings): Scenario['consumers'][number] {
  return {
    ...group,
    groups: Number(set['groups'] ?? group.groups),
    members: Number(set['members'] ?? group.members),
    commit: (set['commit'] as typeof group.commit | undefined) ?? group.commit,
  }
}

function applyTopic(topic: Scenario['topics'][number], set: Settings): Scenario['topics'][number] {
  const factor = set['replication.factor'] ?? topic.replicationFactor
  return {
    ...topic,
    count: Number(set['count'] ?? topic.count),
    partitions: Number(set['partitions'] ?? topic.partitions),
    ...(factor === undefined ? {} : { replicationFactor: Number(factor) }),
    config: { ...topic.config, ...without(set, TOPIC_FIELDS) },
  }
}

function withRate(segment: Segment, rate: SettingValue): Segment {
  if (rate === 'max') return { ...segment, max: true, fromPerSecond: 0, toPerSecond: 0 }
  return { ...segment, max: false, fromPerSecond: Number(rate), toPerSecond: Number(rate) }
}
