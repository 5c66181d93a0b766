// Effects as the observer sees them, for faults that somebody else brings about.
import * as z from 'zod'
import { waitUntil } from '../cluster/wait.ts'
import { positiveDuration } from '../scenario/schema/common.ts'
import type { Strike } from './fault.ts'

export const SHOWS = ['unreachable', 'leader-change', 'isr-shrink'] as const
export type Shows = (typeof SHOWS)[number]

export const showsKey = z
  .enum(SHOWS)
  .describe('What the observer must see: the target does not answer, leads nothing any more, or is not in sync')
export const patienceKey = (normally: string) =>
  positiveDuration.describe('How long to wait for it, and for its end').prefault(normally)

/** True where the effect takes leaders away from the target. */
export const movesLeaders = (shows: Shows | undefined): boolean => shows === 'unreachable' || shows === 'leader-change'

/** What of the effect is seen now, in words; undefined where nothing is. */
export function effectOf({ nodes, ports }: Strike<unknown>, shows: Shows): string | undefined {
  const { partitions, silent } = ports.seen()
  const named = nodes.join(', ')
  const own = partitions.filter(row => row.replicas.some(replica => nodes.includes(replica)))
  if (shows === 'unreachable')
    return nodes.every(node => silent.includes(node)) ? `node ${named} does not answer the observer` : undefined
  if (shows === 'leader-change') {
    const isLed = own.some(row => nodes.includes(row.leader))
    return own.length > 0 && !isLed ? `node ${named} leads none of its ${own.length} partitions` : undefined
  }
  const lacking = own.filter(row => row.replicas.some(replica => nodes.includes(replica) && !row.isr.includes(replica)))
  return lacking.length > 0
    ? `node ${named} is not in sync in ${lacking.length} of ${own.length} partitions`
    : undefined
}

/** Waits for the effect; its moment is marked when it is seen. */
export async function awaitEffect(strike: Strike<unknown>, shows: Shows, patienceMs: number): Promise<void> {
  if (effectOf(strike, shows) !== undefined) throw new Error(`it was so before: ${effectOf(strike, shows)}`)
  if (await waitUntil(() => effectOf(strike, shows) !== undefined, patienceMs)) strike.acted()
}

/** What is still not as it should be: the target must answer and be in sync; leaders need not have come back. */
export function leftOf(strike: Strike<unknown>): string | undefined {
  return effectOf(strike, 'unreachable') ?? effectOf(strike, 'isr-shrink')
}
