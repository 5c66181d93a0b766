// The producer's role ties schedule, buffer and driver together: every record must be counted once, in the phase it was meant for.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Capabilities } from '../../../src/drivers/driver.ts'
import { capabilities } from '../../../src/drivers/scripted/capabilities.ts'
import { accumulatorSettings } from '../../../src/load/intake.ts'
import { producerSpec, stretch, T0_US, type VirtualSpec } from './virtual-producer.ts'
import { ACKED, answering, runFor } from './virtual-runs.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'] })
})
afterEach(() => {
  vi.useRealTimers()
})

describe('accumulatorSettings', () => {
  const settings = (change: VirtualSpec['settings'], limit?: number) =>
    accumulatorSettings(producerSpec({ settings: { ...change } }), {
      ...capabilities,
      ...(limit === undefined ? {} : { maxInFlightIdempotent: limit }),
    } satisfies Capabilities)

  test('takes Kafka’s names and turns milliseconds into microseconds', () => {
    expect(
      settings({
        'linger.ms': 7,
        'batch.size': 100,
        'buffer.memory': 5000,
        'max.request.size': 9,
        retries: 3,
        'retry.backoff.ms': 4,
        'delivery.timeout.ms': 60,
      }),
    ).toEqual({
      batchSizeBytes: 100,
      lingerUs: 7000,
      bufferMemoryBytes: 5000,
      maxInFlightPerLeader: 5,
      maxRequestBytes: 9,
      maxRecordsPerBatch: Number.POSITIVE_INFINITY,
      deliveryTimeoutUs: 60_000,
      retries: 3,
      retryBackoffUs: 4000,
      idempotent: false,
    })
  })

  test('a client’s idempotent limit holds only where idempotence is on', () => {
    expect(settings({ 'enable.idempotence': true }, 1).maxInFlightPerLeader).toBe(1)
    expect(settings({ 'enable.idempotence': false }, 1).maxInFlightPerLeader).toBe(5)
    expect(settings({ 'enable.idempotence': true }).maxInFlightPerLeader).toBe(5)
  })
})

describe('phases', () => {
  const segments = [stretch('warmup', 2, 500), stretch('measure', 3, 1000)]

  test('hold exactly the records that were meant for them', async () => {
    const run = await runFor(5000, { segments })
    const expected = { warmup: 1000, measure: 3000 }
    for (const [phase, count] of Object.entries(expected)) {
      const { counters, histograms } = run.merged(phase as 'warmup')
      expect(counters).toMatchObject({ scheduled: count, sent: count, sentOnTime: count, acked: count })
      expect(counters['bytes']).toBe(count * 100)
      for (const name of ['ack', 'ack.service', 'slip'] as const) expect(histograms.get(name)?.count).toBe(count)
    }
    // A batch belongs to the phase of its first record.
    expect(run.merged().counters['batchRecords']).toBe(4000)
    expect(run.merged('drain').counters).toEqual({})
    expect(run.isDone()).toBe(true)
  })

  test('a record sent just after a second belongs to the next one', async () => {
    const run = await runFor(
      3000,
      { segments: [stretch('measure', 3, 1000)], catchUp: 'burst' },
      undefined,
      async started => {
        await started.advance(990)
        started.freezeProcess(20)
      },
    )
    // Everything due from 0.99 s to 1.01 s is sent after the first second, and acknowledged after it, too.
    const first = run.reports.find(({ seq }) => seq === 0)?.counters
    expect(first?.['sent']).toBeLessThanOrEqual(992)
    expect(first?.['acked']).toBeLessThanOrEqual(992)
    expect(run.merged().counters['sent']).toBe(3000)
  })

  test('a record belongs to the phase it was meant for, and to the second it was answered in', async () => {
    const run = await runFor(5000, {
      segments,
      scripted: { latency: [{ share: 1, us: 1_500_000 }] },
      settings: { 'max.in.flight.requests.per.connection': 1000 },
    })
    expect(run.merged('warmup').counters['acked']).toBe(1000)
    const at = run.reports.filter(({ phase, counters }) => phase === 'warmup' && (counters['acked'] ?? 0) > 0)
    expect(at.map(({ seq }) => seq)).toEqual([1, 2, 3])
    const measured = run.reports.filter(({ phase, counters }) => phase === 'measure' && (counters['acked'] ?? 0) > 0)
    expect(measured.map(({ seq }) => seq)).toEqual([3, 4, 5, 6])
  })

  test('drawn arrivals are counted under the phase of their own time, too', async () => {
    const run = await runFor(5000, { segments, arrival: 'poisson' })
    for (const phase of ['warmup', 'measure'] as const) {
      const { counters } = run.merged(phase)
      expect(counters['scheduled']).toBe(counters['sent'])
      expect(counters['sentOnTime']).toBe(counters['sent'])
      expect(counters['sent']).toBeGreaterThan(phase === 'warmup' ? 850 : 2700)
    }
  })

  test('what was scheduled is told by phase even where the process slept over the border', async () => {
    const run = await runFor(3100, { segments, catchUp: 'burst' }, undefined, async started => {
      await started.advance(1900)
      started.freezeProcess(200)
    })
    expect(run.merged('warmup').counters['scheduled']).toBe(1000)
  })

  test('late by more than the grace after its phase is sent, but not on time', async () => {
    const run = await runFor(
      100,
      { segments: [stretch('measure', 1, 1000)], catchUp: 'burst' },
      undefined,
      async started => {
        await started.advance(900)
        started.freezeProcess(500)
      },
    )
    expect(run.merged().counters).toMatchObject({ scheduled: 1000, sent: 1000, sentOnTime: 901, acked: 1000 })
  })
})

