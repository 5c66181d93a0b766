// One suite for clients that batch by themselves: every record is answered once and truly, whoever places it, and nothing stays open.
import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { beforeEach, describe, expect, it } from 'vitest'
import type { Settings } from '../../src/drivers/driver.ts'
import { UNPLACED } from '../../src/record/envelope.ts'
import { partitionOfKey } from '../../src/record/keys.ts'
import { type Need, requireOrSkip } from '../support/require.ts'
import { useBroker } from './broker.ts'
import { batchOf, nowUs, valueOf } from './driver-support.ts'
import { type OpenedProducer, openConsumer, openProducer } from './record-support.ts'

const { cluster, freshTopic, endOffsets } = useBroker()

/** Java places keys by murmur2, librdkafka as shipped by CRC-32; both keep a key in one partition. */
const CLIENTS: { name: string; needs: Need[]; placesAsJava: boolean; members: Settings[] }[] = [
  {
    name: 'java',
    needs: ['java', 'jdk'],
    placesAsJava: true,
    members: [{ 'group.protocol': 'consumer' }, { 'group.instance.id': 'static' }],
  },
  { name: 'librdkafka', needs: ['java', 'rdkafka'], placesAsJava: false, members: [{ 'group.instance.id': 'static' }] },
]
const DEADLINE = { timeout: 30_000 }

/** Processes that this one has started and that still run. */
function children(): string[] {
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .flatMap(pid => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
        const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
        return Number(parent) === process.pid && state !== 'Z' ? [pid] : []
      } catch {
        return []
      }
    })
}

