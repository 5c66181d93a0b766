// Takes the log directory away from running brokers: a broker without any left stops itself, which is what is to be seen.
import { defineFault } from '../fault.ts'
import { eachNode, haveHalted, linksTo, notIn } from '../node-fault.ts'

export const logDirFailure = defineFault({
  kind: 'log-dir-failure',
  describe: 'the log directory cannot be written any more; the broker has no other and stops itself',
  fidelity: 'approximated',
  differs: 'files that are open stay writable until Kafka opens another, within 5 s (its checkpoints)',
  needs: 'nodes',
  takesLeaders: true,
  options: {},
  inject: async strike => {
    const { tag, nodes, ports } = strike
    await eachNode(nodes, node => ports.nodes.failLogDir(node))
    await haveHalted(strike, 'its log directory was taken away')
    strike.acted()
    await ports.links?.refuse(tag, linksTo(strike))
  },
  prove: async strike =>
    (await notIn(strike, 'gone')) === undefined ? 'stopped by itself, as its only log directory had failed' : undefined,
  heal: async ({ tag, nodes, ports }) => {
    await ports.links?.cure(tag)
    await eachNode(nodes, async node => {
      await ports.nodes.restoreLogDir(node)
      await ports.nodes.start(node)
    })
  },
  remains: strike => notIn(strike, 'running'),
})
