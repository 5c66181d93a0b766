// Clients as their users run them: every record of a call is answered once, what is stored was told, and groups read in every way that the client has.
import { beforeEach, describe, expect, it } from 'vitest'
import { capabilitiesOf } from '../../src/drivers/capabilities.ts'
import type { PendingBatch, Settings } from '../../src/drivers/driver.ts'
import { UNPLACED } from '../../src/record/envelope.ts'
import { requireOrSkip } from '../support/require.ts'
import { useBroker } from './broker.ts'
import { batchOf, openSockets, send, valueOf } from './driver-support.ts'
import { openConsumer, openProducer } from './record-support.ts'

const { cluster, freshTopic, endOffsets, withProducer } = useBroker()
const DEADLINE = { timeout: 30_000 }

describe.each(['kafkajs', 'platformatic'])('%s as shipped', name => {
  beforeEach(context => requireOrSkip('java', context))
  const defaults = capabilitiesOf(name, 'as-shipped').defaults
  const handfulOf = (firstSeq: number, count: number): PendingBatch => ({
    ...batchOf(0, firstSeq, count),
    partition: UNPLACED,
  })
  const open = (topics: Parameters<typeof openProducer>[1]['topics'], settings: Settings, valueBytes?: number) =>
    openProducer(name, {
      bootstrap: cluster().bootstrap,
      topics,
      settings: { ...defaults?.producer, ...settings },
      ...(valueBytes === undefined
        ? {}
        : { record: { value: () => Buffer.alloc(valueBytes, 1), key: () => null, headers: () => undefined } }),
    })

  it.each([
    ['all', 'acked'],
    ['1', 'acked'],
    ['0', 'sentNoAck'],
  ])('answers each record of a call once and leaves no socket: acks=%s is %s', async (acks, outcome) => {
    const topic = await freshTopic()
    const before = openSockets()
    const { producer, answers } = await open([topic], { acks })
    const handfuls = [handfulOf(0, 5), handfulOf(5, 1), handfulOf(6, 30)]
    for (const handful of handfuls) producer.send(handful)
    await expect.poll(() => handfuls.map(handful => answers.of(handful).length), DEADLINE).toEqual([5, 1, 30])
    expect(new Set(handfuls.flatMap(handful => answers.of(handful)).map(answer => answer.outcome))).toEqual(
      new Set([outcome]),
    )
    expect(producer.counters().made?.batchRecords).toBe(36)
    expect(producer.counters().requests).toBeGreaterThanOrEqual(3)
    const stored = async () => (await endOffsets(topic.name)).reduce((sum, end) => sum + end, 0)
    await expect.poll(stored, DEADLINE).toBe(36)
    await producer.close()
    expect(answers.mistakes).toEqual([])
    await expect.poll(openSockets, { timeout: 5000 }).toBeLessThanOrEqual(before)
  })

  it('a record too large is refused for good, and surely not stored', async () => {
    const topic = await freshTopic(1, { 'max.message.bytes': '2000' })
    const { producer, answers } = await open([topic], { acks: 'all' }, 5000)
    const handful = handfulOf(0, 1)
    producer.send(handful)
    await expect
      .poll(() => answers.of(handful), DEADLINE)
      .toMatchObject([{ outcome: 'failed', errorClass: 'MESSAGE_TOO_LARGE' }])
    await producer.close()
    expect(await endOffsets(topic.name)).toEqual([0])
  })

  it('what no broker answered in time is unknown', async () => {
    const topic = await freshTopic(1)
    const { powers } = cluster()
    const { producer, answers } = await open([topic], { acks: 'all', retries: 0, 'request.timeout.ms': 1000 })
    const [before, during] = [handfulOf(0, 1), handfulOf(1, 3)]
    producer.send(before)
    await expect.poll(() => answers.of(before).length, DEADLINE).toBe(1)
    await powers?.freeze(1)
    try {
      producer.send(during)
      await expect
        .poll(() => answers.of(during).map(({ outcome }) => outcome), DEADLINE)
        .toEqual(new Array(3).fill('unknown'))
    } finally {
      await powers?.thaw(1)
    }
    await producer.close()
  })
})

const READERS: [name: string, mode: 'tuned' | 'as-shipped', settings: Settings, handling: 'batch' | 'message'][] = [
  ['kafkajs', 'tuned', { 'max.poll.records': 70 }, 'batch'],
  ['kafkajs', 'as-shipped', {}, 'message'],
  ['platformatic', 'tuned', { 'max.poll.records': 70 }, 'batch'],
  ['platformatic', 'tuned', { 'group.protocol': 'consumer' }, 'batch'],
  ['platformatic', 'tuned', { 'group.instance.id': 'static' }, 'message'],
  ['platformatic', 'as-shipped', {}, 'message'],
]

describe('a group member', () => {
  beforeEach(context => requireOrSkip('java', context))

  it.each(READERS)(
    '%s %s %o by %s reads all in order, and goes on where it committed',
    async (name, mode, settings, handling) => {
      const topic = await freshTopic(2)
      const fill = (firstSeq: number, count: number) =>
        withProducer('wire', { topics: [topic] }, async producer => {
          const results = await send(producer, [batchOf(0, firstSeq, count), batchOf(1, firstSeq, count)])
          expect(results.map(({ outcome }) => outcome)).toEqual(['acked', 'acked'])
        })
      await fill(0, 200)
      const groupId = `${topic.name}-readers`
      const defaults = mode === 'as-shipped' ? capabilitiesOf(name, mode).defaults?.consumer : {}
      const setup = {
        bootstrap: cluster().bootstrap,
        topics: [topic],
        groupId,
        mode,
        handling,
        settings: { ...defaults, ...settings },
      }
      const first = await openConsumer(name, setup)
      const counts = () => [0, 1].map(partition => first.seen.records.get(partition)?.length ?? 0)
      await expect.poll(counts, DEADLINE).toEqual([200, 200])
      await expect
        .poll(() => [0, 1].map(partition => first.seen.committed.get(partition)), DEADLINE)
        .toEqual([200, 200])
      await first.close()
      for (const partition of [0, 1]) {
        const records = first.seen.records.get(partition) ?? []
        expect(records.map(record => record.offset)).toEqual(records.map((_, i) => i))
        expect(String(records[7]?.value)).toBe(valueOf({ topic: 0, partition, firstSeq: 0 }, 7))
      }
      const most = handling === 'message' ? 1 : Number(settings['max.poll.records'] ?? 500)
      expect(Math.max(...first.seen.handlings.map(({ count }) => count))).toBeLessThanOrEqual(most)
      expect([first.seen.assigned, first.seen.errors]).toEqual([2, []])
      await fill(200, 1)
      const second = await openConsumer(name, setup)
      const offsets = () => [0, 1].map(partition => second.seen.records.get(partition)?.map(({ offset }) => offset))
      await expect.poll(offsets, DEADLINE).toEqual([[200], [200]])
      await second.close()
    },
  )
})
