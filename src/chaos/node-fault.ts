// What faults on whole nodes share: acting on several at once, and reading their states back.
import type { NodePowers } from '../cluster/cluster.ts'
import { waitUntil } from '../cluster/wait.ts'
import type { Strike } from './fault.ts'

/** The exit code of a JVM that ended by SIGTERM; 137 would be the SIGKILL that follows a grace time that was too short. */
export const ORDERLY_EXIT = 143

type State = Awaited<ReturnType<NodePowers['state']>>

/** All at once, because a crash of two machines is not two crashes. */
export function eachNode(nodes: readonly number[], act: (nodeId: number) => Promise<unknown>): Promise<void> {
  return eachOf(nodes, act)
}

/** Acts on all before it fails. */
export async function eachOf<T>(all: readonly T[], act: (one: T) => Promise<unknown>): Promise<void> {
  const results = await Promise.allSettled(all.map(act))
  const failed = results.find(result => result.status === 'rejected')
  if (failed) throw failed.reason
}

/** The nodes of a strike that are in another state than this one, in words. */
export async function notIn({ nodes, ports }: Strike<unknown>, wanted: State): Promise<string | undefined> {
  const states = await Promise.all(nodes.map(async node => ({ node, state: await ports.nodes.state(node) })))
  const others = states.filter(({ state }) => state !== wanted)
  return others.length === 0 ? undefined : others.map(({ node, state }) => `node ${node} is ${state}`).join(', ')
}

/** Fails where a node of a strike is in another state. */
export async function mustBe(strike: Strike<unknown>, wanted: State): Promise<void> {
  const others = await notIn(strike, wanted)
  if (others !== undefined) throw new Error(`${others}, not ${wanted}`)
}

/** Kafka notices at its next append or checkpoint (5 s); a broker without load still writes what the quorum decides. */
const HALT_DEADLINE_MS = 30_000

/** Waits until brokers that cannot write have stopped themselves; one that has not was not harmed, and nothing else may be done to it. */
export async function haveHalted(strike: Strike<unknown>, why: string): Promise<void> {
  if (await waitUntil(async () => (await notIn(strike, 'gone')) === undefined, HALT_DEADLINE_MS)) return
  const others = await notIn(strike, 'gone')
  if (others !== undefined)
    throw new Error(`${others} ${HALT_DEADLINE_MS / 1000} s after ${why}: the broker did not stop itself`)
}

/** The links that end at the nodes of a strike; none in a direct network. */
export function linksTo({ ports, nodes }: Strike<unknown>): string[] {
  return (ports.links?.links ?? []).filter(link => nodes.includes(link.target)).map(link => link.name)
}
