// When readers had caught up after a fault is told by samples of their lag, and by the end of the trial where none came in time.
import { expect, test } from 'vitest'
import { recoveryOf } from '../../../src/analysis/recovery.ts'
import type { EventBody, SampleBody } from '../../../src/recording/format.ts'
import { madeRecord, T0_US } from '../recording/made.ts'

const event = (name: string, second: number, detail: Record<string, unknown>): EventBody => ({
  ...{ kind: 'event', atUs: T0_US + second * 1e6, name },
  detail: { fault: '1', kind: 'broker-kill', target: 'node 1', nodes: [1], ...detail },
})

const lag = (second: number, records: number): SampleBody => ({
  ...{ kind: 'cluster', atUs: T0_US + second * 1e6, partitions: 1, underReplicated: 0, offline: 0, leaders: {} },
  ...{ endOffsetSum: 0, lag: { readers: records } },
})

const lagDrainedUs = (reachedEnd: unknown): number | undefined => {
  const record = { ...madeRecord({}), lines: { intervals: 0, events: 0, samples: 0 } }
  const trial = {
    ...{ number: 1, record, intervals: [], tornBytes: 0 },
    events: [
      event('fault.ordered', 3, { takesLeaders: true }),
      event('fault.proven', 3, { actedUs: T0_US + 3e6, evidence: 'gone' }),
      event('fault.healed', 6, {}),
      event('readers.done', 9.25, { reachedEnd }),
    ],
    samples: [lag(2, 5), lag(7, 900), lag(8, 700), lag(9, 300)],
  }
  return recoveryOf(trial, record)?.faults[0]?.lagDrainedUs
}

test('readers that came to the end between two looks had caught up by then', () => {
  expect(lagDrainedUs(true)).toBe(3.25e6)
})

test('readers that did not come to the end in time had not', () => {
  expect(lagDrainedUs(false)).toBeUndefined()
  expect(lagDrainedUs(undefined)).toBeUndefined()
})
