// Coordinated omission is what this tool exists to avoid: known latencies and known stalls must come out as their exact quantiles.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { LatencyHistogram } from '../../../src/stats/histogram.ts'
import { startVirtual, stretch, type VirtualSpec } from './virtual-producer.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'] })
})
afterEach(() => {
  vi.useRealTimers()
})

const QUANTILES = [0.5, 0.75, 0.9, 0.95, 0.99, 0.999]
const RATE = 1000
const SECONDS = 20
/** Many requests and small batches, so that a request's records are answered at nearly the time of each alone. */
const FINE = { 'linger.ms': 0, 'max.in.flight.requests.per.connection': 1000, 'batch.size': 2048 }

function exactQuantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.ceil(Number((q * sorted.length).toFixed(9))) - 1] as number
}

function expectWithin(histogram: LatencyHistogram | undefined, exact: readonly number[], share: number): void {
  expect(histogram?.count).toBe(exact.length)
  for (const q of QUANTILES) {
    const wanted = exactQuantile(exact, q)
    expect(
      Math.abs((histogram?.quantileUs(q) ?? Number.NaN) / wanted - 1),
      `q ${q}: ${histogram?.quantileUs(q)} against ${wanted}`,
    ).toBeLessThan(share)
  }
}

/** The response time of every record where a server answers after L, stands still from `from` to `until`, and then serves μ per second. */
function queueUs(options: { fromUs: number; untilUs: number; latencyUs: number; drainPerSecond: number }): number[] {
  const { fromUs, untilUs, latencyUs, drainPerSecond } = options
  let servedUs = 0
  return Array.from({ length: RATE * SECONDS }, (_, i) => {
    const intendedUs = (i * 1e6) / RATE
    const dueUs = intendedUs + latencyUs
    if ((dueUs < fromUs || dueUs >= untilUs) && dueUs >= servedUs) return latencyUs
    servedUs = Math.max(servedUs, untilUs) + 1e6 / drainPerSecond
    return Math.max(dueUs, servedUs) - intendedUs
  })
}

async function runStall(change: VirtualSpec, onTheWay?: (run: Awaited<ReturnType<typeof startVirtual>>) => void) {
  const run = await startVirtual({ segments: [stretch('measure', SECONDS, RATE)], ...change })
  if (onTheWay) {
    await run.advance(6000)
    onTheWay(run)
    await run.advance(1000 * (SECONDS - 6))
  } else await run.advance(1000 * SECONDS)
  for (let i = 0; i < 100 && !run.isDone(); i++) await run.advance(100)
  await run.finish()
  return run.merged()
}

test('known latencies come out as they were written', async () => {
  const latency = [
    { share: 0.6, us: 2000 },
    { share: 0.32, us: 5000 },
    { share: 0.06, us: 21_000 },
    { share: 0.02, us: 130_000 },
  ]
  const { histograms, counters } = await runStall({ settings: FINE, scripted: { latency } })
  const exact = latency.flatMap(({ share, us }) => new Array<number>(Math.round(share * RATE * SECONDS)).fill(us))
  expectWithin(histograms.get('ack'), exact, 0.01)
  expectWithin(histograms.get('ack.service'), exact, 0.01)
  expect(counters).toMatchObject({ scheduled: 20_000, sent: 20_000, sentOnTime: 20_000, acked: 20_000 })
})

describe('a server that stands still for S of T seconds', () => {
  const base = { latency: [{ share: 1, us: 3000 }] }

  test.each([
    [2, 5000],
    [1, 5000],
    [4, 2000],
    [0.5, 20_000],
  ])(
    'S = %f s, drained at %i/s: p50 to p99.9 are exact within 1 %, and so is S − (1−q)·T·(1−R/μ)',
    async (stallSeconds, drainPerSecond) => {
      const stall = { atMs: 5000, forMs: stallSeconds * 1000 }
      const { histograms, counters } = await runStall({ settings: FINE, scripted: { ...base, stall, drainPerSecond } })
      const exact = queueUs({ fromUs: 5e6, untilUs: 5e6 + stallSeconds * 1e6, latencyUs: 3000, drainPerSecond })
      expectWithin(histograms.get('ack'), exact, 0.01)
      for (const q of QUANTILES) {
        // What was on its way when the stall began waited for it too: the latency comes on top.
        const formulaUs = 1e6 * (stallSeconds - (1 - q) * SECONDS * (1 - RATE / drainPerSecond)) + 3000
        const seenUs = histograms.get('ack')?.quantileUs(q) ?? 0
        if (formulaUs > 100_000) expect(Math.abs(seenUs / formulaUs - 1), `q ${q}`).toBeLessThan(0.01)
      }
      expect(counters['late.backpressure']).toBeUndefined()
      // The buffer took everything in time, so that sent and intended are the same.
      expectWithin(histograms.get('ack.service'), exact, 0.01)
    },
  )

  test('and a buffer too small for it: responses stay exact, while service times leave the wait out', async () => {
    const drainPerSecond = 5000
    const { histograms, counters } = await runStall({
      settings: { ...FINE, 'buffer.memory': 65_536 },
      catchUp: 'burst',
      scripted: { ...base, stall: { atMs: 5000, forMs: 2000 }, drainPerSecond },
    })
    const exact = queueUs({ fromUs: 5e6, untilUs: 7e6, latencyUs: 3000, drainPerSecond })
    expectWithin(histograms.get('ack'), exact, 0.01)
    const service = histograms.get('ack.service')?.quantileUs(0.95) ?? 0
    expect(service).toBeLessThan(0.2 * exactQuantile(exact, 0.95))
    expect(counters['late.backpressure']).toBeGreaterThan(1000)
    expect(counters['acked']).toBe(20_000)
  })
})

describe('a generator that stands still', () => {
  const latencyUs = 3000
  const scripted = { latency: [{ share: 1, us: latencyUs }] }

  test('burst: the wait of every record it owed is in its response time, and in the slip', async () => {
    const { histograms } = await runStall({ settings: FINE, catchUp: 'burst', scripted }, run =>
      run.freezeProcess(1500),
    )
    // Records meant for the pause go out at its end, those after it on time.
    const slips = Array.from({ length: RATE * SECONDS }, (_, i) => {
      const sinceUs = i * 1000 - 6e6
      return sinceUs > 0 && sinceUs < 1.5e6 ? 1.501e6 - sinceUs : 0
    })
    expectWithin(
      histograms.get('ack'),
      slips.map(us => us + latencyUs),
      0.01,
    )
    const slipUs = histograms.get('slip')?.quantileUs(0.99) ?? 0
    expect(Math.abs(slipUs / exactQuantile(slips, 0.99) - 1)).toBeLessThan(0.01)
    expect(histograms.get('ack.service')?.quantileUs(0.999)).toBeLessThan(1.01 * latencyUs)
  })

  test('bounded: what is owed goes out at twice the rate, so waits end as S − x/2', async () => {
    const { histograms, counters } = await runStall({ settings: FINE, catchUp: 'bounded', scripted }, run =>
      run.freezeProcess(1000),
    )
    for (const q of [0.95, 0.99, 0.999]) {
      const waitUs = 1e6 - ((1 - q) * SECONDS * 1e6) / 2
      const seenUs = histograms.get('ack')?.quantileUs(q) ?? 0
      expect(Math.abs(seenUs / (waitUs + latencyUs) - 1), `q ${q}`).toBeLessThan(0.03)
    }
    expect(counters['acked']).toBe(20_000)
    expect(counters['late.backpressure']).toBeUndefined()
  })
})
