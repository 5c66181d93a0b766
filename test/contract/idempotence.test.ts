// Idempotence after a batch was given up: what comes next must be stored in its own right, or the broker takes it for the copy of another.
import { beforeEach, describe, expect, it } from 'vitest'
import { Crew } from '../../src/load/crew.ts'
import { requireOrSkip } from '../support/require.ts'
import { producerSpec, stretch } from '../unit/load/virtual-producer.ts'
import { useBroker } from './broker.ts'
import { batchOf, nowUs, send, sendUntilAcked } from './driver-support.ts'

const { cluster, freshTopic, endOffsets, withProducer } = useBroker()
beforeEach(context => requireOrSkip('java', context))

describe.each(['kafkajs', 'wire'])('%s', name => {
  it('stores the batch after one that was given up and had been stored', async () => {
    const topic = await freshTopic(2)
    const { powers } = cluster()
    const settings = { 'enable.idempotence': true, 'request.timeout.ms': 1000 }
    await withProducer(name, { topics: [topic], settings }, async producer => {
      expect(await send(producer, [batchOf(0), batchOf(1)])).toMatchObject([{ outcome: 'acked' }, { outcome: 'acked' }])
      const given = batchOf(0, 1, 3)
      await powers?.freeze(1)
      try {
        expect(await send(producer, [given])).toMatchObject([{ outcome: 'error', maybeWritten: true }])
      } finally {
        await powers?.thaw(1)
      }
      // The broker finds the request in its socket and stores it, although nobody waits for the answer any more.
      await expect.poll(() => endOffsets(topic.name), { timeout: 20_000 }).toEqual([4, 1])
      given.ambiguous = true
      producer.abandon?.(given)
      const next = await sendUntilAcked(producer, batchOf(0, 4, 3), 30_000)
      expect(next.at(-1)).toMatchObject({ outcome: 'acked', baseOffset: 4 })
      expect((await sendUntilAcked(producer, batchOf(1, 1), 30_000)).at(-1)).toMatchObject({ baseOffset: 1 })
    })
    expect(await endOffsets(topic.name)).toEqual([7, 2])
  }, 90_000)

  it('under load, with a broker frozen for longer than a delivery may take: acked ≤ stored ≤ acked + unknown', async () => {
    const topic = await freshTopic(3)
    const { powers } = cluster()
    const counts: Record<string, number> = {}
    const count = (name: string): number => counts[name] ?? 0
    const crew = new Crew(
      {
        onInterval: (_, { counters }) => {
          for (const [name, by] of Object.entries(counters)) counts[name] = count(name) + by
        },
        onEvent: () => undefined,
      },
      { environment: { PATH: process.env['PATH'] } },
    )
    try {
      const anchor = { wallUs: Date.now() * 1000, hrtimeNs: String(process.hrtime.bigint()) }
      const settings = {
        acks: 'all',
        'enable.idempotence': true,
        'max.in.flight.requests.per.connection': 1,
        'request.timeout.ms': 500,
        'delivery.timeout.ms': 1500,
      }
      const { bootstrap } = cluster()
      const segments = [stretch('measure', 8, 300)]
      await crew.open([producerSpec({ driver: name, bootstrap, topics: [topic], anchor, segments, settings })])
      crew.start(nowUs() + 300_000)
      const done = crew.scheduleDone()
      await expect.poll(() => count('acked'), { timeout: 30_000 }).toBeGreaterThan(0)
      await powers?.freeze(1)
      await expect.poll(() => count('unknown'), { timeout: 30_000 }).toBeGreaterThan(0)
      await expect.poll(() => count('unknown') + count('failed'), { timeout: 30_000 }).toBeGreaterThan(100)
      await powers?.thaw(1)
      await done
      await crew.finish('producer', nowUs() + 20e6)
    } finally {
      await powers?.thaw(1)
      await crew.close()
    }
    const stored = (await endOffsets(topic.name)).reduce((sum, end) => sum + end)
    const seen = `stored ${stored}, ${JSON.stringify(counts)}`
    expect(count('acked') + count('failed') + count('unknown')).toBe(2400)
    expect(Object.keys(counts), seen).not.toContain('error.OUT_OF_ORDER_SEQUENCE_NUMBER')
    expect(stored, seen).toBeGreaterThanOrEqual(count('acked'))
    expect(stored, seen).toBeLessThanOrEqual(count('acked') + count('unknown'))
  }, 120_000)
})
