// Gives partitions that have lost every replica in sync to one that is behind, as an operator does who needs the topic more than its last records.
import { setTimeout as sleep } from 'node:timers/promises'
import { waitUntil } from '../../cluster/wait.ts'
import { defineFault, type Strike } from '../fault.ts'
import { patienceKey } from '../observed.ts'
import { nameOf, partitionsOf, topicKey } from '../replicas.ts'
import type { SeenPartition } from '../watch.ts'

type Ours = Strike<{ topic: string; patience: number }>

/** Partitions as they were before somebody behind was chosen. */
const before = new WeakMap<Strike<unknown>, Map<string, SeenPartition>>()
const SEEN_MS = 1500
/** The watch sees an answer a little later than the controller gives it. */
const ORDER_EVERY_MS = 250

const withoutLeader = (strike: Ours): SeenPartition[] =>
  partitionsOf(strike, strike.options.topic).filter(({ leader }) => leader < 0)

/** Orders until no partition is without a leader: one whose replicas have just come back is refused at first. */
async function electAll(strike: Ours): Promise<boolean> {
  const left = withoutLeader(strike)
  if (left.length === 0) return true
  const known = before.get(strike)
  for (const row of left) if (!known?.has(nameOf(row))) known?.set(nameOf(row), row)
  await strike.ports.admin.electUnclean(
    [...Map.groupBy(left, row => row.topic)].map(([name, rows]) => ({
      name,
      partitions: rows.map(row => row.partition),
    })),
  )
  strike.acted()
  await sleep(ORDER_EVERY_MS)
  return false
}

export const uncleanElection = defineFault({
  kind: 'unclean-election',
  describe: 'partitions without a leader go to a replica that was not in sync, by request; what it lacks is given up',
  fidelity: 'true',
  needs: 'admin',
  untargeted: 'always',
  leastBrokers: 2,
  takesLeaders: false,
  options: { topic: topicKey, patience: patienceKey('30s') },
  inject: async strike => {
    before.set(strike, new Map())
    const { patience } = strike.options
    if (!(await waitUntil(() => withoutLeader(strike).length > 0, patience)))
      throw new Error('every partition has a leader, so there was none to elect')
    await waitUntil(() => electAll(strike), patience)
  },
  prove: async strike => {
    const elected = () =>
      partitionsOf(strike, strike.options.topic).filter(row => {
        const old = before.get(strike)?.get(nameOf(row))
        return old !== undefined && row.leader >= 0 && row.epoch > old.epoch && !old.isr.includes(row.leader)
      })
    if (!(await waitUntil(() => elected().length > 0, SEEN_MS))) return undefined
    return `leaders that were not in sync: ${elected()
      .map(row => `node ${row.leader} of ${nameOf(row)}`)
      .join(', ')}`
  },
  // What was given up stays given up.
  heal: async () => undefined,
  remains: async strike => {
    const left = withoutLeader(strike)
    return left.length === 0 ? undefined : `without a leader: ${left.map(nameOf).join(', ')}`
  },
})
