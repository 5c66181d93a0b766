// Cuts nodes off from all other nodes while clients still reach them: the zombie leader.
import * as z from 'zod'
import { defineFault } from '../fault.ts'
import { cure, directionKey, flowsOf, linksOf, planesKey, poison, provenSilent, toxicsLeft } from '../link-fault.ts'

/** How a cut link behaves; blackhole loses bytes, stall holds them until the end, refuse closes the port. */
export const flavourKey = z
  .enum(['blackhole', 'stall', 'refuse'])
  .describe('blackhole: bytes are lost; stall: held and delivered at the end; refuse: connections are closed')
  .default('blackhole')

export const isolate = defineFault({
  kind: 'isolate',
  describe: 'cut off from all other nodes, or from the one under `peer`; clients still get through',
  fidelity: 'approximated',
  differs: 'a proxy accepts connections before it loses their bytes, so handshakes still succeed',
  needs: 'links',
  takesLeaders: true,
  options: { links: planesKey('internal', 'controller'), direction: directionKey('both'), flavour: flavourKey },
  inject: async strike => {
    const way = { planes: strike.options.links, direction: strike.options.direction }
    if (strike.options.flavour === 'refuse')
      return linksOf(strike).refuse(strike.tag, [...new Set(flowsOf(strike, way).map(flow => flow.link))])
    return poison(
      strike,
      way,
      strike.options.flavour === 'stall'
        ? { type: 'bandwidth', attributes: { rate: 0 } }
        : { type: 'timeout', attributes: { timeout: 0 } },
    )
  },
  prove: strike => provenSilent(strike, { planes: strike.options.links, direction: strike.options.direction }),
  heal: cure,
  remains: toxicsLeft,
})
