// Moves the leadership of a topic's partitions around their replicas by request, again and again, as a balancer gone wild does.
import { waitUntil } from '../../cluster/wait.ts'
import { defineFault } from '../fault.ts'
import {
  electPreferred,
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

export const leadershipChurn = defineFault({
  kind: 'leadership-churn',
  describe: 'leaders of a topic move on to their next replica, round after round, by request',
  fidelity: 'true',
  needs: 'admin',
  untargeted: 'always',
  leastBrokers: 2,
  takesLeaders: false,
  options: { topic: topicKey, pause: pauseKey },
  inject: async strike => {
    const before = partitionsOf(strike, strike.options.topic).filter(row => row.replicas.length > 1)
    await startRounds(strike, before, strike.options.pause, async round => {
      await reassign(strike, before, ({ replicas }) => {
        const first = (round + 1) % replicas.length
        return [...replicas.slice(first), ...replicas.slice(0, first)]
      })
      await electPreferred(strike, before)
    })
  },
  prove: async strike => {
    const before = keptOf(strike)?.before ?? []
    const moved = () =>
      partitionsOf(strike, strike.options.topic).filter(row => {
        const old = before.find(other => nameOf(other) === nameOf(row))
        return old !== undefined && row.epoch > old.epoch && row.leader !== old.leader
      })
    if (!(await waitUntil(() => moved().length > 0, SEEN_MS))) return undefined
    return `other leaders under higher epochs: ${moved().map(nameOf).join(', ')}`
  },
  heal: restore,
  remains: async strike => notRestored(strike),
})
