// A reader of a rack is served by its own rack's follower, is told so by the broker that served it, and goes on from the leader when that follower dies.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Source } from '../../src/drivers/driver.ts'
import { createKafka } from '../../src/drivers/kafkajs/client.ts'
import { TestReader } from '../contract/wire-reader.ts'
import { requireOrSkip } from '../support/require.ts'
import {
  canStart,
  type Held,
  readyAgain,
  startCluster,
  topologyOf,
  useOwnJournals,
  withAdmin,
} from './process-support.ts'

const READ_MS = 30_000
const TOPIC = 'racked'
const CONFIG = {
  'replica.selector.class': 'org.apache.kafka.common.replica.RackAwareReplicaSelector',
  // A dead follower is named to readers of its rack until its session has ended.
  'broker.session.timeout.ms': 3000,
  'broker.heartbeat.interval.ms': 500,
  'replica.lag.time.max.ms': 3000,
}
useOwnJournals()
let held: Held | undefined

beforeAll(async () => {
  if (canStart)
    held = await startCluster(topologyOf({ brokers: 3, network: 'routed', racks: ['a', 'b', 'c'], config: CONFIG }))
}, 90_000)
afterAll(async () => await held?.[Symbol.asyncDispose]())
beforeEach(context => requireOrSkip('java', context))

const cluster = () => (held as Held).cluster

async function write(values: readonly string[]): Promise<void> {
  const { kafka } = createKafka({ brokers: cluster().bootstrap, clientId: 'writer' })
  const producer = kafka.producer({ retry: { retries: 30, initialRetryTime: 100, maxRetryTime: 500 } })
  await producer.connect()
  await producer.send({ topic: TOPIC, messages: values.map(value => ({ partition: 0, value })) })
  await producer.disconnect()
}

const texts = (prefix: string): string[] => Array.from({ length: 50 }, (_, i) => `${prefix}${i}`)
const told = (sources: readonly (Source | undefined)[]): string[] => [
  ...new Set(sources.map(one => `${one?.broker} ${one?.isLeader ? 'leads' : 'follows'}`)),
]

describe('a reader of a rack', () => {
  it('reads from its rack’s follower, from the leader while that is gone, and from the follower again', async () => {
    await withAdmin(cluster(), async admin => {
      await admin.createTopics([
        {
          name: TOPIC,
          partitions: 1,
          replicationFactor: 3,
          assignments: [[1, 2, 3]],
          config: { 'min.insync.replicas': '2' },
        },
      ])
      await admin.offsets(TOPIC)
    })
    await using reader = await TestReader.open({
      bootstrap: cluster().bootstrap,
      topics: [{ name: TOPIC, index: 0, partitions: 1 }],
      settings: { 'client.rack': 'c', 'fetch.max.wait.ms': 100 },
    })
    const seenFrom = async (values: string[]): Promise<string[]> => {
      const before = reader.sources.length
      await write(values)
      await expect.poll(() => reader.values().slice(-values.length), { timeout: READ_MS }).toEqual(values)
      return told(reader.sources.slice(before))
    }
    expect(await seenFrom(texts('near'))).toEqual(['3 follows'])
    await cluster().powers?.kill(3)
    expect(await seenFrom(texts('far'))).toEqual(['1 leads'])
    await cluster().powers?.start(3)
    await readyAgain(cluster(), 3)
    const inSync = () =>
      withAdmin(cluster(), async admin => (await admin.metadata([TOPIC]))[0]?.partitions[0]?.isr.length)
    await expect.poll(inSync, { timeout: READ_MS }).toBe(3)
    expect(await seenFrom(texts('again'))).toEqual(['3 follows'])
    expect(reader.values()).toEqual([...texts('near'), ...texts('far'), ...texts('again')])
  }, 120_000)

  it('does not stay with a follower that is cut off from its leader', async () => {
    const { links } = cluster()
    await using reader = await TestReader.open({
      bootstrap: cluster().bootstrap,
      topics: [{ name: TOPIC, index: 0, partitions: 1 }],
      settings: { 'client.rack': 'c', 'fetch.max.wait.ms': 100, 'metadata.max.age.ms': 1000 },
      options: { start: 'latest' },
    })
    await write(texts('before'))
    await expect.poll(() => reader.values(), { timeout: READ_MS }).toEqual(texts('before'))
    await links?.refuse('cut', ['internal-3-1'])
    try {
      // Acknowledged once the follower has left the ISR; what it has stays where it was.
      await write(texts('cut'))
      await expect.poll(() => reader.values(), { timeout: READ_MS }).toEqual([...texts('before'), ...texts('cut')])
      expect(reader.sources.at(-1)).toEqual({ broker: 1, isLeader: true })
    } finally {
      await links?.cure('cut')
    }
  }, 120_000)
})
