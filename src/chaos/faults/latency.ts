// Delays bytes on links, with jitter where asked.
import { duration, positiveDuration } from '../../scenario/schema/common.ts'
import { defineFault } from '../fault.ts'
import { cure, directionKey, planesKey, poison, provenSlow, toxicsLeft } from '../link-fault.ts'

export const latency = defineFault({
  kind: 'latency',
  describe: 'bytes arrive later',
  fidelity: 'approximated',
  differs: 'chunks of a connection are delayed, handshakes and lost packets are not',
  needs: 'links',
  untargeted: 'all',
  takesLeaders: false,
  options: {
    delay: positiveDuration.describe('How much later: 50ms'),
    jitter: duration.describe('Up to so much more or less').prefault('0ms'),
    links: planesKey('client'),
    direction: directionKey('out'),
  },
  inject: strike => {
    const { delay, jitter, links, direction } = strike.options
    return poison(strike, { planes: links, direction }, { type: 'latency', attributes: { latency: delay, jitter } })
  },
  prove: strike => {
    const { delay, jitter, links, direction } = strike.options
    return provenSlow(strike, { planes: links, direction }, Math.max(0, delay - jitter))
  },
  heal: cure,
  remains: toxicsLeft,
})
