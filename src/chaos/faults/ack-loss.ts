// Loses what brokers answer to clients: requests arrive and are done, their acknowledgements never come back.
import { defineFault } from '../fault.ts'
import { cure, poison, provenSilent, toxicsLeft } from '../link-fault.ts'

const WAY = { planes: ['client'], direction: 'out' } as const

export const ackLoss = defineFault({
  kind: 'ack-loss',
  describe: 'answers to clients are lost, requests get through',
  fidelity: 'true',
  needs: 'links',
  untargeted: 'all',
  takesLeaders: false,
  options: {},
  inject: strike => poison(strike, WAY, { type: 'timeout', attributes: { timeout: 0 } }),
  prove: strike => provenSilent(strike, WAY),
  heal: cure,
  remains: toxicsLeft,
})
