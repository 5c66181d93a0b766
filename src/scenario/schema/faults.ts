// The `faults` section: what strikes whom, when and for how long, on the load's own timeline.
import * as z from 'zod'
import type { Fault } from '../../chaos/fault.ts'
import { FAULTS, findFault } from '../../chaos/faults/index.ts'
import { phaseStartMs } from '../../chaos/schedule.ts'
import { INTERNAL_TOPICS, parseTarget, TARGET_FORMS, type Target, WORKER_FORMS } from '../../chaos/target.ts'
import { formatDurationMs } from '../../core/units.ts'
import { listed, show } from '../show.ts'
import { addProblem, type Ctx, type Draft, duration, part, positiveDuration } from './common.ts'
import { checkWorker, meetsWorker } from './fault-workers.ts'
import type { Segment } from './load.ts'

/** One fault as every other room takes it. */
export type FaultSpec = {
  index: number
  kind: string
  phase: 'warmup' | 'measure'
  atMs: number
  /** The moment is drawn from a window of this length that begins at `atMs`. */
  withinMs: number
  forMs: number
  everyMs: number
  times: number
  target: Target
  peer?: Target
  /** Keys of the fault itself. */
  options: Record<string, unknown>
}

const targetOf = (isWanted: (target: Target) => boolean, forms: string, more: string) =>
  z
    .string()
    .describe(`Whom: ${forms}${more}`)
    .transform((text, ctx): Target => {
      const target = parseTarget(text)
      if (target && isWanted(target)) return target
      addProblem(ctx, 'E136', `${show(text)} is no target`, { hint: `write one of: ${forms}` })
      return z.NEVER
    })

const targetKey = targetOf(({ kind }) => kind !== 'worker', TARGET_FORMS, '; “not controller” may follow')
const workerKey = targetOf(({ kind }) => kind === 'worker', WORKER_FORMS, '')
const targetKeyOf = (fault: Fault) => {
  if (fault.needs === 'workers') return workerKey
  return fault.untargeted === 'all' ? targetKey.optional() : targetKey
}

const ALL: Target = { kind: 'all', text: 'all', notController: false }

const timing = {
  at: duration.describe('When, after the start of its phase'),
  for: positiveDuration.describe('How long until it is healed'),
  within: duration.describe('Draws the moment from a window of this length').prefault('0s'),
  phase: z.enum(['warmup', 'measure']).describe('The phase that `at` counts from').default('measure'),
  every: positiveDuration.describe('Strikes again and again, this far apart').optional(),
  times: z.int().min(1).max(1000).describe('How often it strikes').default(1),
}
const COMMON = ['fault', 'target', 'peer', ...Object.keys(timing)]

const oneFault = (fault: Fault) =>
  z
    .strictObject({
      fault: z.literal(fault.kind).describe(fault.describe),
      ...(fault.untargeted === 'always' ? {} : { target: targetKeyOf(fault) }),
      ...(fault.needs === 'links' && fault.takesPeer !== false
        ? { peer: targetKey.describe('Only links to these nodes').optional() }
        : {}),
      ...timing,
      ...fault.options,
    })
    .describe(fault.describe)

const [first, ...others] = FAULTS.map(oneFault)

type Common = {
  fault: string
  target?: Target
  peer?: Target
  at: number
  for: number
  within: number
  phase: 'warmup' | 'measure'
  every?: number
  times: number
}

export const faultsSchema = z
  .array(z.discriminatedUnion('fault', [first as ReturnType<typeof oneFault>, ...others]))
  .max(100)
  .default([])
  .transform((faults): FaultSpec[] =>
    faults.map((written, index) => {
      const fault = written as unknown as Common
      const own = Object.entries(written).filter(([key]) => !COMMON.includes(key))
      return {
        index,
        kind: fault.fault,
        phase: fault.phase,
        atMs: fault.at,
        withinMs: fault.within,
        forMs: fault.for,
        everyMs: fault.every ?? 0,
        times: fault.times,
        target: fault.target ?? ALL,
        ...(fault.peer ? { peer: fault.peer } : {}),
        options: Object.fromEntries(own),
      }
    }),
  )
  .describe('Faults on the load’s timeline')

/** What only shows beside other sections: unknown nodes and topics, ends beyond the load, overlaps, and clusters that cannot do it. */
export function checkFaults(draft: Draft, ctx: Ctx): void {
  const faults = part.list(draft['faults']).filter(isFault)
  checkCluster(faults, part.map(draft['cluster']), ctx)
  for (const fault of faults) {
    checkTarget(fault, draft, ctx)
    checkOptions(fault, draft, ctx)
  }
  const segments = part.list(part.map(draft['load'])['segments']) as Segment[]
  if (segments.length > 0) for (const fault of faults) checkEnd(fault, segments, ctx)
  for (const fault of faults) checkRepeats(fault, ctx)
  checkOverlaps(faults, segments, ctx)
}

