// Ends nodes and takes what they wrote last away from them: SIGKILL alone never loses what the system's page cache holds.

import type { TailCut } from '../../cluster/tails.ts'
import { size } from '../../scenario/schema/common.ts'
import { defineFault, type Strike } from '../fault.ts'
import { eachNode, linksTo, notIn } from '../node-fault.ts'

const cuts = new WeakMap<Strike<unknown>, Map<number, TailCut[]>>()

export const powerLoss = defineFault({
  kind: 'power-loss',
  describe: 'SIGKILL, and the ends of the logs are cut off; started again at the end',
  fidelity: 'approximated',
  differs:
    'the last bytes of every newest segment are cut, flushed or not; a real loss tears pages, and other files too',
  needs: 'nodes',
  takesLeaders: true,
  options: { cut: size.describe('How much of each partition: 64KiB').prefault('64KiB') },
  inject: async strike => {
    const { tag, nodes, options, ports } = strike
    const done = new Map<number, TailCut[]>()
    cuts.set(strike, done)
    await eachNode(nodes, node => ports.nodes.kill(node))
    strike.acted()
    await ports.links?.refuse(tag, linksTo(strike))
    await eachNode(nodes, async node => done.set(node, await ports.nodes.cutTails(node, ports.logs ?? [], options.cut)))
  },
  prove: async strike => {
    if ((await notIn(strike, 'gone')) !== undefined) return undefined
    const done = [...(cuts.get(strike) ?? [])]
    const told = done.map(
      ([node, own]) =>
        `node ${node}: ${own.map(({ topic, partition, bytes }) => `${topic}/${partition} ${bytes} B`).join(', ')}`,
    )
    const isCut = done.some(([, own]) => own.some(({ bytes }) => bytes > 0))
    return isCut ? `ended, cut off ${told.join('; ')}` : undefined
  },
  heal: async ({ tag, nodes, ports }) => {
    await ports.links?.cure(tag)
    await eachNode(nodes, node => ports.nodes.start(node))
  },
  remains: strike => notIn(strike, 'running'),
})
