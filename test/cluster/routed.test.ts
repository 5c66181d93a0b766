// A routed cluster of JVMs: nothing goes around the proxies, a cut is silent and heals without a trace, a hung proxy is replaced.
import { isDeepStrictEqual } from 'node:util'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { StartedCluster } from '../../src/cluster/cluster.ts'
import { waitUntil } from '../../src/cluster/wait.ts'
import type { PartitionState } from '../../src/protocol/admin/topics.ts'
import { flowsBetween, flowsFrom } from '../../src/topology/links.ts'
import { requireOrSkip } from '../support/require.ts'
import {
  canStart,
  createTopic,
  type Held,
  leadersMoved,
  probe,
  remainsOf,
  startCluster,
  topologyOf,
  useOwnJournals,
  withAdmin,
} from './process-support.ts'

useOwnJournals()
let held: Held

beforeAll(async () => {
  if (canStart) held = await startCluster(topologyOf({ brokers: 3, network: 'routed' }))
}, 120_000)
beforeEach(context => requireOrSkip('java', context))
afterAll(async () => {
  await held?.[Symbol.asyncDispose]()
  if (held) expect(remainsOf(held.runId)).toEqual([])
}, 60_000)

const links = () => {
  if (!held.cluster.links) throw new Error('a routed cluster without links')
  return held.cluster.links
}
/** Every broker must tell the same: the one that was cut off believes in its old leadership, with all in sync, until it has caught up. */
const isrFull = async (cluster: StartedCluster) => {
  const told = (address: string) =>
    withAdmin({ ...cluster, observerBootstrap: [address] }, async admin => (await admin.metadata(['routed']))[0])
  const isFull = async () => {
    const [first, ...others] = await Promise.all(cluster.observerBootstrap.map(told))
    return (
      first?.partitions.every(({ isr }) => isr.length === 3) === true &&
      others.every(other => isDeepStrictEqual(other?.partitions.map(leadership), first.partitions.map(leadership)))
    )
  }
  expect(await waitUntil(isFull, 60_000)).toBe(true)
}
const leadership = ({ partition, leader, leaderEpoch, isr }: PartitionState) => [
  partition,
  leader,
  leaderEpoch,
  isr.toSorted((a, b) => a - b),
]
const isClean = async () => (await links().read()).every(({ isOpen, toxics }) => isOpen && toxics.length === 0)

describe('a routed cluster', () => {
  it('serves clients through proxies, and the observer without', async () => {
    const { bootstrap, observerBootstrap, info } = held.cluster
    expect(info.path).toBe('routed')
    expect(bootstrap).toEqual([1, 2, 3].map(id => links().entrance(`client-${id}`)))
    for (const address of observerBootstrap) expect(bootstrap).not.toContain(address)
    await createTopic(held.cluster, 'routed', 3)
    expect(await probe(held.cluster, 'routed')).toEqual([1, 1, 1])
    expect(await isClean()).toBe(true)
  }, 60_000)

  it('loses a leader that is cut off from its peers, and is whole after the heal', async () => {
    const flows = [2, 3].flatMap(peer => flowsBetween(links().links, 1, peer))
    await links().poison('cut', flows, { type: 'timeout', attributes: { timeout: 0 } })
    expect((await links().read()).flatMap(({ toxics }) => toxics)).toHaveLength(flows.length)
    const { cluster } = held
    await leadersMoved({ ...cluster, observerBootstrap: cluster.observerBootstrap.slice(1) }, 'routed', 1)
    await links().cure('cut')
    expect(await isClean()).toBe(true)
    await isrFull(cluster)
    expect(await probe(cluster, 'routed')).toEqual([2, 2, 2])
  }, 120_000)

  it('keeps two faults on one link apart', async () => {
    const [flow] = flowsFrom(links().links, 'client', 1)
    if (!flow) throw new Error('no client link')
    await links().poison('slow', [flow], { type: 'latency', attributes: { latency: 5, jitter: 0 } })
    await links().poison('thin', [flow], { type: 'bandwidth', attributes: { rate: 1000 } })
    await links().refuse('shut', [flow.link])
    await links().cure('slow')
    const after = (await links().read()).find(({ link }) => link === flow.link)
    expect(after).toMatchObject({ isOpen: false, toxics: [{ type: 'bandwidth' }] })
    await links().cure('thin')
    await links().cure('shut')
    expect(await isClean()).toBe(true)
  }, 30_000)
})
