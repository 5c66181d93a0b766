// Restarts nodes one after the other in order, each only when every replica is in sync again, as an upgrade does.
import { endWork, goOn, workDone } from '../background.ts'
import { defineFault, type Strike } from '../fault.ts'
import { eachNode, notIn, ORDERLY_EXIT } from '../node-fault.ts'

const restarted = new WeakMap<Strike<unknown>, string[]>()

export const rollingRestart = defineFault({
  kind: 'rolling-restart',
  describe: 'SIGTERM and start of one node after the other, each when all replicas are in sync again',
  fidelity: 'true',
  needs: 'nodes',
  untargeted: 'all',
  takesLeaders: false,
  options: {},
  inject: async strike => {
    const { nodes, ports } = strike
    const done: string[] = []
    restarted.set(strike, done)
    goOn(strike, async ({ signal }) => {
      const healed = new Promise<'healed'>(resolve => signal.addEventListener('abort', () => resolve('healed')))
      for (const node of nodes) {
        if (signal.aborted) return
        const code = await ports.nodes.stop(node)
        if (code !== ORDERLY_EXIT)
          throw new Error(`node ${node} ended with exit code ${code}, not in order (${ORDERLY_EXIT})`)
        await ports.nodes.start(node)
        const isWhole = await Promise.race([ports.whole(), healed])
        if (isWhole === 'healed') return
        if (!isWhole) throw new Error(`replicas were not in sync in time after node ${node} was restarted`)
        done.push(`node ${node}`)
      }
    })
    await workDone(strike)
  },
  prove: async strike => {
    const done = restarted.get(strike) ?? []
    return done.length === strike.nodes.length
      ? `${done.join(', ')} restarted in order (exit code ${ORDERLY_EXIT})`
      : undefined
  },
  heal: async strike => {
    await endWork(strike)
    await eachNode(strike.nodes, async node => {
      if ((await strike.ports.nodes.state(node)) === 'gone') await strike.ports.nodes.start(node)
    })
  },
  remains: strike => notIn(strike, 'running'),
})
