// The whole scenario language: sections together, references between them, and defaults that depend on each other.
import * as z from 'zod'
import { nearest } from '../../core/suggest.ts'
import { listed, show } from '../show.ts'
import { consumerSchema, producerSchema } from './clients.ts'
import { clusterSchema } from './cluster.ts'
import { addProblem, type Ctx, type Draft, evenIfBroken, part, slug } from './common.ts'
import { type Expectation, expectSchema } from './expect.ts'
import { checkFaults, faultsSchema } from './faults.ts'
import { loadSchema } from './load.ts'
import { type Axis, axesOf, findAxis, matrixSchema, readAxisValue, wordsOf } from './matrix.ts'
import { stopSchema } from './stop.ts'
import { topicSchema, topicSpec } from './topics.ts'
import { checkTransforms, targetsOf } from './transform.ts'

export const scenarioShape = z.strictObject({
  version: z.literal(1).describe('Version of the scenario language'),
  name: slug.describe('Name of the scenario, used in paths and topics'),
  description: z.string().max(2000).describe('What the scenario is for; shown in reports').optional(),
  cluster: clusterSchema,
  topics: z.array(topicSchema).min(1).max(200).describe('What is created, fresh for every trial'),
  producers: z.array(producerSchema).min(1).max(50).describe('Groups of worker processes that write'),
  consumers: z.array(consumerSchema).max(50).describe('Groups of worker processes that read').default([]),
  load: loadSchema,
  matrix: matrixSchema,
  repeat: z.int().min(1).max(100).describe('Repetitions of every cell').default(1),
  seed: z.int().min(0).max(4_294_967_295).describe('Seed of order, payloads, keys and arrivals').default(1),
  faults: faultsSchema,
  stop: stopSchema,
  expect: expectSchema,
})

type Sections = 'topics' | 'producers' | 'consumers'

const itemsOf = (draft: Draft, kind: Sections): Record<string, unknown>[] => part.list(draft[kind]).map(part.map)

function checkNames(kind: Sections, draft: Draft, ctx: Ctx): void {
  const seen = new Map<string, number>()
  itemsOf(draft, kind).forEach((item, index) => {
    const name = part.text(item['name'])
    if (name === undefined) return
    const first = seen.get(name)
    if (first === undefined) seen.set(name, index)
    else
      addProblem(ctx, 'E128', `name ${show(name)} is given to two ${kind}`, {
        path: [kind, index, 'name'],
        relatedPath: [kind, first, 'name'],
        hint: 'write another name',
      })
  })
}

/** A topic with count n becomes name-0 … name-(n−1), which another topic may not be called. */
function checkTopicFamilies(draft: Draft, ctx: Ctx): void {
  const topics = itemsOf(draft, 'topics')
  topics.forEach((topic, index) => {
    const [, base, number] = /^(.+)-(0|[1-9]\d*)$/.exec(part.text(topic['name']) ?? '') ?? []
    const family = topics.findIndex(
      other => other['name'] === base && (part.number(other['count']) ?? 1) > Math.max(1, Number(number)),
    )
    if (base === undefined || family < 0) return
    addProblem(ctx, 'E128', `${base} with its count already makes a topic ${show(topic['name'])}`, {
      path: ['topics', index, 'name'],
      relatedPath: ['topics', family, 'count'],
      hint: 'write another name',
    })
  })
}

function checkTopicsUsed(kind: 'producers' | 'consumers', draft: Draft, ctx: Ctx): void {
  const known = itemsOf(draft, 'topics').map(topic => topic['name'])
  if (!Array.isArray(draft['topics']) || known.some(name => typeof name !== 'string')) return
  itemsOf(draft, kind).forEach((group, index) => {
    part.list(group['topics']).forEach((name, position) => {
      if (typeof name !== 'string' || known.includes(name)) return
      const near = nearest(name, known as string[])
      addProblem(ctx, 'E130', `topic ${show(name)} is not in the topics section`, {
        path: [kind, index, 'topics', position],
        hint: near ? `did you mean ${near}?` : `topics: ${listed(known as string[])}`,
      })
    })
  })
}

