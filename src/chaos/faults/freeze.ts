// Stops all threads of nodes without ending them, as a paused virtual machine or a long garbage collection does.
import { callAcross } from '../canary.ts'
import { defineFault } from '../fault.ts'
import { eachNode, notIn } from '../node-fault.ts'

const CANARY_MS = 300

export const freeze = defineFault({
  kind: 'freeze',
  describe: 'all threads stopped (SIGSTOP, docker pause), going on at the end',
  fidelity: 'true',
  differs: 'the kernel still accepts connections and acknowledges packets, as under a long pause of the JVM',
  needs: 'nodes',
  takesLeaders: true,
  options: {},
  inject: ({ nodes, ports }) => eachNode(nodes, node => ports.nodes.freeze(node)),
  prove: async strike => {
    if ((await notIn(strike, 'frozen')) !== undefined) return undefined
    const answers = await Promise.all(
      strike.nodes.map(node => callAcross(strike.ports.observerOf(node) ?? '', CANARY_MS)),
    )
    return answers.every(answer => answer === undefined)
      ? `frozen, no answer on the observer listener within ${CANARY_MS} ms`
      : undefined
  },
  heal: ({ nodes, ports }) => eachNode(nodes, node => ports.nodes.thaw(node)),
  remains: strike => notIn(strike, 'running'),
})
