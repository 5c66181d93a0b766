// Lets no node hear the next one, around the whole cluster: everybody is heard by somebody, and no two hear each other.
import { type Flow, flowsFrom } from '../../topology/links.ts'
import { defineFault, type Strike } from '../fault.ts'
import { cure, cut, linksOf, planesKey, silentOver, toxicsLeft, withPlanes } from '../link-fault.ts'

function deafFlows({ nodes, ...strike }: Strike<{ links: readonly string[] }>): Flow[] {
  const { links } = linksOf({ nodes, ...strike })
  const own = withPlanes(links, strike.options.links)
  return nodes.flatMap((node, index) => flowsFrom(own, nodes[(index + 1) % nodes.length] ?? node, node))
}

export const ring = defineFault({
  kind: 'ring',
  describe: 'no broker hears the next one: 1 not 2, 2 not 3, 3 not 1',
  fidelity: 'approximated',
  differs: 'packets are acknowledged by the proxy; in a ring of three, requests between any two lose one of their ways',
  needs: 'links',
  untargeted: 'always',
  takesPeer: false,
  leastBrokers: 3,
  takesLeaders: false,
  options: { links: planesKey('internal', 'controller') },
  inject: strike => cut(strike, deafFlows(strike), 'blackhole'),
  prove: strike => silentOver(strike, deafFlows(strike)),
  heal: cure,
  remains: toxicsLeft,
})
