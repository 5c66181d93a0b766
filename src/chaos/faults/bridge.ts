// Parts all other nodes of its kind into two halves that only the target still sees both of: no side agrees on who is there.
import { type Flow, flowsBetween } from '../../topology/links.ts'
import { defineFault, type Strike } from '../fault.ts'
import {
  CUT_DIFFERS,
  cure,
  cut,
  flavourKey,
  linksOf,
  planesKey,
  silentOver,
  toxicsLeft,
  withPlanes,
} from '../link-fault.ts'

type Options = { links: readonly string[] }

/** Voters are parted where the target votes, since only these have a majority to lose; else brokers. */
function partedFlows(strike: Strike<Options>): Flow[] {
  const { links } = linksOf(strike)
  const [bridge = 0] = strike.nodes
  const targetsOf = (plane: string) => new Set(links.filter(link => link.plane === plane).map(link => link.target))
  const voters = targetsOf('CONTROLLER')
  const kin = voters.has(bridge) ? voters : targetsOf('CLIENT')
  const others = strike.ports.nodeIds.filter(id => kin.has(id) && id !== bridge)
  const half = Math.floor(others.length / 2)
  const own = withPlanes(links, strike.options.links)
  return others.slice(0, half).flatMap(a => others.slice(half).flatMap(b => flowsBetween(own, a, b)))
}

export const bridge = defineFault({
  kind: 'bridge',
  describe: 'the other nodes are cut into two halves, and the target sees both',
  fidelity: 'approximated',
  differs: CUT_DIFFERS,
  needs: 'links',
  takesPeer: false,
  leastBrokers: 3,
  takesLeaders: false,
  options: { links: planesKey('internal', 'controller'), flavour: flavourKey },
  inject: strike => cut(strike, partedFlows(strike), strike.options.flavour),
  prove: strike => silentOver(strike, partedFlows(strike)),
  heal: cure,
  remains: toxicsLeft,
})
