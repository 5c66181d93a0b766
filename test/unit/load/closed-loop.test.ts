// In the closed loop the answers are the clock: it keeps the buffer full, whole batches at a time.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { startVirtual, stretch } from './virtual-producer.ts'
import { ACKED, answering, runFor } from './virtual-runs.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'] })
})
afterEach(() => {
  vi.useRealTimers()
})

describe('the closed loop', () => {
  const busy = {
    settings: {
      'linger.ms': 0,
      'buffer.memory': 20_000,
      'batch.size': 1000,
      'max.in.flight.requests.per.connection': 2,
    },
    scripted: { latency: [{ share: 1, us: 10_000 }] },
  }

  test('sends as fast as answers come, has no schedule to be late against, and ends', async () => {
    const run = await runFor(2000, { ...busy, segments: [stretch('measure', 2, 'max')] })
    expect(run.isDone()).toBe(true)
    const { counters, histograms } = run.merged()
    // Two requests of eight records each ten milliseconds.
    expect(counters['acked']).toBeGreaterThan(2000)
    expect(counters['scheduled']).toBe(counters['sent'])
    expect(counters['acked']).toBe(counters['sent'])
    expect(histograms.get('slip')?.maxUs).toBe(0)
  })

  test('offers whole batches at a time, and leaves no fraction of one behind when it turns to another partition', async () => {
    const driver = answering(ACKED)
    const topics = [{ name: 't', index: 0, partitions: 5 }]
    await runFor(300, { ...busy, topics, segments: [stretch('measure', 0.2, 'max')] }, driver)
    // 61 + 8 × (100 + 12) ≤ 1000 < 61 + 9 × (100 + 12)
    expect(driver.sent.length).toBeGreaterThan(50)
    expect(new Set(driver.sent.map(({ count }) => count))).toEqual(new Set([8]))
    expect(new Set(driver.sent.map(({ partition }) => partition)).size).toBe(5)
    for (const { intended } of driver.sent) expect(intended.us).toHaveLength(1)
  })

  test('after an open warm-up whose last arrival falls between two ticks, it ends too', async () => {
    const run = await startVirtual({ ...busy, segments: [stretch('warmup', 1, 1500), stretch('measure', 1, 'max')] })
    await run.advance(3000)
    expect(run.isDone()).toBe(true)
  })
})