function checkReplication(draft: Draft, ctx: Ctx): void {
  const brokers = part.number(part.map(draft['cluster'])['brokers'])
  const tooMany = (factor: number | undefined, path: (string | number)[]): void => {
    if (factor === undefined || brokers === undefined || factor <= brokers) return
    addProblem(ctx, 'E127', `replication.factor ${factor} needs ${factor} brokers, the cluster has ${brokers}`, {
      path,
      relatedPath: ['cluster'],
      hint: `write ${brokers} or less, or give the cluster more nodes`,
    })
  }
  const swept = axesIn(draft).find(axis => axis.scope === 'topics' && axis.setting === 'replication.factor')
  swept?.values.forEach((value, index) =>
    tooMany(part.number(value), ['matrix', 'topics', 'replication.factor', index]),
  )
  itemsOf(draft, 'topics').forEach((topic, index) => {
    const written = part.number(topic['replication.factor'])
    tooMany(written, ['topics', index, 'replication.factor'])
    const factor = written ?? (brokers === undefined ? undefined : Math.min(3, brokers))
    const minIsr = part.number(part.map(topic['config'])['min.insync.replicas'])
    if (swept !== undefined || factor === undefined || minIsr === undefined || minIsr <= factor) return
    addProblem(
      ctx,
      'E128',
      `min.insync.replicas ${minIsr} is above replication.factor ${factor}: no write with acks: all can succeed`,
      {
        path: ['topics', index, 'config', 'min.insync.replicas'],
        ...(written === undefined
          ? { relatedPath: ['cluster'] }
          : { relatedPath: ['topics', index, 'replication.factor'] }),
        hint: `write at most ${factor}`,
      },
    )
  })
}

function checkShares(draft: Draft, ctx: Ctx): void {
  const groups = itemsOf(draft, 'producers')
  const without = groups.findIndex(group => group['share'] === undefined)
  if (groups.every(group => group['share'] === undefined)) return
  if (without >= 0) {
    const given = groups.findIndex(group => group['share'] !== undefined)
    addProblem(ctx, 'E133', 'share is given for some producers but not for this one', {
      path: ['producers', without],
      relatedPath: ['producers', given, 'share'],
      hint: 'give every group a share, or none',
    })
    return
  }
  const sum = groups.reduce((total, group) => total + (part.number(group['share']) ?? Number.NaN), 0)
  if (Math.abs(sum - 1) > 1e-6)
    addProblem(ctx, 'E128', `shares add up to ${Math.round(sum * 1000) / 10}%`, {
      path: ['producers', groups.length - 1, 'share'],
      hint: 'make them 100% together',
    })
}

/** The axes of a matrix that is read, or of one that has mistakes. */
function axesIn(draft: Draft): Axis[] {
  const matrix = part.map(draft['matrix'])
  return Array.isArray(matrix['axes']) ? (matrix['axes'] as Axis[]) : axesOf(matrix)
}

/** Idempotence against acks where one of the two is swept and no cell is left out; the plan looks at each cell again. */
function checkSweptAcks(draft: Draft, ctx: Ctx): void {
  const axes = axesIn(draft)
  const acks = axes.find(axis => axis.scope === 'producers' && axis.setting === 'acks')
  const idempotence = axes.find(axis => axis.scope === 'producers' && axis.setting === 'enable.idempotence')
  if (part.list(part.map(draft['matrix'])['exclude']).length > 0) return
  itemsOf(draft, 'producers').forEach((group, index) => {
    const config = part.map(group['config'])
    const isForced = idempotence ? idempotence.values.includes(true) : config['enable.idempotence'] === true
    const weak = acks ? acks.values.find(value => value === '0' || value === '1') : config['acks']
    if (!isForced || (weak !== '0' && weak !== '1') || (!acks && !idempotence)) return
    const path = acks ? ['matrix', 'producers', 'acks'] : ['producers', index, 'config', 'acks']
    const relatedPath = idempotence
      ? ['matrix', 'producers', 'enable.idempotence']
      : ['producers', index, 'config', 'enable.idempotence']
    addProblem(ctx, 'E128', `enable.idempotence: true needs acks: all, but acks is ${weak} in some cells`, {
      path,
      relatedPath,
      hint: 'exclude those cells, or write enable.idempotence: false',
    })
  })
}

