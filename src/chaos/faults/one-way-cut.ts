// Loses bytes in one direction only: a node that is heard and hears nothing, or the other way round.
import * as z from 'zod'
import { defineFault } from '../fault.ts'
import { cure, cut, flowsOf, losesController, planesKey, provenSilent, toxicsLeft } from '../link-fault.ts'

export const oneWayCut = defineFault({
  kind: 'one-way-cut',
  describe: 'bytes that leave nodes are lost, or those that reach them; the other direction goes on',
  fidelity: 'approximated',
  differs: 'the proxy goes on acknowledging packets both ways; a real one-way path would lose the acknowledgements too',
  needs: 'links',
  takesLeaders: ({ peers, options }) => losesController(peers, options.links),
  options: {
    links: planesKey('internal', 'controller'),
    direction: z.enum(['out', 'in']).describe('Bytes that leave the target, or that reach it').default('out'),
    flavour: z
      .enum(['blackhole', 'stall'])
      .describe('blackhole: bytes are lost; stall: held and delivered at the end')
      .default('blackhole'),
  },
  inject: strike => {
    const { links, direction, flavour } = strike.options
    return cut(strike, flowsOf(strike, { planes: links, direction }), flavour)
  },
  prove: strike => provenSilent(strike, { planes: strike.options.links, direction: strike.options.direction }),
  heal: cure,
  remains: toxicsLeft,
})
