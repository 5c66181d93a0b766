// One suite for every driver that takes batches: each batch is answered once and truly, whatever acks or trouble, and nothing stays open.
import { beforeEach, describe, expect, it } from 'vitest'
import type { TopicHandle } from '../../src/drivers/driver.ts'
import { loadDriver } from '../../src/drivers/index.ts'
import { requireOrSkip } from '../support/require.ts'
import { useBroker, WITHOUT_BROKER } from './broker.ts'
import { batchOf, makeProducer, nowUs, openSockets, send, sendUntilAcked } from './driver-support.ts'

const { cluster, freshTopic, endOffsets, withProducer } = useBroker()

describe.each([...WITHOUT_BROKER, 'kafkajs', 'platformatic'])('%s', name => {
  const hasBroker = !WITHOUT_BROKER.includes(name)
  beforeEach(context => {
    if (hasBroker) requireOrSkip('java', context)
  })
  const topicFor = async (): Promise<TopicHandle> => (hasBroker ? freshTopic() : { name: 't', index: 0, partitions: 3 })

  it('knows a leader for every partition once it is open, and of none that is not there', async () => {
    const topic = await topicFor()
    await withProducer(name, { topics: [topic] }, async producer => {
      for (let partition = 0; partition < 3; partition++) expect(producer.leaderOf(0, partition)).toBe(1)
      if (hasBroker) expect(producer.leaderOf(0, 99)).toBe(-1)
    })
  })

  it.each([
    ['all', 'acked'],
    ['1', 'acked'],
    ['0', 'sentNoAck'],
  ])('answers each batch of a group once: acks=%s is %s', async (acks, outcome) => {
    const topic = await topicFor()
    await withProducer(name, { topics: [topic], settings: { acks } }, async producer => {
      const batches = [batchOf(0, 0, 5), batchOf(1, 0, 1), batchOf(2, 0, 3)]
      const beforeUs = nowUs()
      const results = await send(producer, batches)
      for (const result of results) {
        expect(result.outcome).toBe(outcome)
        expect(result.atUs).toBeGreaterThanOrEqual(beforeUs)
        expect(result.atUs).toBeLessThanOrEqual(nowUs() + 2000)
        if (hasBroker && acks !== '0') expect(result.baseOffset).toBe(0)
      }
      expect(producer.counters().requests).toBe(1)
    })
    if (hasBroker) await expect.poll(() => endOffsets(topic.name), { timeout: 5000 }).toEqual([5, 1, 3])
  })

  it('answers many groups in flight, each its own', async () => {
    const topic = await topicFor()
    await withProducer(name, { topics: [topic] }, async producer => {
      const groups = Array.from({ length: 20 }, (_, i) => [batchOf(i % 3, i * 10, 10)])
      const results = (await Promise.all(groups.map(group => send(producer, group)))).flat()
      expect(results.filter(({ outcome }) => outcome !== 'acked')).toEqual([])
      expect(new Set(results.map(({ batch }) => batch.firstSeq)).size).toBe(20)
      expect(producer.counters().requests).toBe(20)
    })
    if (hasBroker) expect((await endOffsets(topic.name)).reduce((sum, end) => sum + end)).toBe(200)
  })

  it('leaves no socket and no timer that keeps the process up', async () => {
    const topic = await topicFor()
    const before = openSockets()
    const producer = makeProducer(await loadDriver(name), {
      bootstrap: hasBroker ? cluster().bootstrap : [],
      topics: [topic],
    })
    await producer.open()
    await send(producer, [batchOf(0)])
    if (hasBroker) expect(openSockets()).toBeGreaterThan(before)
    await producer.close()
    await expect.poll(openSockets, { timeout: 2000 }).toBeLessThanOrEqual(before)
    const timers = process.getActiveResourcesInfo().filter(kind => kind === 'TCPSocketWrap')
    expect(timers).toEqual([])
  })
})

