// Whom a fault strikes: read from text once, resolved against the cluster as it is seen at the moment of the act.
import { type Random, shuffled } from '../core/random.ts'

export type Target = {
  text: string
  notController: boolean
} & (
  | { kind: 'node'; node: number }
  | { kind: 'leader'; topic: string; partition?: number }
  | { kind: 'follower'; topic: string; partition: number }
  | { kind: 'coordinator'; of: 'group' | 'transaction'; name: string }
  /** Processes of the run itself: one of a group, or all of them. */
  | { kind: 'worker'; group: string; member?: number }
  | { kind: 'controller' | 'minority' | 'all' | 'random' }
)

/** The cluster at one moment; topics by their names in the scenario. */
export type ClusterView = {
  nodes: readonly { id: number; roles: readonly string[] }[]
  /** Leader of the metadata quorum; undefined while it has none. */
  controller?: number
  partitions: readonly { topic: string; partition: number; leader: number; replicas: readonly number[] }[]
  /** Of those that were asked for, by their keys. */
  coordinators?: ReadonlyMap<string, number>
}

export const TARGET_FORMS =
  'node 2, leader of orders/0, follower of orders/0, coordinator of group billing, coordinator of transaction tx-1, controller, minority, all, random'
/** For faults on the run’s own processes. */
export const WORKER_FORMS = 'worker billing/0, workers of billing'
const GROUP_TOPIC = '__consumer_offsets'
const TRANSACTION_TOPIC = '__transaction_state'
export const INTERNAL_TOPICS: readonly string[] = [GROUP_TOPIC, TRANSACTION_TOPIC]
const NOT_CONTROLLER = /,?\s+(?:but\s+)?not\s+(?:the\s+)?controller$/

/** Reads a target; undefined where it has none of the forms. */
export function parseTarget(text: string): Target | undefined {
  const trimmed = text.trim()
  const notController = NOT_CONTROLLER.test(trimmed)
  const base = { text: trimmed, notController }
  const core = trimmed.replace(NOT_CONTROLLER, '')
  const node = /^(?:node|broker)[ -](\d{1,3})$/.exec(core)
  if (node) return notController ? undefined : { ...base, kind: 'node', node: Number(node[1]) }
  const led = /^(leader|follower) of ([A-Za-z0-9._-]+?)(?:\/(\d{1,6}))?$/.exec(core)
  if (led) return ledTarget(base, led[1] ?? '', led[2] ?? '', led[3])
  const coordinator = /^coordinator of (group|transaction) ([A-Za-z0-9._-]+)$/.exec(core)
  if (coordinator)
    return { ...base, kind: 'coordinator', of: coordinator[1] as 'group' | 'transaction', name: coordinator[2] ?? '' }
  const worker = /^(?:worker ([a-z0-9][a-z0-9._-]*)\/(\d{1,4})|workers of ([a-z0-9][a-z0-9._-]*))$/.exec(trimmed)
  if (worker?.[3] !== undefined) return { ...base, kind: 'worker', group: worker[3] }
  if (worker) return { ...base, kind: 'worker', group: worker[1] ?? '', member: Number(worker[2]) }
  if (core === 'controller' || core === 'minority' || core === 'all' || core === 'random')
    return core === 'controller' && notController ? undefined : { ...base, kind: core }
  return undefined
}

function ledTarget(
  base: Pick<Target, 'text' | 'notController'>,
  who: string,
  topic: string,
  partition: string | undefined,
): Target | undefined {
  if (who === 'leader')
    return { ...base, kind: 'leader', topic, ...(partition === undefined ? {} : { partition: Number(partition) }) }
  return partition === undefined ? undefined : { ...base, kind: 'follower', topic, partition: Number(partition) }
}

/** Under which a view tells a coordinator. */
export const coordinatorKey = ({ of, name }: { of: 'group' | 'transaction'; name: string }): string => `${of} ${name}`

/** Topics of Kafka's own that a target is about; the watch sees them only where one is. */
export function internalTopicsOf(target: Target): string[] {
  if (target.kind === 'coordinator') return [target.of === 'group' ? GROUP_TOPIC : TRANSACTION_TOPIC]
  if (target.kind !== 'leader' && target.kind !== 'follower') return []
  return INTERNAL_TOPICS.filter(topic => topic === target.topic)
}

/** The nodes meant now; a text that says why there are none. */
export function resolveTarget(target: Target, view: ClusterView, random: Random): number[] | string {
  const brokers = view.nodes.filter(node => node.roles.includes('broker')).map(node => node.id)
  const allowed = (ids: readonly number[]): number[] =>
    target.notController ? ids.filter(id => id !== view.controller) : [...ids]
  const one = (ids: readonly number[], none: string): number[] | string => {
    const [first] = allowed(ids)
    return first === undefined ? none : [first]
  }
  if (target.notController && view.controller === undefined) return 'the quorum has no leader at this moment'
  switch (target.kind) {
    case 'worker':
      return 'a worker is no node'
    case 'node':
      return [target.node]
    case 'all':
      return allowed(brokers)
    case 'random':
      return one(shuffled(allowed(brokers), random), 'no broker is left to choose')
    case 'minority':
      return shuffled(allowed(brokers), random).slice(0, Math.floor((brokers.length - 1) / 2))
    case 'controller':
      return view.controller === undefined ? 'the quorum has no leader at this moment' : [view.controller]
    case 'coordinator': {
      const found = view.coordinators?.get(coordinatorKey(target))
      return one(found === undefined ? [] : [found], `no ${target.text} at this moment`)
    }
    case 'leader': {
      const { topic, partition } = target
      const led = view.partitions
        .filter(row => row.topic === topic && (partition === undefined || row.partition === partition))
        .sort((a, b) => a.partition - b.partition)
      return one(
        led.map(row => row.leader).filter(leader => leader >= 0),
        `no ${target.text} at this moment`,
      )
    }
    case 'follower': {
      const { topic, partition } = target
      const row = view.partitions.find(found => found.topic === topic && found.partition === partition)
      return one(row?.replicas.filter(replica => replica !== row.leader) ?? [], `no ${target.text} at this moment`)
    }
  }
}
