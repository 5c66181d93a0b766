// Lets only so many bytes a second through each connection.
import { size } from '../../scenario/schema/common.ts'
import { defineFault } from '../fault.ts'
import { cure, directionKey, planesKey, poison, provenThere, toxicsLeft } from '../link-fault.ts'

const BYTES_PER_KB = 1024

export const bandwidth = defineFault({
  kind: 'bandwidth',
  describe: 'each connection carries at most so many bytes a second',
  fidelity: 'approximated',
  differs: 'the limit is per connection, not per machine',
  needs: 'links',
  untargeted: 'all',
  takesLeaders: false,
  options: {
    rate: size.describe('Bytes a second of one connection: 1MiB'),
    links: planesKey('client'),
    direction: directionKey('both'),
  },
  inject: strike => {
    const { rate, links, direction } = strike.options
    const attributes = { rate: Math.max(1, Math.round(rate / BYTES_PER_KB)) }
    return poison(strike, { planes: links, direction }, { type: 'bandwidth', attributes })
  },
  prove: strike => provenThere(strike, { planes: strike.options.links, direction: strike.options.direction }),
  heal: cure,
  remains: toxicsLeft,
})