describe.each([
  { name: 'kafkajs', tellsEachPartition: false },
  { name: 'platformatic', tellsEachPartition: true },
])('$name in trouble', ({ name, tellsEachPartition }) => {
  beforeEach(context => requireOrSkip('java', context))

  it('a record too large is refused for good, and surely not stored', async () => {
    const topic = await freshTopic(1, { 'max.message.bytes': '2000' })
    await withProducer(name, { topics: [topic], record: { value: () => Buffer.alloc(5000, 1) } }, async producer => {
      expect(await send(producer, [batchOf(0)])).toMatchObject([
        { outcome: 'error', errorClass: 'MESSAGE_TOO_LARGE', retriable: false, maybeWritten: false },
      ])
    })
    expect(await endOffsets(topic.name)).toEqual([0])
  })

  it('one refusal in a group harms no other: it is acknowledged, or unknown where the client hides what became of it', async () => {
    const strict = await freshTopic(1, { 'max.message.bytes': '2000' })
    const plain = { ...(await freshTopic(1)), index: 1 }
    await withProducer(name, { topics: [strict, plain] }, async producer => {
      const results = await send(producer, [batchOf(0, 0, 100, 0), batchOf(0, 0, 4, 1)])
      const seen = { outcome: 'error', errorClass: 'MESSAGE_TOO_LARGE', maybeWritten: true }
      const told = { ...seen, maybeWritten: false }
      expect(results).toMatchObject(tellsEachPartition ? [told, { outcome: 'acked', baseOffset: 0 }] : [seen, seen])
    })
    expect([await endOffsets(strict.name), await endOffsets(plain.name)]).toEqual([[0], [4]])
  })

  it('a frozen broker is a time-out that may have been written, and was', async () => {
    const topic = await freshTopic(1)
    const { powers } = cluster()
    await withProducer(name, { topics: [topic], settings: { 'request.timeout.ms': 1000 } }, async producer => {
      await send(producer, [batchOf(0)])
      await powers?.freeze(1)
      try {
        expect(await powers?.state(1)).toBe('frozen')
        // The broker thaws only after the client has given up on the answer.
        expect(await send(producer, [batchOf(0, 1)])).toMatchObject([
          { outcome: 'error', errorClass: 'RequestTimeout', retriable: true, maybeWritten: true },
        ])
      } finally {
        await powers?.thaw(1)
      }
    })
    await expect.poll(() => endOffsets(topic.name), { timeout: 5000 }).toEqual([2])
  })

  it('a killed broker acknowledges nothing: open requests are unknown, later ones unwritten, and all may be tried again', async () => {
    const topic = await freshTopic(1)
    const { powers } = cluster()
    await withProducer(name, { topics: [topic] }, async producer => {
      await send(producer, [batchOf(0, 0, 3)])
      await powers?.freeze(1)
      const { wireBytes } = producer.counters()
      const open = send(producer, [batchOf(0, 3)])
      await expect.poll(() => producer.counters().wireBytes, { timeout: 10_000 }).toBeGreaterThan(wireBytes + 50)
      const killedMs = performance.now()
      await powers?.kill(1)
      expect(await open).toMatchObject([{ outcome: 'error', retriable: true, maybeWritten: true }])
      expect(performance.now() - killedMs).toBeLessThan(5000)
      const laterMs = performance.now()
      expect(await send(producer, [batchOf(0, 4)])).toMatchObject([
        { outcome: 'error', retriable: true, maybeWritten: false },
      ])
      expect(performance.now() - laterMs).toBeLessThan(5000)
      await powers?.start(1)
      const attempts = await sendUntilAcked(producer, batchOf(0, 3), 60_000)
      expect(attempts.at(-1)).toMatchObject({ outcome: 'acked', baseOffset: 3 })
    })
    expect(await endOffsets(topic.name)).toEqual([4])
  }, 120_000)
})
