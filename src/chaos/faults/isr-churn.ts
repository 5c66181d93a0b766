// Takes the replicas of a node out of partitions and gives them back, again and again: ISR and reassignment under load.
import { waitUntil } from '../../cluster/wait.ts'
import { defineFault } from '../fault.ts'
import {
  keptOf,
  nameOf,
  notRestored,
  partitionsOf,
  pauseKey,
  reassign,
  restore,
  startRounds,
  topicKey,
} from '../replicas.ts'

const SEEN_MS = 1500

export const isrChurn = defineFault({
  kind: 'isr-churn',
  describe: 'a node’s replicas of a topic are taken away and given back, round after round, by request',
  fidelity: 'true',
  needs: 'admin',
  leastBrokers: 2,
  takesLeaders: false,
  options: { topic: topicKey, pause: pauseKey },
  inject: async strike => {
    const { nodes } = strike
    const followed = partitionsOf(strike, strike.options.topic).filter(
      ({ replicas, leader }) =>
        replicas.some(replica => nodes.includes(replica)) &&
        !nodes.includes(leader) &&
        replicas.some(replica => !nodes.includes(replica)),
    )
    await startRounds(strike, followed, strike.options.pause, round =>
      reassign(strike, followed, ({ replicas }) =>
        round % 2 === 0 ? replicas.filter(replica => !nodes.includes(replica)) : replicas,
      ),
    )
  },
  prove: async strike => {
    const before = keptOf(strike)?.before ?? []
    const shrunk = () =>
      partitionsOf(strike, strike.options.topic).filter(
        row =>
          before.some(other => nameOf(other) === nameOf(row)) &&
          !row.isr.some(replica => strike.nodes.includes(replica)),
      )
    if (!(await waitUntil(() => before.length > 0 && shrunk().length > 0, SEEN_MS))) return undefined
    return `no longer among the replicas of ${shrunk().map(nameOf).join(', ')}`
  },
  heal: restore,
  remains: async strike => notRestored(strike),
})
