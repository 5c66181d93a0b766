// The parts of the docker provider that need no engine: subnets, stream frames, labels, creation requests, statistics.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ContainerStats } from '../../../src/cluster/providers/docker/client.ts'
import { demux } from '../../../src/cluster/providers/docker/demux.ts'
import { containerLabels, namesOf } from '../../../src/cluster/providers/docker/names.ts'
import { toSample } from '../../../src/cluster/providers/docker/sample.ts'
import { containerSpec } from '../../../src/cluster/providers/docker/spec.ts'
import { freeSubnets, overlaps, parseCidr } from '../../../src/cluster/providers/docker/subnet.ts'
import { describeTopology } from '../../../src/topology/topology.ts'

describe('subnets', () => {
  it('reads a range at its first address', () => {
    expect(parseCidr('10.213.7.9/24')).toEqual({ base: 10 * 2 ** 24 + 213 * 2 ** 16 + 7 * 2 ** 8, prefix: 24 })
    for (const bad of ['fd00::/8', '10.0.0.0', '10.0.0.300/24', '10.0.0.0/33', ''])
      expect(parseCidr(bad)).toBeUndefined()
  })

  it('finds overlaps as a comparison of addresses does', () => {
    const cidr = fc
      .record({ base: fc.integer({ min: 0, max: 255 }), prefix: fc.integer({ min: 24, max: 32 }) })
      .map(({ base, prefix }) => ({
        base: Math.floor(base / 2 ** (32 - prefix)) * 2 ** (32 - prefix),
        prefix,
      }))
    const members = (range: { base: number; prefix: number }) =>
      new Set(Array.from({ length: 2 ** (32 - range.prefix) }, (_, index) => range.base + index))
    fc.assert(
      fc.property(cidr, cidr, (one, other) => {
        const common = [...members(one)].some(address => members(other).has(address))
        expect(overlaps(one, other)).toBe(common)
      }),
    )
  })

  it('offers only ranges that nobody has, the same ones for the same run', () => {
    const taken = ['10.213.0.0/17', '10.213.200.5/30', '172.17.0.0/16', 'fd00::/64']
    const offered = freeSubnets(taken, 'run-1')
    expect(offered).toHaveLength(127)
    expect(offered).not.toContain('10.213.200.0/24')
    expect(freeSubnets(taken, 'run-1')).toEqual(offered)
    expect(freeSubnets([], 'run-2')[0]).not.toBe(freeSubnets([], 'run-1')[0])
    expect(freeSubnets(['10.0.0.0/8'], 'run-1')).toEqual([])
  })
})

describe('demux', () => {
  const frame = (stream: number, text: string) => {
    const head = Buffer.alloc(8)
    head[0] = stream
    head.writeUInt32BE(Buffer.byteLength(text), 4)
    return Buffer.concat([head, Buffer.from(text)])
  }

  it('keeps both streams apart, and characters that a frame cut in two whole', () => {
    const umlaut = Buffer.from('ü')
    const half = (index: number) =>
      Buffer.concat([Buffer.from([1, 0, 0, 0, 0, 0, 0, 1]), umlaut.subarray(index, index + 1)])
    const bytes = Buffer.concat([frame(1, 'one\n'), frame(2, 'oops\n'), half(0), half(1)])
    expect(demux(bytes)).toEqual({ stdout: 'one\nü', stderr: 'oops\n', combined: 'one\noops\nü' })
  })

  it('gives what came of a frame that broke off', () => {
    expect(demux(frame(1, 'half of it').subarray(0, 12)).stdout).toBe('half')
    expect(demux(Buffer.alloc(5)).stdout).toBe('')
  })
})

const node = describeTopology({
  kind: 'started',
  brokers: 1,
  controllers: 'combined',
  network: 'direct',
  provider: 'docker',
  kafka: '4.3.1',
  resources: { cpus: 0.5, cpuset: '1', memory: 2 ** 30 },
  workers: {},
  config: {},
  racks: [],
  readyTimeoutMs: 0,
}).nodes[0]

