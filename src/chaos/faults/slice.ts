// Cuts what passes into small pieces with pauses between them, as a bad path does.
import { positiveDuration, size } from '../../scenario/schema/common.ts'
import { defineFault } from '../fault.ts'
import { cure, directionKey, planesKey, poison, provenThere, toxicsLeft } from '../link-fault.ts'

const US_PER_MS = 1000

export const slice = defineFault({
  kind: 'slice',
  describe: 'bytes come in small pieces with pauses between them',
  fidelity: 'approximated',
  differs: 'nothing is lost or reordered',
  needs: 'links',
  untargeted: 'all',
  takesLeaders: false,
  options: {
    piece: size.describe('Size of a piece: 100B'),
    pause: positiveDuration.describe('Pause after each piece: 1ms').prefault('1ms'),
    links: planesKey('client'),
    direction: directionKey('both'),
  },
  inject: strike => {
    const { piece, pause, links, direction } = strike.options
    const attributes = { average_size: piece, size_variation: 0, delay: Math.round(pause * US_PER_MS) }
    return poison(strike, { planes: links, direction }, { type: 'slicer', attributes })
  },
  prove: strike => provenThere(strike, { planes: strike.options.links, direction: strike.options.direction }),
  heal: cure,
  remains: toxicsLeft,
})
