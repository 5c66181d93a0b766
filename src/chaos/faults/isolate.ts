// Cuts nodes off from all other nodes while clients still reach them: the zombie leader.
import { defineFault } from '../fault.ts'
import {
  CUT_DIFFERS,
  cure,
  cut,
  directionKey,
  flavourKey,
  flowsOf,
  losesController,
  planesKey,
  provenSilent,
  toxicsLeft,
} from '../link-fault.ts'

export const isolate = defineFault({
  kind: 'isolate',
  describe: 'cut off from all other nodes, or from the one under `peer`; clients still get through',
  fidelity: 'approximated',
  differs: CUT_DIFFERS,
  needs: 'links',
  takesLeaders: ({ peers, options }) => losesController(peers, options.links),
  options: { links: planesKey('internal', 'controller'), direction: directionKey('both'), flavour: flavourKey },
  inject: strike => {
    const { links, direction, flavour } = strike.options
    return cut(strike, flowsOf(strike, { planes: links, direction }), flavour)
  },
  prove: strike => provenSilent(strike, { planes: strike.options.links, direction: strike.options.direction }),
  heal: cure,
  remains: toxicsLeft,
})
