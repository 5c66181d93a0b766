// Cuts all links of nodes both ways, clients included, or those to one peer: the network cable that is pulled.
import { defineFault } from '../fault.ts'
import {
  CUT_DIFFERS,
  cure,
  cut,
  flavourKey,
  flowsOf,
  losesController,
  planesKey,
  provenSilent,
  toxicsLeft,
} from '../link-fault.ts'

export const linkCut = defineFault({
  kind: 'link-cut',
  describe: 'cut off both ways from everybody, clients included, or from the nodes under `peer` alone',
  fidelity: 'approximated',
  differs: CUT_DIFFERS,
  needs: 'links',
  takesLeaders: ({ peers, options }) => losesController(peers, options.links),
  options: { links: planesKey('internal', 'controller', 'client'), flavour: flavourKey },
  inject: strike =>
    cut(strike, flowsOf(strike, { planes: strike.options.links, direction: 'both' }), strike.options.flavour),
  prove: strike => provenSilent(strike, { planes: strike.options.links, direction: 'both' }),
  heal: cure,
  remains: toxicsLeft,
})
