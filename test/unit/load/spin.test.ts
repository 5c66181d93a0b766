// A spinning pacer must look twice only where time went by in between: the second look costs as much as being there for the next arrival.
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Driver, PendingBatch } from '../../../src/drivers/driver.ts'
import { capabilities } from '../../../src/drivers/scripted/capabilities.ts'
import { Pacer } from '../../../src/load/pacer.ts'
import { ProducerRole } from '../../../src/load/produce.ts'
import { Recorder } from '../../../src/load/recorder.ts'
import { producerSpec, stretch, T0_US } from './virtual-producer.ts'

const NO_USE = { cpuUs: 0, rssBytes: 0, gcUs: 0, gcMaxUs: 0, loopLateMaxUs: 0 }

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'clearImmediate'] })
})
afterEach(() => {
  vi.restoreAllMocks()
  vi.useRealTimers()
})

/** A role that has just begun, with an arrival every millisecond; each dispatch takes `sendUs`, and nothing is ever answered. */
async function rig(pacer: 'spin' | 'tick', lingerMs: number, sendUs = 0, segments = [stretch('measure', 1, 1000)]) {
  const clock = { us: T0_US, perReadingUs: 0 }
  const nowUs = (): number => (clock.us += clock.perReadingUs)
  const looks = vi.spyOn(Pacer.prototype, 'step')
  const sent: PendingBatch[] = []
  const counters = { requests: 0, wireBytes: 0, compressedBytes: 0, uncompressedBytes: 0 }
  const counted = vi.fn(() => counters)
  const driver: Driver = {
    capabilities,
    createProducer: () => ({
      open: async () => undefined,
      close: async () => undefined,
      leaderOf: () => 1,
      refresh: () => undefined,
      counters: counted,
      dispatch: (_leader, batches) => {
        sent.push(...batches)
        clock.us += sendUs
      },
    }),
  }
  const spec = producerSpec({
    pacer,
    catchUp: 'burst',
    segments,
    settings: { 'linger.ms': lingerMs },
  })
  const role = new ProducerRole(spec, driver, { nowUs })
  await role.open()
  role.start(T0_US, new Recorder(T0_US, () => NO_USE, vi.fn()), vi.fn())
  /** One wake-up at that time; how often it looked at the schedule. */
  const wakeAt = (us: number): number => {
    clock.us = T0_US + us
    looks.mockClear()
    vi.advanceTimersToNextTimer()
    return looks.mock.calls.length
  }
  return { wakeAt, sent, counted, clock }
}

test('a wake-up that sends nothing looks at the schedule once, whether anything was due or not', async () => {
  const { wakeAt, sent } = await rig('spin', 100)
  expect([wakeAt(400), wakeAt(800), wakeAt(1000), wakeAt(1010)]).toEqual([1, 1, 1, 1])
  expect(sent).toEqual([])
})

test('what fell due while a batch was sent is offered at the same wake-up', async () => {
  const { wakeAt, sent } = await rig('spin', 3, 1500)
  wakeAt(2500)
  // Sent from 3.1 to 4.6 ms: the arrival of 4 ms is offered at its end, and lingers from there.
  expect(wakeAt(3100)).toBe(2)
  expect(sent.map(({ intended }) => intended.toArray())).toEqual([[0, 1000, 2000, 3000].map(us => T0_US + us)])
  wakeAt(7700)
  expect(sent[1]?.offered.toArray()).toEqual([4600, 7700, 7700, 7700].map(us => T0_US + us))
})

test('the client’s counters are read when a phase or a second ends, and at no other wake-up', async () => {
  const phases = [stretch('warmup', 1.5, 1000), stretch('measure', 1, 1000)]
  const { wakeAt, counted } = await rig('spin', 100, 0, phases)
  const readBy = (us: number): number => {
    wakeAt(us)
    return counted.mock.calls.length
  }
  expect([10_000, 999_990, 1_000_000, 1_000_010, 1_499_990].map(readBy)).toEqual([0, 0, 1, 1, 1])
  expect([1_500_000, 1_500_010, 1_999_990, 2_000_000].map(readBy)).toEqual([2, 2, 2, 3])
})

test('a pacer that sleeps until the next tick looks again where it was held up, as it would come back too late', async () => {
  const { wakeAt, clock } = await rig('tick', 100)
  expect([wakeAt(1400), wakeAt(2800)]).toEqual([1, 1])
  clock.perReadingUs = 150
  expect([wakeAt(4200), wakeAt(5600)]).toEqual([2, 2])
})

test('it stays with the clock until the next arrival, or for 10 µs, before the event loop has its turn', async () => {
  const { wakeAt, clock } = await rig('spin', 100)
  clock.perReadingUs = 1
  for (const us of [400, 990]) wakeAt(us)
  expect(clock.us - T0_US).toBe(1000)
  wakeAt(1100)
  expect(clock.us - T0_US).toBe(1111)
})

test('a ticking pacer does not stay', async () => {
  const { wakeAt, clock } = await rig('tick', 100)
  clock.perReadingUs = 1
  wakeAt(1400)
  expect(clock.us - T0_US).toBeLessThan(1405)
})