describe.each(CLIENTS)('$name', ({ name, needs, placesAsJava, members }) => {
  beforeEach(context => {
    for (const need of needs) requireOrSkip(need, context)
  })

  const withProducer = async (
    setup: Omit<Parameters<typeof openProducer>[1], 'bootstrap'>,
    use: (opened: OpenedProducer) => Promise<void>,
  ): Promise<void> => {
    const opened = await openProducer(name, { bootstrap: cluster().bootstrap, ...setup })
    try {
      await use(opened)
    } finally {
      await opened.producer.close()
    }
    expect(opened.answers.mistakes).toEqual([])
  }

  it.each([
    ['all', 'acked'],
    ['1', 'acked'],
    ['0', 'sentNoAck'],
  ])('answers each record once, in time and with its offset: acks=%s is %s', async (acks, outcome) => {
    const topic = await freshTopic()
    await withProducer({ topics: [topic], settings: { acks, 'linger.ms': 0 } }, async ({ producer, answers }) => {
      const beforeUs = nowUs()
      const handfuls = [batchOf(0, 0, 5), batchOf(1, 0, 1), batchOf(2, 0, 3), batchOf(0, 5, 4)]
      for (const handful of handfuls) producer.send(handful)
      await expect.poll(() => handfuls.map(handful => answers.of(handful).length), DEADLINE).toEqual([5, 1, 3, 4])
      for (const answer of handfuls.flatMap(handful => answers.of(handful))) {
        expect(answer.outcome).toBe(outcome)
        expect(answer.atUs).toBeGreaterThanOrEqual(beforeUs)
        expect(answer.atUs).toBeLessThanOrEqual(nowUs())
      }
      if (acks !== '0')
        expect(
          handfuls.flatMap(handful => answers.of(handful).map(answer => [answer.partition, answer.baseOffset])),
        ).toEqual([
          ...[0, 1, 2, 3, 4].map(offset => [0, offset]),
          [1, 0],
          ...[0, 1, 2].map(offset => [2, offset]),
          ...[5, 6, 7, 8].map(offset => [0, offset]),
        ])
      expect(producer.counters().wireBytes).toBeGreaterThanOrEqual(0)
    })
    await expect.poll(() => endOffsets(topic.name), DEADLINE).toEqual([9, 1, 3])
  })

  it('places records that name no partition, keyed ones by their key, and counts its own batches', async () => {
    const topic = await freshTopic()
    const record = {
      value: (batch: Parameters<typeof valueOf>[0], at: number) => Buffer.from(valueOf(batch, at)),
      key: (_batch: unknown, at: number) => Buffer.from(`key-${at % 4}`),
      headers: () => ({ h0: Buffer.from('first') }),
    }
    await withProducer(
      { topics: [topic], record, settings: { 'linger.ms': 20 } },
      async ({ producer, answers, events }) => {
        const handful = { ...batchOf(0, 0, 400), partition: UNPLACED }
        producer.send(handful)
        producer.flush()
        await expect.poll(() => answers.of(handful).length, DEADLINE).toBe(400)
        const placed = [0, 1, 2, 3].map(
          key =>
            new Set(
              answers
                .of(handful)
                .filter((_, at) => at % 4 === key)
                .map(a => a.partition),
            ),
        )
        expect(placed.map(set => set.size)).toEqual([1, 1, 1, 1])
        if (placesAsJava)
          expect(placed.map(set => [...set][0])).toEqual(
            [0, 1, 2, 3].map(key => partitionOfKey(Buffer.from(`key-${key}`), 3)),
          )
        await expect.poll(() => events.get('client.metrics'), DEADLINE).toBeDefined()
        await expect.poll(() => producer.counters().made?.batchRecords, DEADLINE).toBe(400)
        const { made, requests, wireBytes } = producer.counters()
        expect(made?.batches).toBeGreaterThanOrEqual(2)
        expect(requests).toBeGreaterThanOrEqual(1)
        expect(wireBytes).toBeGreaterThan(400 * 70)
      },
    )
  })

  it('a record too large is refused for good, and surely not stored; the others go on', async () => {
    const topic = await freshTopic(1, { 'max.message.bytes': '2000' })
    const record = {
      value: (_: unknown, at: number) => Buffer.alloc(at === 1 ? 5000 : 100, 1),
      key: () => null,
      headers: () => undefined,
    }
    await withProducer(
      { topics: [topic], record, settings: { 'linger.ms': 0, 'batch.size': 1000 } },
      async ({ producer, answers }) => {
        const handful = batchOf(0, 0, 3)
        producer.send(handful)
        await expect.poll(() => answers.of(handful).length, DEADLINE).toBe(3)
        expect(answers.of(handful).map(({ outcome }) => outcome)).toEqual(['acked', 'failed', 'acked'])
      },
    )
    expect(await endOffsets(topic.name)).toEqual([2])
  })

  it('what no broker answered in time may have been written, and nothing says otherwise', async () => {
    const topic = await freshTopic(1)
    const { powers } = cluster()
    const settings = { 'linger.ms': 0, 'request.timeout.ms': 1000, 'delivery.timeout.ms': 1500 }
    await withProducer({ topics: [topic], settings }, async ({ producer, answers }) => {
      const [before, during] = [batchOf(0, 0, 2), batchOf(0, 2, 3)]
      producer.send(before)
      await expect.poll(() => answers.of(before).length, DEADLINE).toBe(2)
      await powers?.freeze(1)
      try {
        producer.send(during)
        await expect.poll(() => answers.of(during).length, DEADLINE).toBe(3)
      } finally {
        await powers?.thaw(1)
      }
      expect(answers.of(during).map(({ outcome }) => outcome)).toEqual(['unknown', 'unknown', 'unknown'])
      expect(answers.of(during)[0]?.errorClass).toBeTruthy()
    })
  })

  it('a broker killed and started again costs no acknowledged record', async () => {
    const topic = await freshTopic(3)
    const { powers } = cluster()
    const settings = { 'linger.ms': 5, 'enable.idempotence': true }
    let acked = 0
    await withProducer({ topics: [topic], settings }, async ({ producer, answers }) => {
      const handfuls = Array.from({ length: 60 }, (_, i) => ({ ...batchOf(0, i * 10, 10), partition: UNPLACED }))
      for (const [i, handful] of handfuls.entries()) {
        producer.send(handful)
        if (i === 20) await powers?.kill(1)
        if (i === 40) await powers?.start(1)
        await sleep(20)
      }
      producer.flush()
      const answered = () => handfuls.reduce((sum, handful) => sum + answers.of(handful).length, 0)
      await expect.poll(answered, { timeout: 90_000 }).toBe(600)
      acked = handfuls.flatMap(handful => answers.of(handful)).filter(({ outcome }) => outcome === 'acked').length
    })
    expect(acked).toBe(600)
    expect((await endOffsets(topic.name)).reduce((sum, end) => sum + end, 0)).toBe(600)
  }, 120_000)

  it('leaves no process behind, and says what it used while it ran', async () => {
    const topic = await freshTopic(1)
    const before = children()
    await withProducer({ topics: [topic] }, async ({ producer }) => {
      await expect.poll(() => (producer.outsideUse ? producer.outsideUse().cpuUs : 1), DEADLINE).toBeGreaterThan(0)
    })
    await expect.poll(() => children().filter(pid => !before.includes(pid)), DEADLINE).toEqual([])
  })

  describe('as a group member', () => {
    const fill = async (partitions: number, count: number) => {
      const topic = await freshTopic(partitions)
      await withProducer({ topics: [topic], settings: { 'linger.ms': 5 } }, async ({ producer, answers }) => {
        const handfuls = Array.from({ length: partitions }, (_, partition) => batchOf(partition, 0, count))
        for (const handful of handfuls) producer.send(handful)
        await expect
          .poll(() => handfuls.map(handful => answers.of(handful).length), DEADLINE)
          .toEqual(handfuls.map(() => count))
      })
      return topic
    }

    it('reads everything in order with its values, handles no more than max.poll.records at once, and goes on where it committed', async () => {
      const topic = await fill(2, 300)
      const options = {
        bootstrap: cluster().bootstrap,
        topics: [topic],
        groupId: `readers-${name}`,
        settings: { 'max.poll.records': 70 },
      }
      const first = await openConsumer(name, options)
      const counts = () => [0, 1].map(partition => first.seen.records.get(partition)?.length ?? 0)
      await expect.poll(counts, DEADLINE).toEqual([300, 300])
      await expect
        .poll(() => [0, 1].map(partition => first.seen.committed.get(partition)), DEADLINE)
        .toEqual([300, 300])
      await first.close()
      for (const partition of [0, 1]) {
        const records = first.seen.records.get(partition) ?? []
        expect(records.map(record => record.offset)).toEqual(records.map((_, i) => i))
        expect(String(records[7]?.value)).toBe(valueOf({ topic: 0, partition, firstSeq: 0 }, 7))
      }
      expect(Math.max(...first.seen.handlings.map(({ count }) => count))).toBeLessThanOrEqual(70)
      expect(first.seen.handlings.every(({ atUs }) => Math.abs(atUs - nowUs()) < 60_000_000)).toBe(true)
      expect([first.seen.assigned, first.seen.errors]).toEqual([2, []])
      await withProducer({ topics: [topic], settings: { 'linger.ms': 0 } }, async ({ producer, answers }) => {
        const more = batchOf(1, 300, 1)
        producer.send(more)
        await expect.poll(() => answers.of(more).length, DEADLINE).toBe(1)
      })
      const second = await openConsumer(name, options)
      await expect
        .poll(() => [...second.seen.records].map(([p, list]) => [p, list.map(r => r.offset)]), DEADLINE)
        .toEqual([[1, [300]]])
      await second.close()
    })

    it.each(members)('%o: one record per handling', async settings => {
      const topic = await fill(1, 20)
      const groupId = `readers-${name}-${Object.keys(settings)[0]}`
      const { seen, close } = await openConsumer(name, {
        bootstrap: cluster().bootstrap,
        topics: [topic],
        groupId,
        settings,
        handling: 'message',
        delayMs: 2,
        commit: 'auto',
      })
      await expect.poll(() => seen.records.get(0)?.length, DEADLINE).toBe(20)
      await close()
      expect(seen.handlings.map(({ count }) => count)).toEqual(seen.handlings.map(() => 1))
      const gaps = seen.handlings.slice(1).map(({ atUs }, i) => atUs - (seen.handlings[i]?.atUs ?? 0))
      expect(Math.min(...gaps)).toBeGreaterThanOrEqual(1900)
      expect(seen.errors).toEqual([])
    })
  })
})
