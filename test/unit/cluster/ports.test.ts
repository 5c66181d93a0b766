// Loopback ports: all different, free, and out of the range from which outgoing connections take theirs.
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { describe, expect, it } from 'vitest'
import { findFreePorts, layOutOnLoopback } from '../../../src/cluster/providers/process/ports.ts'
import { describeTopology } from '../../../src/topology/topology.ts'

const firstEphemeral = Number(readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').split(/\s+/)[0])

describe('free ports', () => {
  it('are all different and can all be listened on at once', async () => {
    const ports = await findFreePorts(40)
    expect(new Set(ports).size).toBe(40)
    const servers = await Promise.all(
      ports.map(
        port =>
          new Promise<ReturnType<typeof createServer>>((resolve, reject) => {
            const server = createServer().once('error', reject)
            server.listen(port, '127.0.0.1', () => resolve(server))
          }),
      ),
    )
    for (const server of servers) server.close()
  })

  it.runIf(firstEphemeral > 17_000)('lie below the range of outgoing connections', async () => {
    for (const port of await findFreePorts(40)) expect(port).toBeLessThan(firstEphemeral)
  })
})

describe('addresses', () => {
  it('give every listener of every node one of its own', async () => {
    const topology = describeTopology({
      kind: 'started',
      brokers: 3,
      controllers: 'dedicated',
      network: 'direct',
      provider: 'process',
      kafka: '4.3.1',
      resources: {},
      workers: {},
      config: {},
      racks: [],
      readyTimeoutMs: 1,
    })
    const { addresses } = await layOutOnLoopback(topology)
    for (const node of topology.nodes) expect(Object.keys(addresses[node.id] ?? {})).toEqual(node.listeners)
    const all = Object.values(addresses).flatMap(listeners => Object.values(listeners))
    expect(new Set(all.map(({ bind }) => bind.port)).size).toBe(3 * 3 + 3)
    for (const { bind, advertised } of all) expect(advertised).toEqual(bind)
  })
})
