// Ends connections with a reset instead of an orderly close, again and again while it lasts.
import { defineFault } from '../fault.ts'
import { cure, directionKey, planesKey, poison, provenSilent, toxicsLeft } from '../link-fault.ts'

export const reset = defineFault({
  kind: 'reset',
  describe: 'connections are reset (RST) as soon as bytes pass',
  fidelity: 'true',
  needs: 'links',
  untargeted: 'all',
  takesLeaders: false,
  options: { links: planesKey('client'), direction: directionKey('out') },
  inject: strike => {
    const { links, direction } = strike.options
    return poison(strike, { planes: links, direction }, { type: 'reset_peer', attributes: { timeout: 0 } })
  },
  prove: strike => provenSilent(strike, { planes: strike.options.links, direction: strike.options.direction }),
  heal: cure,
  remains: toxicsLeft,
})
