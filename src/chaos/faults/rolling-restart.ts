// Restarts nodes one after the other in order, each only when every replica is in sync again, as an upgrade does.
import { defineFault } from '../fault.ts'
import { eachNode, notIn } from '../node-fault.ts'

/** A JVM that ended by SIGTERM. */
const ORDERLY = 143

const restarted = new Map<string, string[]>()

export const rollingRestart = defineFault({
  kind: 'rolling-restart',
  describe: 'SIGTERM and start of one node after the other, each when all replicas are in sync again',
  fidelity: 'true',
  needs: 'nodes',
  untargeted: 'all',
  takesLeaders: false,
  options: {},
  inject: async ({ tag, nodes, ports }) => {
    const done: string[] = []
    restarted.set(tag, done)
    for (const node of nodes) {
      const code = await ports.nodes.stop(node)
      if (code !== ORDERLY) throw new Error(`node ${node} ended with exit code ${code}, not in order (${ORDERLY})`)
      await ports.nodes.start(node)
      if (!(await ports.whole())) throw new Error(`replicas were not in sync in time after node ${node} was restarted`)
      done.push(`node ${node}`)
    }
  },
  prove: async ({ tag, nodes }) => {
    const done = restarted.get(tag) ?? []
    return done.length === nodes.length ? `${done.join(', ')} restarted in order (exit code ${ORDERLY})` : undefined
  },
  heal: ({ nodes, ports }) =>
    eachNode(nodes, async node => {
      if ((await ports.nodes.state(node)) === 'gone') await ports.nodes.start(node)
    }),
  remains: strike => notIn(strike, 'running'),
})
