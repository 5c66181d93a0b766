// The course of a drill follows the highest epoch of all brokers, so that one that is cut off does not bend it.
import { describe, expect, it } from 'vitest'
import { courseOf } from '../../../src/stats/course.ts'

const view = (atSeconds: number, change: object = {}) => ({
  ...{ atUs: (100 + atSeconds) * 1e6, topic: 'orders', partition: 0, leader: 1, epoch: 4, isr: 3 },
  ...change,
})

describe('the course of a drill', () => {
  it('counts epochs from the first look and keeps only changes', () => {
    const views = [
      view(0),
      view(0, { partition: 1, epoch: 9 }),
      view(1),
      view(8, { epoch: 5, leader: 2, isr: 2 }),
      view(20, { epoch: 5, leader: 2, isr: 3 }),
    ]
    expect(courseOf(views, 100e6)).toEqual([
      { tSeconds: 0, fewestInSync: 3, leaderless: 0, newEpochs: 0 },
      { tSeconds: 8, fewestInSync: 2, leaderless: 0, newEpochs: 1 },
      { tSeconds: 20, fewestInSync: 3, leaderless: 0, newEpochs: 1 },
    ])
  })

  it('does not believe a zombie, and tells of partitions without a leader', () => {
    const views = [
      view(0),
      view(8, { epoch: 5, leader: -1, isr: 1 }),
      view(9, { isr: 3 }),
      view(12, { epoch: 6, leader: 3, isr: 1 }),
    ]
    expect(courseOf(views, 100e6).slice(1)).toEqual([
      { tSeconds: 8, fewestInSync: 1, leaderless: 1, newEpochs: 1 },
      { tSeconds: 12, fewestInSync: 1, leaderless: 0, newEpochs: 2 },
    ])
  })
})
