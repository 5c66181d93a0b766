// Ends brokers at once, as a crash does, and starts them again at the end.
import { callAcross } from '../canary.ts'
import { defineFault, type Strike } from '../fault.ts'
import { eachNode, linksTo, notIn } from '../node-fault.ts'

const CANARY_MS = 500

export const brokerKill = defineFault({
  kind: 'broker-kill',
  describe: 'SIGKILL; started again at the end',
  fidelity: 'true',
  needs: 'nodes',
  takesLeaders: true,
  options: {},
  inject: async strike => {
    const { tag, nodes, ports } = strike
    await eachNode(nodes, node => ports.nodes.kill(node))
    strike.acted()
    // A proxy accepts for a dead upstream and then hangs up; a dead machine's port refuses.
    await ports.links?.refuse(tag, linksTo(strike))
  },
  prove: async strike => {
    const alive = await notIn(strike, 'gone')
    if (alive !== undefined) return undefined
    const answers = await Promise.all(
      strike.nodes.map(node => callAcross(strike.ports.observerOf(node) ?? '', CANARY_MS)),
    )
    return answers.every(answer => answer === undefined) ? 'ended, and their ports refuse' : undefined
  },
  heal: async ({ tag, nodes, ports }) => {
    await ports.links?.cure(tag)
    await eachNode(nodes, node => ports.nodes.start(node))
  },
  remains: (strike: Strike<unknown>) => notIn(strike, 'running'),
})