/** A fault that was read; one that was refused stays as it was written. */
const isFault = (value: unknown): value is FaultSpec => typeof part.map(value)['kind'] === 'string'

function checkCluster(faults: readonly FaultSpec[], cluster: Record<string, unknown>, ctx: Ctx): void {
  for (const fault of faults) {
    const { needs, needsLogVolume, leastBrokers = 1 } = findFault(fault.kind)
    const brokers = part.number(cluster['brokers'])
    if (cluster['kind'] === 'external' && needs !== 'observer')
      addProblem(ctx, 'E404', `${fault.kind} strikes what is not ours: these brokers are somebody else’s`, {
        path: ['faults', fault.index],
        relatedPath: ['cluster', 'bootstrap.servers'],
        hint: 'let the run start its own cluster, or remove the fault',
      })
    if (cluster['kind'] === 'started' && cluster['network'] === 'direct' && needs === 'links')
      addProblem(ctx, 'E128', `${fault.kind} strikes links, and the network is direct`, {
        path: ['faults', fault.index, 'fault'],
        relatedPath: ['cluster'],
        hint: 'write cluster: { layout: three-brokers-routed }',
      })
    if (cluster['kind'] === 'started' && needsLogVolume && cluster['logVolumeBytes'] === undefined)
      addProblem(
        ctx,
        'E128',
        `${fault.kind} fills the volume of a broker’s log, and the cluster has none of a fixed size`,
        {
          path: ['faults', fault.index, 'fault'],
          relatedPath: ['cluster'],
          hint: 'write cluster: { log.volume: 256MiB }',
        },
      )
    if (brokers !== undefined && brokers < leastBrokers)
      addProblem(ctx, 'E128', `${fault.kind} needs ${leastBrokers} brokers, the cluster has ${brokers}`, {
        path: ['faults', fault.index, 'fault'],
        relatedPath: ['cluster'],
        hint: 'give the cluster more nodes',
      })
  }
}

function checkTarget(fault: FaultSpec, draft: Draft, ctx: Ctx): void {
  const cluster = part.map(draft['cluster'])
  const brokers = part.number(cluster['brokers'])
  for (const [key, target] of Object.entries({ target: fault.target, peer: fault.peer })) {
    const path = ['faults', fault.index, key]
    if (
      target?.kind === 'node' &&
      brokers !== undefined &&
      !nodeIds(brokers, cluster['controllers']).includes(target.node)
    )
      addProblem(ctx, 'E130', `the cluster has no node ${target.node}`, {
        path,
        relatedPath: ['cluster'],
        hint: `nodes: ${nodeIds(brokers, cluster['controllers']).join(', ')}`,
      })
    if (target?.kind === 'worker') checkWorker(target, path, draft, ctx)
    if (target?.kind === 'leader' || target?.kind === 'follower') checkTopic(target, path, draft, ctx)
    if (target?.kind === 'coordinator' && target.of === 'group') checkGroup(target.name, path, draft, ctx)
  }
}

function nodeIds(brokers: number, controllers: unknown): number[] {
  const ids = Array.from({ length: brokers }, (_, index) => index + 1)
  const dedicated = controllers === 'dedicated' ? Math.min(3, brokers) : 0
  return [...ids, ...Array.from({ length: dedicated }, (_, index) => 101 + index)]
}

function checkTopic(
  target: { topic: string; partition?: number },
  path: (string | number)[],
  draft: Draft,
  ctx: Ctx,
): void {
  if (INTERNAL_TOPICS.includes(target.topic)) return
  const topics = part.list(draft['topics']).map(part.map)
  const found = topics.findIndex(topic => topic['name'] === target.topic)
  if (found < 0) {
    const names = topics.flatMap(topic => part.text(topic['name']) ?? [])
    return addProblem(ctx, 'E130', `topic ${target.topic} is not in the topics section`, {
      path,
      hint: `topics: ${listed(names)}`,
    })
  }
  const partitions = part.number(topics[found]?.['partitions']) ?? 1
  if (target.partition !== undefined && target.partition >= partitions)
    addProblem(ctx, 'E130', `${target.topic} has no partition ${target.partition}`, {
      path,
      relatedPath: ['topics', found],
      hint: `partitions go from 0 to ${partitions - 1}`,
    })
}

