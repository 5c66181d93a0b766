// Which links a topology has, and which of their streams carry bytes from one end to another.
import { describe, expect, it } from 'vitest'
import { KAFKA_DEFAULT_VERSION } from '../../../src/scenario/schema/cluster.ts'
import { flowsBetween, flowsFrom, linksBetween, routesOf, sourcesOf } from '../../../src/topology/links.ts'
import { describeTopology, type Topology } from '../../../src/topology/topology.ts'

function routed(controllers: 'combined' | 'dedicated' = 'combined'): Topology {
  return describeTopology({ ...specOf(), controllers })
}

describe('links', () => {
  it('join every pair of combined nodes on both planes, and clients with every broker', () => {
    const { links } = routed()
    expect(links.map(link => link.name)).toEqual([
      ...['internal-1-2', 'internal-1-3', 'internal-2-1', 'internal-2-3', 'internal-3-1', 'internal-3-2'],
      ...['controller-1-2', 'controller-1-3', 'controller-2-1', 'controller-2-3', 'controller-3-1', 'controller-3-2'],
      ...['client-1', 'client-2', 'client-3'],
    ])
    expect(sourcesOf(links)).toEqual([1, 2, 3, 'client'])
  })

  it('lead brokers to dedicated controllers, but no controller to a broker', () => {
    const { links, nodes } = routed('dedicated')
    expect(linksBetween(nodes)).toEqual(links)
    expect(links.some(link => link.name === 'controller-1-101')).toBe(true)
    expect(links.filter(link => link.target > 100).every(link => link.plane === 'CONTROLLER')).toBe(true)
    expect(links.filter(link => Number(link.source) > 100).every(link => link.target > 100)).toBe(true)
  })

  it('are none where the network is direct', () => {
    expect(describeTopology({ ...specOf(), network: 'direct' }).links).toEqual([])
  })
})

describe('flows', () => {
  it('follow the bytes, whoever dialled', () => {
    const { links } = routed()
    expect(flowsFrom(links, 1, 2)).toEqual([
      { link: 'internal-1-2', stream: 'upstream' },
      { link: 'internal-2-1', stream: 'downstream' },
      { link: 'controller-1-2', stream: 'upstream' },
      { link: 'controller-2-1', stream: 'downstream' },
    ])
    expect(flowsFrom(links, 2, 'client')).toEqual([{ link: 'client-2', stream: 'downstream' }])
    expect(flowsBetween(links, 1, 2)).toHaveLength(8)
  })
})

describe('routes', () => {
  it('listen at the advertised port on the side of their source, and lead to where the target is bound', () => {
    const topology = routed()
    const bind = { host: '127.0.0.1', port: 7002 }
    const internal = { bind, advertised: { host: 'broker-2', port: 7002 } }
    const rest = { bind, advertised: { host: 'x', port: 1 } }
    const other = { INTERNAL: rest, CONTROLLER: rest, CLIENT: rest }
    const routes = routesOf(topology, { 1: other, 2: { ...other, INTERNAL: internal }, 3: other }, 1, '127.0.10.1')
    expect(routes.find(({ link }) => link.name === 'internal-1-2')).toMatchObject({
      listen: '127.0.10.1:7002',
      upstream: '127.0.0.1:7002',
    })
    expect(routes).toHaveLength(4)
  })
})

function specOf(): Parameters<typeof describeTopology>[0] {
  return {
    kind: 'started',
    brokers: 3,
    controllers: 'combined',
    network: 'routed',
    provider: 'process',
    kafka: KAFKA_DEFAULT_VERSION,
    resources: {},
    workers: {},
    config: {},
    racks: [],
    readyTimeoutMs: 0,
  }
}
