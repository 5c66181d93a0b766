// Shares of the machine that were not ours: samples in, shares worked out beside them out.
import { describe, expect, test } from 'vitest'
import { hostHealth } from '../../../src/analysis/host.ts'
import type { SampleBody } from '../../../src/recording/format.ts'
import { parseCpuLine, parseCpuStat } from '../../../src/run/host.ts'
import { madeInterval, T0_US } from '../recording/made.ts'

const window = { t0Us: T0_US, t1Us: T0_US + 10e6 }
const host = (second: number, change: Partial<Extract<SampleBody, { kind: 'host' }>>): SampleBody => ({
  kind: 'host',
  atUs: T0_US + second * 1e6,
  cores: 2,
  coordinatorSeconds: 0.1 * second,
  ...change,
})
const node = (second: number, cpuSeconds: number): SampleBody => ({
  kind: 'node',
  atUs: T0_US + second * 1e6,
  node: 'broker-1',
  cpuSeconds,
  memoryBytes: 1,
})

describe('hostHealth', () => {
  test('what nobody of ours used is foreign', () => {
    const samples = [
      host(0, { busySeconds: 100, stealSeconds: 5, periods: 10, throttledPeriods: 1 }),
      node(0, 20),
      host(8, { busySeconds: 112, stealSeconds: 5.8, periods: 90, throttledPeriods: 5 }),
      node(8, 24),
      host(30, { busySeconds: 900, stealSeconds: 90 }),
    ]
    const seconds = Array.from({ length: 10 }, (_, n) =>
      madeInterval(n, { health: { cpuUs: 200_000, rssBytes: 1, gcUs: 0, gcMaxUs: 0, loopLateMaxUs: 0 } }),
    )
    const health = hostHealth(samples, seconds, window)
    // Busy 1.5 cores; coordinator 0.1, broker 0.5, worker 0.2: 0.7 of 2 cores are somebody else's.
    expect(health?.foreignShare).toBeCloseTo(0.35, 10)
    expect(health?.stealShare).toBeCloseTo(0.05, 10)
    expect(health?.throttledShare).toBeCloseTo(0.05, 10)
  })

  test('without samples of the machine nothing is claimed', () => {
    expect(hostHealth([node(0, 1), node(1, 2)], [], window)).toBeUndefined()
    expect(hostHealth([host(0, {}), host(1, {})], [], window)).toEqual({})
  })
})

describe('what the system tells', () => {
  test('/proc/stat', () => {
    expect(parseCpuLine('cpu  14495 5 5871 126898 938 10 165 23 7 0\ncpu0 1 2 3 4')).toEqual({
      busySeconds: (14495 + 5 + 5871 + 10 + 165) / 100,
      stealSeconds: 0.23,
    })
    expect(parseCpuLine('cpu  0 0 0 0 0 0 0 0 0 0')).toBeUndefined()
    expect(parseCpuLine('')).toBeUndefined()
  })

  test('cpu.stat of both versions', () => {
    expect(parseCpuStat('usage_usec 5\nnr_periods 40\nnr_throttled 3\nthrottled_usec 9\n')).toEqual({
      periods: 40,
      throttledPeriods: 3,
    })
    expect(parseCpuStat('nr_periods 7\nnr_throttled 0\nthrottled_time 0\n')).toEqual({
      periods: 7,
      throttledPeriods: 0,
    })
    expect(parseCpuStat('usage_usec 5\n')).toBeUndefined()
  })
})
