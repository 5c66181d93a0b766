// Leaves running brokers no room to write: a broker whose only log directory cannot take another byte stops itself, which is what is to be seen.
import { formatBytes } from '../../core/units.ts'
import { defineFault, type Strike } from '../fault.ts'
import { eachNode, haveHalted, linksTo, notIn } from '../node-fault.ts'

/** The nodes of a strike whose volume has room, in words. */
async function withRoom({ nodes, ports }: Strike<unknown>): Promise<string[]> {
  const spaces = await Promise.all(nodes.map(async node => ({ node, ...(await ports.nodes.logSpace(node)) })))
  return spaces
    .filter(({ freeBytes }) => freeBytes > 0)
    .map(({ node, freeBytes }) => `${formatBytes(freeBytes)} on node ${node}`)
}

export const diskFull = defineFault({
  kind: 'disk-full',
  describe:
    'the volume that holds the log is filled to the last byte; the broker stops itself, and starts with room again',
  fidelity: 'approximated',
  differs:
    'the volume is memory of a fixed size (cluster: log.volume), so that filling it takes no time and harms nobody else',
  needs: 'nodes',
  needsLogVolume: true,
  takesLeaders: true,
  options: {},
  inject: async strike => {
    const { tag, nodes, ports } = strike
    await eachNode(nodes, node => ports.nodes.fillLog(node))
    const left = await withRoom(strike)
    if (left.length > 0) throw new Error(`still free: ${left.join(', ')}`)
    strike.acted()
    await haveHalted(strike, 'nothing was left free on its log volume')
    await ports.links?.refuse(tag, linksTo(strike))
  },
  prove: async strike => {
    const isFull = (await withRoom(strike)).length === 0
    const isGone = (await notIn(strike, 'gone')) === undefined
    return isFull && isGone ? 'nothing free on the log volume, and stopped by itself' : undefined
  },
  heal: async ({ tag, nodes, ports }) => {
    await ports.links?.cure(tag)
    await eachNode(nodes, async node => {
      await ports.nodes.emptyLog(node)
      await ports.nodes.start(node)
    })
  },
  remains: async strike => {
    const roomy = await withRoom(strike)
    return roomy.length < strike.nodes.length ? 'a log volume is full' : notIn(strike, 'running')
  },
})
