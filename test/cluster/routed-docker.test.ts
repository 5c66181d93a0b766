// A routed cluster of containers: proxies are the only way, a cut is silent and healed, a killed proxy server comes back as modelled.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { callAcross } from '../../src/chaos/canary.ts'
import type { StartedCluster } from '../../src/cluster/cluster.ts'
import { openDocker } from '../../src/cluster/providers/docker/client.ts'
import { execute } from '../../src/cluster/providers/docker/inspect.ts'
import { dockerProvider } from '../../src/cluster/providers/docker/provider.ts'
import { flowsBetween } from '../../src/topology/links.ts'
import { lacksDocker, memoryJournal, namedOn, topologyOf } from './docker-support.ts'
import { createTopic, newRunId, probe } from './process-support.ts'

const lacking = await lacksDocker()
const client = openDocker()
const runId = newRunId()
const journal = memoryJournal(runId)
let cluster: StartedCluster

beforeAll(async () => {
  if (lacking) return
  const topology = topologyOf({ brokers: 3, network: 'routed' })
  cluster = await dockerProvider.start({ topology, runId, journal, readyTimeoutMs: 120_000 })
}, 180_000)
afterAll(async () => {
  await cluster?.[Symbol.asyncDispose]()
  if (cluster) expect(await namedOn(client, runId)).toEqual([])
  expect(journal.open()).toEqual([])
}, 120_000)

describe.skipIf(lacking)('a routed cluster of containers', () => {
  it('has no way around its proxies', async () => {
    const { links, info } = cluster
    if (!links) throw new Error('a routed cluster without links')
    expect(info.path).toBe('routed')
    const peer = info.nodes.find(node => node.id === 2)?.observer ?? ''
    const [host = '', port = ''] = peer.split(':')
    const dial = `timeout 3 bash -c '</dev/tcp/${host}/${port}' && echo reached || echo refused`
    const { stdout } = await execute(client, info.nodes[0]?.handle ?? '', ['bash', '-c', dial])
    expect(stdout.trim()).toBe('refused')
    await createTopic(cluster, 'routed', 3)
    expect(await probe(cluster, 'routed')).toEqual([1, 1, 1])
  }, 90_000)

  it('is cut between two nodes only, and whole again after it', async () => {
    const { links } = cluster
    if (!links) throw new Error('a routed cluster without links')
    const [first, last] = [links.entrance('internal-1-2'), links.entrance('internal-1-3')]
    await links.poison('pair', flowsBetween(links.links, 1, 2), { type: 'timeout', attributes: { timeout: 0 } })
    expect(await callAcross(first, 500)).toBeUndefined()
    expect(await callAcross(last, 2000)).toBeTypeOf('number')
    expect(journal.open().filter(entry => entry.kind === 'fault')).toHaveLength(1)
    await links.cure('pair')
    expect(await callAcross(first, 2000)).toBeTypeOf('number')
    expect(journal.open().filter(entry => entry.kind === 'fault')).toEqual([])
    expect((await links.read()).every(({ isOpen, toxics }) => isOpen && toxics.length === 0)).toBe(true)
  }, 60_000)
})
