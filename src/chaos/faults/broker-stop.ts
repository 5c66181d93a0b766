// Ends brokers in order, as an upgrade does: they hand their partitions over first; started again at the end.
import * as z from 'zod'
import { defineFault, type Strike } from '../fault.ts'
import { notIn, ORDERLY_EXIT } from '../node-fault.ts'

const exitCodes = new WeakMap<Strike<unknown>, number[]>()

export const brokerStop = defineFault({
  kind: 'broker-stop',
  describe: 'SIGTERM with time to hand partitions over; started again at the end',
  fidelity: 'true',
  needs: 'nodes',
  takesLeaders: true,
  options: { 'at-once': z.boolean().describe('All nodes together instead of one after the other').default(false) },
  inject: async strike => {
    const { nodes, options, ports, acted } = strike
    // Leaders move while the process still runs.
    acted()
    const codes: number[] = []
    exitCodes.set(strike, codes)
    if (options['at-once']) codes.push(...(await Promise.all(nodes.map(node => ports.nodes.stop(node)))))
    else for (const node of nodes) codes.push(await ports.nodes.stop(node))
  },
  prove: async strike => {
    const codes = exitCodes.get(strike) ?? []
    if ((await notIn(strike, 'gone')) !== undefined) return undefined
    return codes.length > 0 && codes.every(code => code === ORDERLY_EXIT)
      ? `ended in order, exit code ${ORDERLY_EXIT}`
      : undefined
  },
  heal: async ({ nodes, ports }) => {
    for (const node of nodes) await ports.nodes.start(node)
  },
  remains: strike => notIn(strike, 'running'),
})