describe('giving up', () => {
  test('drop: what is too old is counted, and its age is among the responses', async () => {
    const run = await runFor(
      600,
      { segments: [stretch('measure', 1, 1000)], catchUp: 'drop' },
      undefined,
      async started => {
        await started.advance(400)
        started.freezeProcess(300)
      },
    )
    const { counters, histograms } = run.merged()
    const dropped = counters['dropped'] ?? 0
    expect(dropped).toBeGreaterThan(280)
    expect(counters).toMatchObject({ scheduled: 1000, sent: 1000 - dropped, acked: 1000 - dropped, censored: dropped })
    expect(histograms.get('ack')?.count).toBe(1000)
    expect(histograms.get('ack')?.maxUs).toBeGreaterThan(280_000)
    expect(histograms.get('ack.service')?.count).toBe(1000 - dropped)
  })

  test('at the drain deadline what was sent is unknown, what never was is failed, and both count with their age', async () => {
    const driver = answering(() => undefined)
    const run = await runFor(
      1000,
      {
        segments: [stretch('measure', 1, 100)],
        settings: { 'linger.ms': 0, 'max.in.flight.requests.per.connection': 10, 'test.drain': 2000 },
      },
      driver,
    )
    const { counters, histograms } = run.merged()
    expect(counters).toMatchObject({ sent: 100, unknown: 10, failed: 90, censored: 100, 'error.drain.deadline': 100 })
    expect(counters['acked']).toBeUndefined()
    expect(histograms.get('ack')?.count).toBe(100)
    expect(histograms.get('ack')?.minUs).toBeGreaterThan(2_000_000)
    expect(histograms.get('ack')?.maxUs).toBeLessThan(3_100_000)
  })
})

