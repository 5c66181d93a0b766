// Times of a recovery from marks, views and gaps: the first broker that tells counts, and what never came back has no time.
import { describe, expect, it } from 'vitest'
import {
  type AckGap,
  computeRecovery,
  type FaultMark,
  type PartitionView,
  type RecoveryInput,
} from '../../../src/stats/recovery.ts'

const S = 1_000_000
const KILL: FaultMark = {
  id: '1',
  kind: 'broker-kill',
  target: 'node 1',
  nodes: [1],
  takesLeaders: true,
  orderedUs: 10 * S,
  actedUs: 10.1 * S,
  healingUs: 30 * S,
  healedUs: 30.5 * S,
}

function view(atS: number, node: number, partition: number, leader: number, epoch: number, isr = 3): PartitionView {
  return {
    atUs: atS * S,
    askedBeforeUs: (atS - 0.05) * S,
    node: `broker-${node}`,
    topic: 'orders',
    partition,
    leader,
    epoch,
    isr,
    replicas: 3,
  }
}

/** Partition 0 is led by node 1, partition 1 by node 2; all three brokers say so. */
const BEFORE = [1, 2, 3].flatMap(node => [view(1, node, 0, 1, 5), view(1, node, 1, 2, 8)])

function compute(input: Partial<RecoveryInput>) {
  return computeRecovery({
    marks: [KILL],
    views: BEFORE,
    answering: [],
    gaps: [],
    topicNames: ['orders'],
    lag: [],
    thresholdUs: 250_000,
    endUs: 60 * S,
    ...input,
  })
}

const gap = (partition: number, fromS: number, toS?: number, producer = 0): AckGap => ({
  producer,
  topic: 0,
  partition,
  fromUs: fromS * S,
  ...(toS === undefined ? {} : { toUs: toS * S }),
})

describe('cluster RTO', () => {
  it('is the first view of ANY broker with a higher epoch, whatever a zombie goes on to say', () => {
    const views = [...BEFORE, view(12, 1, 0, 1, 5, 1), view(18.6, 3, 0, 2, 6, 2), view(18.7, 2, 0, 2, 6, 2)]
    const [fault] = compute({ views }).faults
    expect(fault?.clusterRtoUs).toBeCloseTo(8.5 * S)
    expect(fault?.partitions).toMatchObject([{ partition: 0, oldLeader: 1, oldEpoch: 5, newLeader: 2, newEpoch: 6 }])
    expect(fault?.partitions[0]?.uncertainUs).toBeCloseTo(0.05 * S)
  })

  it('does not count an epoch without a leader', () => {
    const views = [...BEFORE, view(12, 2, 0, -1, 6, 1), view(31, 2, 0, 1, 7, 1)]
    expect(compute({ views }).faults[0]?.clusterRtoUs).toBeCloseTo(20.9 * S)
  })

  it('is missing where a partition never got a leader, where no leader was struck, and where nothing was proven', () => {
    expect(compute({}).faults[0]?.clusterRtoUs).toBeUndefined()
    expect(compute({ marks: [{ ...KILL, nodes: [3] }] }).faults[0]).toMatchObject({ partitions: [] })
    const { actedUs: _, ...unproven } = KILL
    expect(compute({ marks: [unproven] }).faults[0]?.clusterRtoUs).toBeUndefined()
  })
})

describe('client RTO', () => {
  const views = [...BEFORE, view(18.6, 3, 0, 2, 6, 2)]

  it('is the longest wait of any producer on a partition struck', () => {
    const gaps = [gap(0, 10, 19, 0), gap(0, 10, 20.1, 1), gap(1, 10, 25, 0), gap(0, 40, 50, 0)]
    const { faults, unavailableMaxUs, windows } = compute({ views, gaps })
    expect(faults[0]?.clientRtoUs).toBeCloseTo(10 * S)
    expect(unavailableMaxUs).toBeCloseTo(15 * S)
    expect(windows[0]).toMatchObject({ partition: 1, topic: 'orders' })
  })

  it('is nothing where nobody waited, and missing where somebody still waits', () => {
    expect(compute({ views }).faults[0]?.clientRtoUs).toBe(0)
    expect(compute({ views, gaps: [gap(0, 10)] }).faults[0]?.clientRtoUs).toBeUndefined()
    expect(compute({ views, gaps: [gap(0, 10)] }).unavailableMaxUs).toBeCloseTo(50 * S)
  })

  it('takes no gap below the threshold', () => {
    expect(compute({ views, gaps: [gap(0, 10.05, 10.2)] }).unavailableMaxUs).toBe(0)
  })
})

describe('the way back', () => {
  it('ends when every broker answers and sees all replicas in sync under one epoch', () => {
    const shrunk = [2, 3].flatMap(node => [view(18.6, node, 0, 2, 6, 2), view(18.6, node, 1, 2, 9, 2)])
    const returned = [view(35, 1, 0, 1, 5), view(36, 1, 0, 2, 6), view(36, 1, 1, 2, 9)]
    const grown = [2, 3].flatMap((node, index) => [view(37 + index, node, 0, 2, 6), view(37 + index, node, 1, 2, 9)])
    const answering = [
      { atUs: 10.2 * S, node: 'broker-1', answers: false },
      { atUs: 35 * S, node: 'broker-1', answers: true },
    ]
    const views = [...BEFORE, ...shrunk, ...returned, ...grown]
    expect(compute({ views, answering }).faults[0]?.isrFullUs).toBeCloseTo(7.5 * S)
    expect(compute({ views, answering: answering.slice(0, 1) }).faults[0]?.isrFullUs).toBeUndefined()
    expect(compute({ views: views.slice(0, -1), answering }).faults[0]?.isrFullUs).toBeUndefined()
  })

  it('has drained when no more waits than before', () => {
    const lag = [5, 20, 400, 300, 18, 2].map((value, index) => ({ atUs: (index * 10 - 5) * S, lag: value }))
    expect(compute({ lag }).faults[0]?.lagDrainedUs).toBeCloseTo(4.5 * S)
    expect(compute({}).faults[0]?.lagDrainedUs).toBeUndefined()
  })
})

describe('leader changes', () => {
  it('count partitions that were led by another broker under a higher epoch before the heal', () => {
    expect(compute({}).leaderChanges).toBe(0)
    expect(compute({ views: [...BEFORE, view(18, 3, 0, 2, 6)] }).leaderChanges).toBe(1)
    expect(compute({ views: [...BEFORE, view(18, 3, 1, 2, 9, 2)] }).leaderChanges).toBe(0)
    expect(compute({ views: [...BEFORE, view(50, 3, 0, 2, 6)] }).leaderChanges).toBe(0)
  })
})
