// What faults by requests to the controller share: a topic's partitions as they were before, and as they must be after.
import * as z from 'zod'
import { positiveDuration } from '../scenario/schema/common.ts'
import type { Strike } from './fault.ts'
import { Rounds } from './rounds.ts'
import type { SeenPartition } from './watch.ts'

type Kept = { before: readonly SeenPartition[]; rounds: Rounds }

const kept = new WeakMap<Strike<unknown>, Kept>()

export const topicKey = z.string().describe('The topic whose partitions are struck')
export const pauseKey = positiveDuration.describe('Time between two rounds: 2s').prefault('2s')

/** Partitions of the struck topic as the watch sees them now. */
export function partitionsOf({ ports }: Strike<unknown>, declared: string): SeenPartition[] {
  const names = ports.topicsCalled(declared)
  return ports.seen().partitions.filter(row => names.includes(row.topic))
}

/** Keeps what was, and begins the rounds. */
export async function startRounds(
  strike: Strike<unknown>,
  before: readonly SeenPartition[],
  everyMs: number,
  act: (round: number) => Promise<void>,
): Promise<void> {
  if (before.length === 0) throw new Error('no partition that this could be done to')
  await strike.ports.admin.note(strike.tag, before)
  const rounds = new Rounds(act, everyMs)
  kept.set(strike, { before, rounds })
  await rounds.start()
}

export function keptOf(strike: Strike<unknown>): Kept | undefined {
  return kept.get(strike)
}

/** Orders other replicas for partitions, each as it is told to. */
export function reassign(
  { ports }: Strike<unknown>,
  partitions: readonly SeenPartition[],
  replicasOf: (row: SeenPartition) => readonly number[],
): Promise<void> {
  const byTopic = Map.groupBy(partitions, row => row.topic)
  return ports.admin.reassign(
    [...byTopic].map(([name, rows]) => ({
      name,
      partitions: rows.map(row => ({ partition: row.partition, replicas: replicasOf(row) })),
    })),
  )
}

export function electPreferred({ ports }: Strike<unknown>, partitions: readonly SeenPartition[]): Promise<void> {
  const byTopic = Map.groupBy(partitions, row => row.topic)
  return ports.admin.electPreferred(
    [...byTopic].map(([name, rows]) => ({ name, partitions: rows.map(row => row.partition) })),
  )
}

/** Ends the rounds and orders every partition's replicas as they were before. */
export async function restore(strike: Strike<unknown>): Promise<void> {
  const own = kept.get(strike)
  if (!own) return
  // What a round failed with was no heal; the order that follows is.
  await own.rounds.stop().catch(() => undefined)
  await reassign(strike, own.before, row => row.replicas)
  await electPreferred(strike, own.before)
  await strike.ports.admin.settled(strike.tag)
}

/** Partitions whose replicas are not as they were, or not in that order, in words. */
export function notRestored(strike: Strike<unknown>): string | undefined {
  const before = kept.get(strike)?.before ?? []
  const now = strike.ports.seen().partitions
  const wrong = before.filter(row => {
    const own = now.find(other => other.topic === row.topic && other.partition === row.partition)
    return own?.replicas.join() !== row.replicas.join()
  })
  return wrong.length === 0 ? undefined : `other replicas than before: ${wrong.map(nameOf).join(', ')}`
}

export const nameOf = ({ topic, partition }: SeenPartition): string => `${topic}-${partition}`
