// When readers had caught up after a fault is told by samples of their lag, and by the end of the trial where none came in time.
import { expect, test } from 'vitest'
import { recoveryOf } from '../../../src/analysis/recovery.ts'
import type { EventBody, SampleBody } from '../../../src/recording/format.ts'
import { madeInterval, madeRecord, T0_US } from '../recording/made.ts'

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

/** Each second of ten a producer has 10 acknowledgements and two groups read 7 and 2, under faults at these seconds. */
function meanwhile(...faults: { from: number; to?: number; takesLeaders?: boolean; isProven?: boolean }[]) {
  const record = { ...madeRecord({}), lines: { intervals: 0, events: 0, samples: 0 } }
  const reader = { role: 'consumer' as const }
  const seconds = Array.from({ length: 10 }, (_, second) => second)
  const trial = {
    ...{ number: 1, record, samples: [], tornBytes: 0 },
    intervals: seconds.flatMap(second => [
      madeInterval(second, { counters: { acked: 10 } }),
      madeInterval(second, { ...reader, group: 'a', counters: { received: 7 } }),
      madeInterval(second, { ...reader, group: 'b', counters: { received: 2 } }),
    ]),
    events: faults.flatMap(({ from, to, takesLeaders = true, isProven = true }, index) => {
      const fault = { fault: String(index + 1) }
      return [
        event('fault.ordered', from, { ...fault, takesLeaders }),
        ...(isProven ? [event('fault.proven', from + 0.1, { ...fault, actedUs: T0_US + from * 1e6 })] : []),
        ...(to === undefined ? [] : [event('fault.healing', to, fault), event('fault.healed', to + 2, fault)]),
      ]
    }),
  }
  return recoveryOf(trial, record)?.meanwhile
}

test('what went on under a fault counts the seconds that lie wholly between its act and the order of its heal', () => {
  expect(meanwhile({ from: 2.5, to: 6.5 })).toEqual({ acked: 30, consumed: 27 })
  expect(meanwhile({ from: 3, to: 6 })).toEqual({ acked: 30, consumed: 27 })
  expect(meanwhile({ from: 3.1, to: 3.9 })).toEqual({ acked: 0, consumed: 0 })
})

test('a second under two faults counts once, be it across the end of one', () => {
  expect(meanwhile({ from: 2, to: 5.5 }, { from: 4, to: 8 })).toEqual({ acked: 60, consumed: 54 })
  expect(meanwhile({ from: 1, to: 2 }, { from: 5, to: 7 })).toEqual({ acked: 30, consumed: 27 })
})

test('faults that are only the setting of those that take leaders, and those that had no effect, do not count', () => {
  expect(meanwhile({ from: 0, to: 9, takesLeaders: false }, { from: 5, to: 7 })).toEqual({ acked: 20, consumed: 18 })
  expect(meanwhile({ from: 0, to: 9, takesLeaders: false })).toEqual({ acked: 90, consumed: 81 })
  expect(meanwhile({ from: 0, to: 9, isProven: false })).toBeUndefined()
})
