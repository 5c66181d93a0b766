// Leaves nodes only a little CPU time, as a throttled container or a noisy neighbour does.
import * as z from 'zod'
import { defineFault } from '../fault.ts'
import { eachNode, notIn } from '../node-fault.ts'

export const brownOut = defineFault({
  kind: 'brown-out',
  describe: 'little CPU time (CPU quota of a container; SIGSTOP and SIGCONT in a cycle for a process)',
  fidelity: 'approximated',
  differs: 'a process is stopped for most of every 200 ms instead of being scheduled less',
  needs: 'nodes',
  takesLeaders: false,
  options: { cpus: z.number().positive().max(64).describe('CPU time that is left, in cores: 0.2').default(0.2) },
  inject: ({ nodes, options, ports }) => eachNode(nodes, node => ports.nodes.limitCpu(node, options.cpus)),
  prove: async ({ nodes, ports }) => {
    const limits = await Promise.all(nodes.map(node => ports.nodes.cpuLimit(node)))
    return limits.every(limit => limit !== undefined) ? limits.join('; ') : undefined
  },
  heal: ({ nodes, ports }) => eachNode(nodes, node => ports.nodes.unlimitCpu(node)),
  remains: async strike => {
    const limits = await Promise.all(strike.nodes.map(node => strike.ports.nodes.cpuLimit(node)))
    return limits.find(limit => limit !== undefined) ?? notIn(strike, 'running')
  },
})