function checkWhen(draft: Draft, ctx: Ctx): void {
  const axes = axesIn(draft)
  part.list(draft['expect']).forEach((rule, index) => {
    for (const [name, wanted] of Object.entries(part.map(part.map(rule)['when']))) {
      const path = ['expect', index, 'when', name]
      const axis = findAxis(name, axes, ctx, path, 'when: ')
      if (!axis) continue
      const included = includedValues(draft, name)
      part.list(Array.isArray(wanted) ? wanted : [wanted]).forEach((value, position) => {
        if (typeof value === 'object') return
        const read = readAxisValue(axis, value as string, ctx, [...path, position])
        if (read === undefined || [...wordsOf(axis), ...included].includes(part.word(read))) return
        addProblem(ctx, 'E130', `when: ${name} is never ${part.word(value)}, so the rule would never apply`, {
          path: [...path, position],
          hint: `values: ${listed(wordsOf(axis))}`,
        })
      })
    }
  })
}

const includedValues = (draft: Draft, name: string): string[] =>
  part.list(part.map(draft['matrix'])['include']).map(cell => part.word(part.map(cell)[name]))

/** `when` in the axes' own units, so that 5ms meets the cell whose linger.ms is 5. */
function resolveWhen(rule: Expectation, axes: readonly Axis[]): Expectation {
  const quiet: Ctx = { addIssue: () => undefined }
  const when = Object.entries(rule.when).map(([name, values]) => {
    const axis = axes.find(candidate => candidate.name === name)
    return [name, axis ? values.map(value => readAxisValue(axis, value, quiet, []) ?? value) : values] as const
  })
  return { ...rule, when: Object.fromEntries(when) }
}

/** The scenario as a file says it → the scenario as every other room takes it. */
export const scenarioSchema = scenarioShape
  .superRefine(
    ...evenIfBroken((draft, ctx) => {
      for (const kind of ['topics', 'producers', 'consumers'] as const) checkNames(kind, draft, ctx)
      for (const kind of ['producers', 'consumers'] as const) checkTopicsUsed(kind, draft, ctx)
      checkTopicFamilies(draft, ctx)
      checkReplication(draft, ctx)
      checkShares(draft, ctx)
      checkSweptAcks(draft, ctx)
      checkWhen(draft, ctx)
      checkFaults(draft, ctx)
      checkTransforms(draft, ctx)
    }),
  )
  .transform(scenario => {
    const all = scenario.topics.map(topic => topic.name)
    const targets = targetsOf(scenario.consumers)
    const sources = all.filter(name => !targets.includes(name))
    const share = 1 / scenario.producers.length
    return {
      ...scenario,
      topics: scenario.topics.map(topicSpec),
      producers: scenario.producers.map(group => ({
        ...group,
        topics: group.topics ?? sources,
        share: group.share ?? share,
      })),
      consumers: scenario.consumers.map(group => ({
        ...group,
        topics: group.topics ?? (group.transform ? sources : all),
      })),
      expect: scenario.expect.map(rule => resolveWhen(rule, scenario.matrix.axes)),
    }
  })

export type Scenario = z.output<typeof scenarioSchema>
export type ProducerGroup = Scenario['producers'][number]
export type ConsumerGroup = Scenario['consumers'][number]
