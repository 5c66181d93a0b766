// Ends brokers at once and starts them again within the session, as a supervisor does; the old session must run out before the new one counts.
import { duration } from '../../scenario/schema/common.ts'
import { endWork, goOn, rest, workDone, workOf } from '../background.ts'
import { defineFault, type Strike } from '../fault.ts'
import { eachNode, linksTo, notIn } from '../node-fault.ts'

const before = new WeakMap<Strike<unknown>, string[]>()

const incarnations = ({ nodes, ports }: Strike<unknown>): Promise<string[]> =>
  Promise.all(nodes.map(node => ports.nodes.incarnation(node)))

export const fastBounce = defineFault({
  kind: 'fast-bounce',
  describe: 'SIGKILL, and started again at once',
  fidelity: 'true',
  needs: 'nodes',
  takesLeaders: true,
  options: { after: duration.describe('How long it is down').prefault('2s') },
  inject: async strike => {
    const { tag, nodes, options, ports } = strike
    before.set(strike, await incarnations(strike))
    await eachNode(nodes, node => ports.nodes.kill(node))
    strike.acted()
    await ports.links?.refuse(tag, linksTo(strike))
    goOn(strike, async work => {
      if (!(await rest(options.after, work))) return
      await ports.links?.cure(tag)
      await eachNode(nodes, node => ports.nodes.start(node))
      work.turns++
    })
    await workDone(strike)
  },
  prove: async strike => {
    const old = before.get(strike) ?? []
    if (workOf(strike).turns === 0 || (await notIn(strike, 'running')) !== undefined) return undefined
    const now = await incarnations(strike)
    const isAnew = now.length > 0 && now.every((one, index) => one !== old[index])
    return isAnew ? `started anew: ${now.map((one, index) => `${old[index]}, now ${one}`).join('; ')}` : undefined
  },
  heal: async strike => {
    const { tag, nodes, ports } = strike
    await endWork(strike)
    await ports.links?.cure(tag)
    await eachNode(nodes, node => ports.nodes.start(node))
  },
  remains: strike => notIn(strike, 'running'),
})
