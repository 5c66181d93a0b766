// The container layout: who listens where, and which address others are told.
import { describe, expect, it } from 'vitest'
import { containerEnvironment, containerProperties, DATA_DIR, layOut } from '../../../src/topology/containers.ts'
import { describeTopology } from '../../../src/topology/topology.ts'

const topology = describeTopology({
  kind: 'started',
  brokers: 2,
  controllers: 'combined',
  network: 'direct',
  provider: 'docker',
  kafka: '4.3.1',
  resources: { heap: 300 * 2 ** 20 + 1 },
  workers: {},
  config: { 'num.io.threads': 4 },
  racks: [],
  readyTimeoutMs: 0,
})

describe('layOut', () => {
  it('advertises the address it binds, where containers can be dialled', () => {
    const addresses = layOut(topology, '10.9.8.0/24')
    expect(addresses[2]?.CLIENT).toEqual({
      bind: { host: '10.9.8.12', port: 9092 },
      advertised: { host: '10.9.8.12', port: 9092 },
    })
    const bound = Object.values(addresses).flatMap(node =>
      Object.values(node).map(listener => `${listener.bind.host}:${listener.bind.port}`),
    )
    expect(new Set(bound).size).toBe(8)
  })

  it('advertises a published port on loopback and keeps the inside for nodes', () => {
    const addresses = layOut(topology, '10.9.8.0/24', { 1: { CLIENT: 40001, OBSERVER: 40002 } })
    expect(addresses[1]?.CLIENT).toEqual({
      bind: { host: '10.9.8.11', port: 9092 },
      advertised: { host: '127.0.0.1', port: 40001 },
    })
    expect(addresses[1]?.OBSERVER?.advertised.port).toBe(40002)
    expect(addresses[1]?.INTERNAL?.advertised.host).toBe('10.9.8.11')
    expect(addresses[2]?.CLIENT?.advertised.host).toBe('10.9.8.12')
  })
})

describe('the environment of a node', () => {
  it('holds every property under its variable, the cluster id, and a heap of whole mebibytes', () => {
    const node = topology.nodes[0]
    if (!node) throw new Error('no node')
    const properties = containerProperties(topology, layOut(topology, '10.9.8.0/24'), node)
    const environment = containerEnvironment(node, 'id', properties)
    expect(environment).toMatchObject({
      CLUSTER_ID: 'id',
      KAFKA_HEAP_OPTS: '-Xms301m -Xmx301m',
      KAFKA_NUM_IO_THREADS: '4',
      KAFKA_LOG_DIRS: DATA_DIR,
    })
    expect(Object.keys(environment)).toHaveLength(Object.keys(properties).length + 2)
  })
})
