// What faults on links share: which streams they take, the read-back, and a canary that must fail or be slow.
import * as z from 'zod'
import type { LinkPowers, LinkToxic } from '../cluster/cluster.ts'
import { type Flow, flowsFrom, type Link, type LinkSource, type Plane } from '../topology/links.ts'
import { callAcross } from './canary.ts'
import type { Strike } from './fault.ts'

const PLANES: Record<string, Plane> = { internal: 'INTERNAL', controller: 'CONTROLLER', client: 'CLIENT' }
const CANARY_MS = 500

/** `out` carries the bytes that leave the target, `in` those that reach it. */
export const directionKey = (normally: 'both' | 'in' | 'out') =>
  z.enum(['both', 'in', 'out']).describe('Bytes that leave the target, that reach it, or both').default(normally)

export const planesKey = (...normally: ('internal' | 'controller' | 'client')[]) =>
  z
    .array(z.enum(['internal', 'controller', 'client']))
    .min(1)
    .describe('Which links: between brokers, to controllers, to clients')
    .default(normally)

/** How a cut link behaves. */
export type Flavour = 'blackhole' | 'stall' | 'refuse'

export const flavourKey = z
  .enum(['blackhole', 'stall', 'refuse'])
  .describe('blackhole: bytes are lost; stall: held and delivered at the end; refuse: connections are closed')
  .default('blackhole')

export const CUT_DIFFERS = 'a proxy accepts connections before it loses their bytes, so handshakes still succeed'

export type Way = { direction: 'both' | 'in' | 'out'; planes: readonly string[] }

/** The links of a strike; a plan has refused a direct network before. */
export function linksOf({ ports }: Strike<unknown>): LinkPowers {
  if (!ports.links) throw new TypeError('a fault on links in a direct network')
  return ports.links
}

/** The streams between the target and its peers (all other nodes where none are named), and its clients where asked. */
export function flowsOf(strike: Strike<unknown>, { direction, planes }: Way): Flow[] {
  const { links } = linksOf(strike)
  const own = withPlanes(links, planes)
  const flows = strike.nodes.flatMap(node => othersOf(strike, node).flatMap(other => ways(own, node, other, direction)))
  return [...new Map(flows.map(flow => [`${flow.link}/${flow.stream}`, flow])).values()]
}

/** Links of the planes that a scenario names. */
export function withPlanes(links: readonly Link[], planes: readonly string[]): Link[] {
  const wanted = new Set(planes.map(name => PLANES[name]))
  return links.filter(link => wanted.has(link.plane))
}

function othersOf({ nodes, peers, ports }: Strike<unknown>, node: number): LinkSource[] {
  if (peers.length > 0) return [...peers]
  return [...ports.nodeIds.filter(other => other !== node && !(nodes.length > 1 && nodes.includes(other))), 'client']
}

function ways(links: readonly Link[], node: number, other: LinkSource, direction: Way['direction']): Flow[] {
  const out = direction === 'in' ? [] : flowsFrom(links, node, other)
  const into = direction === 'out' ? [] : flowsFrom(links, other, node)
  return [...out, ...into]
}

/** True where a node loses every controller by it, so that its session ends and its leaders move. */
export function losesController(peers: readonly number[], planes: readonly string[]): boolean {
  return peers.length === 0 && planes.includes('controller')
}

/** Lets nothing more through on these streams. */
export async function cut(strike: Strike<unknown>, flows: readonly Flow[], flavour: Flavour): Promise<void> {
  const links = linksOf(strike)
  if (flows.length === 0) throw new TypeError('no link between these nodes')
  if (flavour === 'refuse') return links.refuse(strike.tag, linksUnder(flows))
  const toxic: LinkToxic =
    flavour === 'stall'
      ? { type: 'bandwidth', attributes: { rate: 0 } }
      : { type: 'timeout', attributes: { timeout: 0 } }
  return links.poison(strike.tag, flows, toxic)
}

const linksUnder = (flows: readonly Flow[]): string[] => [...new Set(flows.map(flow => flow.link))]

/** Puts a toxic on all streams of a strike. */
export async function poison(strike: Strike<unknown>, way: Way, toxic: LinkToxic): Promise<void> {
  await linksOf(strike).poison(strike.tag, flowsOf(strike, way), toxic)
}

/** Silence on every link touched: a request over each gets no answer. */
export function provenSilent(strike: Strike<unknown>, way: Way): Promise<string | undefined> {
  return silentOver(strike, flowsOf(strike, way))
}

/** The same for streams that are named. */
export async function silentOver(strike: Strike<unknown>, flows: readonly Flow[]): Promise<string | undefined> {
  const touched = linksUnder(flows)
  const answers = await Promise.all(touched.map(link => callAcross(linksOf(strike).entrance(link), CANARY_MS)))
  if (touched.length === 0 || answers.some(answer => answer !== undefined)) return undefined
  return `no answer over ${touched.join(', ')} within ${CANARY_MS} ms`
}

/** Slowness on every link touched. */
export async function provenSlow(strike: Strike<unknown>, way: Way, leastMs: number): Promise<string | undefined> {
  const touched = linksUnder(flowsOf(strike, way))
  const answers = await Promise.all(
    touched.map(link => callAcross(linksOf(strike).entrance(link), leastMs * 3 + CANARY_MS)),
  )
  const isSlow = answers.every(answer => answer === undefined || answer >= leastMs)
  if (touched.length === 0 || !isSlow) return undefined
  const shown = answers.map(answer => (answer === undefined ? 'none' : `${Math.round(answer)} ms`)).join(', ')
  return `answers over ${touched.join(', ')} take ${shown}`
}

/** The toxics themselves, read back from the servers; for effects that no small request can show. */
export async function provenThere(strike: Strike<unknown>, way: Way): Promise<string | undefined> {
  const states = await linksOf(strike).read()
  const there = states.flatMap(({ toxics }) => toxics.filter(toxic => toxic.name.startsWith(`${strike.tag}-`)))
  const wanted = flowsOf(strike, way).length
  return wanted > 0 && there.length === wanted ? `${wanted} streams read back as changed` : undefined
}

export const cure = (strike: Strike<unknown>): Promise<void> => linksOf(strike).cure(strike.tag)

/** Toxics of this fault that the servers still tell of, and links that are closed though no fault wants that. */
export async function toxicsLeft(strike: Strike<unknown>): Promise<string | undefined> {
  const states = await linksOf(strike).read()
  const left = states.flatMap(({ link, toxics }) =>
    toxics.filter(toxic => toxic.name.startsWith(`${strike.tag}-`)).map(toxic => `${toxic.name} on ${link}`),
  )
  left.push(...states.filter(({ isOpen, isRefused }) => !isOpen && !isRefused).map(({ link }) => `link ${link} closed`))
  return left.length === 0 ? undefined : left.join(', ')
}
