// Retention on somebody else's disks is never longer or larger than asked and never without an end; and who leads what with a broker down.
import { describe, expect, it } from 'vitest'
import type { ClusterInfo } from '../../../src/cluster/cluster.ts'
import { assignmentsOf, boundRetention, brokersOf } from '../../../src/run/topics.ts'

const HOUR_MS = 3_600_000
const LEAST_BYTES = 64 * 1024 * 1024
const small = { durationMs: 60_000, bytes: 1000 }
const large = { durationMs: 3 * HOUR_MS, bytes: 10 * LEAST_BYTES }

describe('boundRetention', () => {
  it.each([
    ['nothing is asked for', {}, small, HOUR_MS, LEAST_BYTES],
    ['no end is asked for', { 'retention.ms': '-1', 'retention.bytes': '-1' }, small, HOUR_MS, LEAST_BYTES],
    ['more is asked for', { 'retention.ms': '604800000', 'retention.bytes': '1e15' }, small, HOUR_MS, LEAST_BYTES],
    ['less is asked for', { 'retention.ms': '5000', 'retention.bytes': '1024' }, small, 5000, 1024],
    ['the trial is long and large', {}, large, 6 * HOUR_MS, 20 * LEAST_BYTES],
  ])('%s', (_, config, trial, retentionMs, retentionBytes) => {
    expect(boundRetention({ 'cleanup.policy': 'delete', ...config }, trial)).toEqual({
      'cleanup.policy': 'delete',
      'retention.ms': String(retentionMs),
      'retention.bytes': String(retentionBytes),
    })
  })
})

describe('assignmentsOf', () => {
  it('lets every broker lead in turn, the one that is down too, and spreads what follows each leader', () => {
    expect(assignmentsOf([1, 2, 3], 6, 3)).toEqual([
      [1, 2, 3],
      [2, 3, 1],
      [3, 1, 2],
      [1, 3, 2],
      [2, 1, 3],
      [3, 2, 1],
    ])
  })

  it.each([
    [3, 4, 2],
    [5, 10, 3],
    [7, 20, 3],
    [3, 1, 1],
  ])(
    'with %i brokers, %i partitions and %i replicas every replica is on a broker of its own',
    (count, partitions, replicas) => {
      const brokers = Array.from({ length: count }, (_, index) => index + 1)
      const rows = assignmentsOf(brokers, partitions, replicas)
      expect(rows).toHaveLength(partitions)
      for (const row of rows) {
        expect(row).toHaveLength(replicas)
        expect(new Set(row).size).toBe(replicas)
        expect(row.every(id => brokers.includes(id))).toBe(true)
      }
    },
  )
})

describe('brokersOf', () => {
  it('names who may be dialled, and no controller', () => {
    const nodes = [
      { id: 3, name: 'broker-3', roles: ['broker'], client: 'a:1' },
      { id: 9, name: 'controller-9', roles: ['controller'] },
      { id: 1, name: 'broker-1', roles: ['broker'], client: 'a:2' },
    ]
    const info: ClusterInfo = {
      provider: 'process',
      clusterId: 'x',
      kafkaVersion: '4.3.1',
      path: 'loopback',
      nodes,
      properties: {},
    }
    expect(brokersOf(info)).toEqual([1, 3])
  })
})
