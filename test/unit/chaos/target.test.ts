// Targets: read from text, and resolved against the cluster as it is at the moment of the act.
import { describe, expect, it } from 'vitest'
import {
  type ClusterView,
  internalTopicsOf,
  parseTarget,
  resolveTarget,
  type Target,
} from '../../../src/chaos/target.ts'
import { resolveWorkers } from '../../../src/chaos/workers.ts'
import { seededRandom } from '../../../src/core/random.ts'

const VIEW: ClusterView = {
  nodes: [1, 2, 3].map(id => ({ id, roles: ['broker', 'controller'] })),
  controller: 2,
  partitions: [
    { topic: 'orders', partition: 1, leader: 3, replicas: [3, 1, 2] },
    { topic: 'orders', partition: 0, leader: 2, replicas: [2, 3, 1] },
    { topic: '__consumer_offsets', partition: 7, leader: 1, replicas: [1, 3, 2] },
  ],
  coordinators: new Map([
    ['group billing', 3],
    ['transaction tx-1', 2],
  ]),
}

function resolved(text: string, view: ClusterView = VIEW): number[] | string {
  const target = parseTarget(text)
  if (!target) throw new Error(`${text} is no target`)
  return resolveTarget(target, view, seededRandom(1))
}

describe('targets', () => {
  it.each([
    ['node 2', [2]],
    ['broker-2', [2]],
    ['leader of orders/0', [2]],
    ['leader of orders/1', [3]],
    ['leader of orders', [2]],
    ['leader of orders not controller', [3]],
    ['leader of orders, but not the controller', [3]],
    ['follower of orders/0', [3]],
    ['follower of orders/1 not controller', [1]],
    ['coordinator of group billing', [3]],
    ['coordinator of transaction tx-1', [2]],
    ['coordinator of group billing not controller', [3]],
    ['leader of __consumer_offsets/7', [1]],
    ['controller', [2]],
    ['all', [1, 2, 3]],
    ['all not controller', [1, 3]],
  ])('%s', (text, nodes) => {
    expect(resolved(text)).toEqual(nodes)
  })

  it('draw the same victim for the same seed, and never the one left out', () => {
    expect(resolved('random')).toEqual(resolved('random'))
    expect(resolved('minority')).toHaveLength(1)
    for (let seed = 0; seed < 50; seed++) {
      const target = parseTarget('random not controller')
      expect(target && resolveTarget(target, VIEW, seededRandom(seed))).not.toEqual([2])
    }
  })

  it('say why there is none', () => {
    expect(resolved('leader of orders/0 not controller')).toMatch(/^no leader of orders\/0/)
    expect(resolved('leader of bills')).toMatch(/^no leader of bills/)
    expect(resolved('coordinator of group audit')).toMatch(/^no coordinator of group audit/)
    expect(resolved('coordinator of transaction tx-1 not controller')).toMatch(/^no coordinator/)
    const { controller: _, ...headless } = VIEW
    expect(resolved('controller', headless)).toMatch(/quorum has no leader/)
    expect(resolved('random not controller', headless)).toMatch(/quorum has no leader/)
  })

  it('name Kafka’s own topics that they are about', () => {
    const about = (text: string) => internalTopicsOf(parseTarget(text) as Target)
    expect(about('coordinator of group billing')).toEqual(['__consumer_offsets'])
    expect(about('coordinator of transaction tx-1')).toEqual(['__transaction_state'])
    expect(about('leader of __consumer_offsets/7')).toEqual(['__consumer_offsets'])
    expect(about('leader of orders/0')).toEqual([])
  })

  it('name workers of the run, who are no nodes', () => {
    expect(parseTarget('worker billing/0')).toMatchObject({ kind: 'worker', group: 'billing', member: 0 })
    expect(parseTarget('workers of web.eu-1')).toMatchObject({ kind: 'worker', group: 'web.eu-1' })
    expect(resolved('worker billing/0')).toBe('a worker is no node')
    const views = ['web-0', 'web-1', 'web-1-0'].map(worker => ({
      worker,
      group: worker.slice(0, -2),
      role: 'producer' as const,
    }))
    const struck = (text: string) => resolveWorkers(parseTarget(text) as Parameters<typeof resolveWorkers>[0], views)
    expect(struck('worker web/1')).toEqual(['web-1'])
    expect(struck('workers of web')).toEqual(['web-0', 'web-1'])
    expect(struck('workers of web-1')).toEqual(['web-1-0'])
    expect(struck('worker web/2')).toMatch(/^no worker web\/2/)
  })

  it.each([
    'worker billing',
    'workers of',
    'worker billing/0 not controller',
    '',
    'node',
    'node x',
    'leader',
    'leader of',
    'follower of orders',
    'controller not controller',
    'node 1 not controller',
    'some',
    'coordinator of billing',
    'coordinator of group',
  ])('are not: %s', text => {
    expect(parseTarget(text)).toBeUndefined()
  })
})