describe('outcomes', () => {
  const one = { segments: [stretch('measure', 1, 100)], settings: { 'linger.ms': 0 } }

  test('acks=0: sent without an answer, and no response time is made up', async () => {
    const run = await runFor(1000, { ...one, settings: { ...one.settings, acks: '0' } })
    const { counters, histograms } = run.merged()
    expect(counters).toMatchObject({ sentNoAck: 100 })
    expect(counters['acked']).toBeUndefined()
    expect([histograms.has('ack'), histograms.has('ack.service')]).toEqual([false, false])
  })

  test('failures and unknown outcomes are told apart, by class, and count as censored', async () => {
    const driver = answering(batch => ({
      outcome: 'error',
      errorClass: batch.firstSeq % 2 ? 'LOST' : 'REFUSED',
      retriable: false,
      maybeWritten: batch.firstSeq % 2 === 1,
    }))
    const run = await runFor(1000, one, driver)
    expect(run.merged().counters).toMatchObject({
      failed: 50,
      unknown: 50,
      'error.REFUSED': 50,
      'error.LOST': 50,
      censored: 100,
    })
    expect(run.merged().histograms.get('ack')?.count).toBe(100)
    expect(run.merged().histograms.has('ack.service')).toBe(false)
  })

  test('retries are counted by class, batches only once, and what they may double is said', async () => {
    const driver = answering((_, attempt) =>
      attempt === 1
        ? { outcome: 'error', errorClass: 'TIMEOUT', retriable: true, maybeWritten: true }
        : { outcome: 'acked' },
    )
    const run = await runFor(1000, one, driver)
    expect(run.merged().counters).toMatchObject({ acked: 100, batchRecords: 100, maybeDuplicated: 100 })
    const { counters } = run.merged()
    expect(counters['retries']).toBe(counters['batches'])
    expect(counters['retry.TIMEOUT']).toBe(counters['retries'])
    expect(counters['requests']).toBeGreaterThan(counters['batches'] as number)
  })

  test('bytes on the wire are what the driver’s counters grew by', async () => {
    let requests = 0
    const driver = answering(ACKED, () => ({
      requests,
      wireBytes: 500 + requests * 10,
      compressedBytes: requests * 3,
      uncompressedBytes: requests * 9,
    }))
    const run = await runFor(1000, one, driver, async started => {
      for (let i = 0; i < 5; i++) {
        requests++
        await started.advance(100)
      }
    })
    expect(run.merged().counters).toMatchObject({ wireBytes: 550, compressedBytes: 15, uncompressedBytes: 45 })
  })
})

describe('what is sent', () => {
  test('intended times are t0 + Λ⁻¹(i), and sequences are dense per partition', async () => {
    const driver = answering(ACKED)
    await runFor(
      2000,
      {
        segments: [stretch('measure', 2, 400)],
        topics: [{ name: 't', index: 0, partitions: 4 }],
        keys: { distribution: 'uniform', cardinality: 50, exponent: 1, prefix: 'k' },
      },
      driver,
    )
    const times = driver.sent.flatMap(batch => batch.intended.toArray()).toSorted((a, b) => a - b)
    expect(times).toEqual(Array.from({ length: 800 }, (_, i) => T0_US + i * 2500))
    for (let partition = 0; partition < 4; partition++) {
      const own = driver.sent.filter(batch => batch.partition === partition)
      const sequences = own.flatMap(batch => Array.from({ length: batch.count }, (_, i) => batch.firstSeq + i))
      expect(sequences).toEqual(sequences.map((_, i) => i))
      expect(sequences.length).toBeGreaterThan(20)
    }
  })

  test('topics take turns', async () => {
    const driver = answering(ACKED)
    const topics = [0, 1, 2].map(index => ({ name: `t${index}`, index, partitions: 1 }))
    await runFor(1000, { segments: [stretch('measure', 1, 300)], topics }, driver)
    const counts = [0, 0, 0]
    for (const batch of driver.sent) counts[batch.topic] = (counts[batch.topic] ?? 0) + batch.count
    expect(counts).toEqual([100, 100, 100])
  })
})

test('a load that ends before its schedule says what a full buffer had held back until then', async () => {
  const full = { settings: { 'buffer.memory': 65_536, 'test.drain': 100 } }
  const { counters } = (
    await runFor(
      3000,
      full,
      answering(() => undefined),
    )
  ).merged()
  const { scheduled = 0, sent = 0 } = counters
  expect(sent).toBeLessThan(1000)
  expect(scheduled).toBeGreaterThan(2900)
  expect(counters['late.backpressure']).toBe(scheduled - sent)

  const roomy = (await runFor(3000, {}, answering(ACKED))).merged()
  expect(roomy.counters['late.backpressure']).toBeUndefined()
})
