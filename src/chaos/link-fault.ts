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

export type Way = { direction: 'both' | 'in' | 'out'; planes: readonly string[] }

/** The links of a strike; a plan has refused a direct network before. */
export function linksOf({ ports }: Strike<unknown>): LinkPowers {
  if (!ports.links) throw new TypeError('a fault on links in a direct network')
  return ports.links
}

/** The streams between the target and its peers (all other nodes where none are named), and its clients where asked. */
export function flowsOf(strike: Strike<unknown>, { direction, planes }: Way): Flow[] {
  const { links } = linksOf(strike)
  const wanted = new Set(planes.map(name => PLANES[name]))
  const own = links.filter(link => wanted.has(link.plane))
  const flows = strike.nodes.flatMap(node => othersOf(strike, node).flatMap(other => ways(own, node, other, direction)))
  return [...new Map(flows.map(flow => [`${flow.link}/${flow.stream}`, flow])).values()]
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

/** Puts a toxic on all streams of a strike. */
export async function poison(strike: Strike<unknown>, way: Way, toxic: LinkToxic): Promise<void> {
  await linksOf(strike).poison(strike.tag, flowsOf(strike, way), toxic)
}

/** Silence on every link touched: a request over each gets no answer. */
export async function provenSilent(strike: Strike<unknown>, way: Way): Promise<string | undefined> {
  const touched = [...new Set(flowsOf(strike, way).map(flow => flow.link))]
  const answers = await Promise.all(touched.map(link => callAcross(linksOf(strike).entrance(link), CANARY_MS)))
  if (touched.length === 0 || answers.some(answer => answer !== undefined)) return undefined
  return `no answer over ${touched.join(', ')} within ${CANARY_MS} ms`
}

/** Slowness on every link touched. */
export async function provenSlow(strike: Strike<unknown>, way: Way, leastMs: number): Promise<string | undefined> {
  const touched = [...new Set(flowsOf(strike, way).map(flow => flow.link))]
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

/** Toxics of this fault that the servers still tell of. */
export async function toxicsLeft(strike: Strike<unknown>): Promise<string | undefined> {
  const states = await linksOf(strike).read()
  const left = states.flatMap(({ link, toxics }) =>
    toxics.filter(toxic => toxic.name.startsWith(`${strike.tag}-`)).map(toxic => `${toxic.name} on ${link}`),
  )
  return left.length === 0 ? undefined : left.join(', ')
}