/** A topic that an option names, and what its fault says of its options together. */
function checkOptions(fault: FaultSpec, draft: Draft, ctx: Ctx): void {
  const at = ['faults', fault.index]
  const name = fault.options['topic']
  const topics = part.list(draft['topics']).map(part.map)
  const found = topics.findIndex(topic => topic['name'] === name)
  if (typeof name === 'string') checkTopic({ topic: name }, [...at, 'topic'], draft, ctx)
  if (typeof name === 'string' && found < 0) return
  const partitions = part.number(topics[found]?.['partitions']) ?? 1
  const conflict = findFault(fault.kind).conflict?.(fault.options, { partitions })
  if (!conflict) return
  const { key, message, hint } = conflict
  addProblem(ctx, key === undefined ? 'E133' : 'E128', message, {
    path: key === undefined ? at : [...at, key],
    ...(found < 0 ? {} : { relatedPath: ['topics', found] }),
    hint,
  })
}

/** Groups as consumers sections make them: several of one section have numbers. */
function checkGroup(name: string, path: (string | number)[], draft: Draft, ctx: Ctx): void {
  const names = part.list(draft['consumers']).flatMap(written => {
    const group = part.map(written)
    const copies = part.number(group['groups']) ?? 1
    const own = part.text(group['name'])
    if (own === undefined) return []
    return copies === 1 ? [own] : Array.from({ length: copies }, (_, copy) => `${own}-${copy}`)
  })
  if (names.includes(name)) return
  addProblem(ctx, 'E130', `group ${name} is not in the consumers section`, {
    path,
    hint: names.length > 0 ? `groups: ${listed(names)}` : 'add it under consumers',
  })
}

const lastEndMs = (fault: FaultSpec, segments: readonly Segment[]): number =>
  phaseStartMs(segments, fault.phase) + fault.atMs + (fault.times - 1) * fault.everyMs + fault.withinMs + fault.forMs

function checkEnd(fault: FaultSpec, segments: readonly Segment[], ctx: Ctx): void {
  const runMs = segments.reduce((sum, segment) => sum + segment.durationMs, 0)
  const endMs = lastEndMs(fault, segments)
  if (endMs <= runMs) return
  addProblem(
    ctx,
    'E128',
    `${fault.kind} may last until ${formatDurationMs(endMs)}, the load ends at ${formatDurationMs(runMs)}`,
    {
      path: ['faults', fault.index],
      relatedPath: ['load', 'phases'],
      hint: 'end it earlier, or lengthen the last phase',
    },
  )
}

function checkRepeats(fault: FaultSpec, ctx: Ctx): void {
  if (fault.times > 1 && fault.everyMs === 0)
    addProblem(ctx, 'E133', `${fault.times} times, but not how far apart`, {
      path: ['faults', fault.index, 'times'],
      hint: 'add every: 30s',
    })
  else if (fault.times > 1 && fault.everyMs < fault.forMs + fault.withinMs)
    addProblem(ctx, 'E128', `every ${formatDurationMs(fault.everyMs)} begins before the last one is healed`, {
      path: ['faults', fault.index, 'every'],
      relatedPath: ['faults', fault.index, 'for'],
      hint: `write at least ${formatDurationMs(fault.forMs + fault.withinMs)}`,
    })
}

function checkOverlaps(faults: readonly FaultSpec[], segments: readonly Segment[], ctx: Ctx): void {
  faults.forEach((later, position) => {
    const earlier = faults
      .slice(0, position)
      .find(other => meetsTarget(other, later) && meetsInTime(other, later, segments))
    if (!earlier) return
    addProblem(ctx, 'E128', `${later.kind} overlaps ${earlier.kind} on ${later.target.text}`, {
      path: ['faults', later.index],
      relatedPath: ['faults', earlier.index],
      hint: 'begin it after the other is healed',
    })
  })
}

/** Faults on nodes exclude one another there; all others only where they are of one kind, since toxics add up. */
function meetsTarget(a: FaultSpec, b: FaultSpec): boolean {
  if (a.target.kind === 'worker' || b.target.kind === 'worker') return meetsWorker(a.target, b.target)
  const onNodes = findFault(a.kind).needs === 'nodes' && findFault(b.kind).needs === 'nodes'
  if (!onNodes && (a.kind !== b.kind || a.peer?.text !== b.peer?.text)) return false
  return a.target.text === b.target.text || a.target.kind === 'all' || b.target.kind === 'all'
}

function meetsInTime(a: FaultSpec, b: FaultSpec, segments: readonly Segment[]): boolean {
  const windows = (fault: FaultSpec) =>
    Array.from({ length: fault.times }, (_, occurrence) => {
      const fromMs = phaseStartMs(segments, fault.phase) + fault.atMs + occurrence * fault.everyMs
      return { fromMs, toMs: fromMs + fault.withinMs + fault.forMs }
    })
  return windows(a).some(one => windows(b).some(other => one.fromMs < other.toMs && other.fromMs < one.toMs))
}
