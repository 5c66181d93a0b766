// The `transform` key of a consumer group: what it reads it writes to another topic, records and offsets in one transaction.
import * as z from 'zod'
import { show } from '../show.ts'
import { addProblem, type Ctx, type Draft, part, positiveDuration, positiveInt, ratio, topicName } from './common.ts'

const DEFAULT_RECORDS = 100

export const transformSchema = z
  .strictObject({
    to: topicName.describe('Topic of the topics section that is written; no producer writes to it unless it says so'),
    records: positiveInt.max(10_000).describe('Records of one transaction, at most').default(DEFAULT_RECORDS),
    abort: ratio
      .superRefine((value, ctx) => {
        if (value === 1) addProblem(ctx, 'E121', 'must be below 100%', { hint: 'write 90%, or less' })
      })
      .describe('Share of transactions that are aborted, by the seed, and read again from the committed offsets: 10%')
      .prefault('0%'),
    fencing: z
      .enum(['partition', 'member'])
      .describe(
        'partition: a transactional.id per input partition, so that who takes it over fences who had it; member: one per member, which fences nobody else',
      )
      .default('partition'),
    'transaction.timeout.ms': positiveDuration
      .describe('How long the coordinator leaves a transaction open')
      .prefault('60s'),
  })
  .describe('Reads, writes and commits in transactions; only driver: kafkajs')

/** What a transaction decides by itself cannot be said beside it. */
export function checkOwnCommits(group: Draft, ctx: Ctx): void {
  if (group['transform'] === undefined) return
  const clash = (key: string, path: string[], why: string): void =>
    addProblem(ctx, 'E128', `transform contradicts ${key}: ${why}`, {
      path,
      relatedPath: ['transform'],
      hint: `remove ${key}, or transform`,
    })
  if (group['commit'] !== undefined) clash('commit', ['commit'], 'offsets are committed within each transaction')
  if (part.map(group['processing'])['handling'] === 'message')
    clash('handling: message', ['processing', 'handling'], 'transform.records says how many are taken at once')
}

const itemsOf = (draft: Draft, kind: string): Draft[] => part.list(draft[kind]).map(part.map)

/** Names of topics that some group writes in transactions. */
export function targetsOf(consumers: readonly unknown[]): string[] {
  return consumers.flatMap(group => part.text(part.map(part.map(group)['transform'])['to']) ?? [])
}

/** Targets must be one topic each that is there, and no group reads in a circle or behind another. */
export function checkTransforms(draft: Draft, ctx: Ctx): void {
  const topics = itemsOf(draft, 'topics')
  const groups = itemsOf(draft, 'consumers')
  const targets = targetsOf(groups)
  groups.forEach((group, index) => {
    const to = part.text(part.map(group['transform'])['to'])
    if (to === undefined) return
    const path = ['consumers', index, 'transform', 'to']
    const topic = topics.findIndex(one => one['name'] === to)
    if (topic < 0)
      return addProblem(ctx, 'E130', `topic ${show(to)} is not in the topics section`, {
        path,
        hint: `add { name: ${to} } to topics`,
      })
    if ((part.number(topics[topic]?.['count']) ?? 1) > 1)
      addProblem(ctx, 'E128', `${show(to)} stands for several topics, and transform writes to one`, {
        path,
        relatedPath: ['topics', topic, 'count'],
        hint: 'add a topic of its own for it',
      })
    part.list(group['topics']).forEach((name, position) => {
      if (typeof name !== 'string' || !targets.includes(name)) return
      const isOwn = name === to
      const writer = groups.findIndex(other => part.map(other['transform'])['to'] === name)
      addProblem(
        ctx,
        isOwn ? 'E128' : 'E129',
        isOwn ? `the group would read what it writes: ${show(name)}` : `${show(name)} is itself written by a transform`,
        {
          path: ['consumers', index, 'topics', position],
          relatedPath: isOwn ? path : ['consumers', writer, 'transform', 'to'],
          hint: 'read a topic that producers write',
        },
      )
    })
  })
  if (topics.length > 0 && topics.every(topic => targets.includes(part.word(topic['name']))))
    addProblem(ctx, 'E128', 'every topic is written by a transform, so there is nothing to read', {
      path: ['topics'],
      hint: 'add a topic that producers write',
    })
  checkSources(draft, ctx)
}

/** Which record became which is told by envelopes at the head of values. */
function checkSources(draft: Draft, ctx: Ctx): void {
  const groups = itemsOf(draft, 'consumers')
  const index = groups.findIndex(group => group['transform'] !== undefined)
  if (index < 0) return
  itemsOf(draft, 'producers').forEach((producer, at) => {
    for (const [key, needed] of [
      ['envelope', 'value'],
      ['verify', 'records'],
    ] as const) {
      const got = producer[key]
      if (got === undefined || got === needed) continue
      addProblem(ctx, 'E128', `transform needs ${key}: ${needed}, got ${key}: ${part.word(got)}`, {
        path: ['producers', at, key],
        relatedPath: ['consumers', index, 'transform'],
        hint: `write ${key}: ${needed}`,
      })
    }
  })
}