describe('the creation request', () => {
  it('holds only what is on the list of allowed keys', () => {
    if (!node) throw new Error('no node')
    const spec = containerSpec({
      node,
      names: namesOf('r1'),
      network: 'gauntlet-r1',
      image: 'sha256:1',
      host: '10.213.1.11',
      environment: { A: 'b=c' },
    })
    expect(Object.keys(spec.HostConfig ?? {}).sort()).toEqual(
      [
        'CapDrop',
        'CpusetCpus',
        'LogConfig',
        'Memory',
        'MemorySwap',
        'Mounts',
        'NanoCpus',
        'NetworkMode',
        'PidsLimit',
        'PortBindings',
        'RestartPolicy',
        'SecurityOpt',
      ].sort(),
    )
    expect(spec.HostConfig).toMatchObject({
      NanoCpus: 5e8,
      CpusetCpus: '1',
      Memory: 2 ** 30,
      MemorySwap: 2 ** 30,
      PortBindings: {},
    })
    expect(spec.HostConfig?.Mounts).toEqual([
      { Type: 'volume', Source: 'gauntlet-r1-broker-1-data', Target: '/var/lib/kafka/data' },
    ])
    expect(spec.Env).toEqual(['A=b=c'])
  })

  it('publishes on loopback only', () => {
    if (!node) throw new Error('no node')
    const spec = containerSpec({
      node,
      names: namesOf('r1'),
      network: 'gauntlet-r1',
      image: 'i',
      host: '10.213.1.11',
      environment: {},
      published: { CLIENT: 40001 },
    })
    expect(spec.HostConfig?.PortBindings).toEqual({ '9092/tcp': [{ HostIp: '127.0.0.1', HostPort: '40001' }] })
    expect(spec.ExposedPorts).toEqual({ '9092/tcp': {} })
  })

  it('changes its hash with the request, and names the run', () => {
    const labels = (spec: unknown) =>
      containerLabels('r1', { pid: 7, startTicks: 9 }, { id: 1, name: 'broker-1' }, spec)
    expect(labels({ a: 1 })['com.docker.compose.config-hash']).not.toBe(
      labels({ a: 2 })['com.docker.compose.config-hash'],
    )
    expect(labels({})).toMatchObject({
      'kafka-gauntlet.run': 'r1',
      'kafka-gauntlet.owner-pid': '7',
      'kafka-gauntlet.owner-start-ticks': '9',
      'com.docker.compose.project': 'gauntlet-r1',
      'com.docker.compose.service': 'broker-1',
    })
  })
})

describe('statistics', () => {
  const stats = (stats: Record<string, number>, blkio: unknown) =>
    ({
      cpu_stats: { cpu_usage: { total_usage: 2_500_000_000 } },
      memory_stats: { usage: 1000, stats },
      networks: { eth0: { rx_bytes: 10, tx_bytes: 20 }, eth1: { rx_bytes: 1, tx_bytes: 2 } },
      blkio_stats: { io_service_bytes_recursive: blkio },
    }) as unknown as ContainerStats

  it('reads both generations of control groups alike', () => {
    const expected = {
      node: 'n',
      atUs: 5,
      cpuSeconds: 2.5,
      memoryBytes: 700,
      netInBytes: 11,
      netOutBytes: 22,
      diskReadBytes: 3,
      diskWriteBytes: 9,
    }
    const second = [
      { op: 'read', value: 3 },
      { op: 'write', value: 4 },
      { op: 'write', value: 5 },
    ]
    const first = [
      { op: 'Read', value: 3 },
      { op: 'Write', value: 9 },
      { op: 'Total', value: 12 },
    ]
    expect(toSample('n', 5, stats({ inactive_file: 300 }, second))).toEqual(expected)
    expect(toSample('n', 5, stats({ total_inactive_file: 300, inactive_file: 1 }, first))).toEqual(expected)
  })

  it('counts nothing where the engine gives nothing', () => {
    expect(toSample('n', 5, stats({}, null))).toMatchObject({ memoryBytes: 1000, diskReadBytes: 0, diskWriteBytes: 0 })
  })
})
