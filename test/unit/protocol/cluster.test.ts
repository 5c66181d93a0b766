// The picture of a cluster stays right and cheap while brokers come, go, and tell old stories.
import { describe, expect, it } from 'vitest'
import { Writer } from '../../../src/protocol/bytes.ts'
import { ClusterClient, type ClusterOptions, parseAddress } from '../../../src/protocol/cluster.ts'
import { apiVersionsV2 } from '../../../src/protocol/requests/api-versions.ts'
import { metadataV8 } from '../../../src/protocol/requests/metadata.ts'
import { produceV8 } from '../../../src/protocol/requests/produce.ts'
import { frameOf, type Handler, ScriptedBroker, type SeenRequest } from './scripted-broker.ts'

type Row = { topic: string; leader: number; epoch: number; errorCode?: number }
type Story = { brokers: { id: number; port: number; host?: string }[]; topics: Row[] }

/** A Metadata v8 body: topics of one partition. */
function metadataBody({ brokers, topics }: Story): Buffer {
  const writer = new Writer()
  writer.int32(0)
  writer.array(brokers, (_, { id, port, host }) => {
    writer.int32(id)
    writer.string(host ?? '127.0.0.1')
    writer.int32(port)
    writer.nullableString(null)
  })
  writer.nullableString('abc')
  writer.int32(1)
  writer.array(topics, (_, { topic, leader, epoch, errorCode = 0 }) => {
    writer.int16(errorCode)
    writer.string(topic)
    writer.boolean(false)
    writer.array(errorCode === 0 ? [0] : [], () => {
      writer.int16(0)
      for (const value of [0, leader, epoch]) writer.int32(value)
      for (const list of [[leader], [leader], []]) writer.array(list, (_, id) => writer.int32(id))
    })
    writer.int32(0)
  })
  writer.int32(0)
  return writer.toBuffer()
}

/** Speaks everything of ours but Produce. */
function versionsBody(): Buffer {
  const writer = new Writer()
  writer.int16(0)
  writer.array(
    [
      [3, 0, 13],
      [18, 0, 4],
      [0, 9, 13],
    ],
    (_, range) => {
      for (const value of range) writer.int16(value)
    },
  )
  writer.int32(0)
  return writer.toBuffer()
}

/** A broker that tells the story as it stands. */
const teller =
  (story: Story): Handler =>
  (request, socket) => {
    const body = request.key === metadataV8.key ? metadataBody(story) : versionsBody()
    socket.write(frameOf(request.correlationId, body))
  }
const lookUps = (broker: ScriptedBroker): SeenRequest[] => broker.seen.filter(request => request.key === metadataV8.key)
const connect = (broker: ScriptedBroker, options: Partial<ClusterOptions> = {}): Promise<ClusterClient> =>
  ClusterClient.connect({ bootstrap: [`127.0.0.1:${broker.port}`], clientId: 'test', topics: ['t'], ...options })

/** A broker that tells of itself. */
async function alone(story: Story): Promise<ScriptedBroker> {
  const broker = await ScriptedBroker.start(teller(story))
  story.brokers.push({ id: 1, port: broker.port })
  return broker
}

describe('metadata', () => {
  it('is asked for once by all who ask at the same time, and not again at once', async () => {
    await using broker = await alone({ brokers: [], topics: [{ topic: 't', leader: 1, epoch: 0 }] })
    const cluster = await connect(broker)
    const startedMs = performance.now()
    await Promise.all([cluster.refresh(), cluster.refresh(), cluster.refresh()])
    expect(lookUps(broker)).toHaveLength(2)
    await cluster.refresh()
    // Counted from before the look-up that it must keep away from, so that the pause lies in between however slow the machine is.
    expect(performance.now() - startedMs).toBeGreaterThan(95)
    expect(lookUps(broker)).toHaveLength(3)
    expect([cluster.clusterId, cluster.controllerId]).toEqual(['abc', 1])
    await cluster.close()
  })

  it('of an older epoch is not believed, unless the topic was gone in between', async () => {
    const story: Story = { brokers: [], topics: [{ topic: 't', leader: 2, epoch: 7 }] }
    await using broker = await alone(story)
    const cluster = await connect(broker)
    const tell = async (row: Row): Promise<unknown> => {
      story.topics = [row]
      await cluster.refresh()
      return cluster.leaderOf('t', 0)
    }
    expect(cluster.leaderOf('t', 0)).toEqual({ broker: 2, epoch: 7 })
    expect(await tell({ topic: 't', leader: 1, epoch: 6 })).toEqual({ broker: 2, epoch: 7 })
    expect(await tell({ topic: 't', leader: 3, epoch: 8 })).toEqual({ broker: 3, epoch: 8 })
    expect(await tell({ topic: 't', leader: -1, epoch: 8 })).toBeUndefined()
    expect(await tell({ topic: 't', leader: 1, epoch: 0, errorCode: 3 })).toBeUndefined()
    expect(await tell({ topic: 't', leader: 1, epoch: 0 })).toEqual({ broker: 1, epoch: 0 })
    await cluster.close()
  })

  it('comes from the next broker where one has died', async () => {
    const story: Story = { brokers: [], topics: [{ topic: 't', leader: 1, epoch: 0 }] }
    const first = await alone(story)
    await using second = await ScriptedBroker.start(teller(story))
    story.brokers.push({ id: 2, port: second.port })
    const troubles: number[] = []
    const cluster = await connect(first, { onTrouble: address => troubles.push(address.port) })
    expect(cluster.brokers.map(broker => broker.id)).toEqual([1, 2])
    const { port } = first
    await first[Symbol.asyncDispose]()
    for (let i = 0; i < 3; i++) await cluster.refresh()
    expect(lookUps(second).length).toBeGreaterThanOrEqual(3)
    expect(new Set(troubles)).toEqual(new Set([port]))
    await cluster.close()
  })

  it('says what it is asked for by name', async () => {
    await using broker = await alone({ brokers: [], topics: [] })
    const cluster = await connect(broker)
    cluster.follow(['u'])
    await cluster.refresh()
    expect(lookUps(broker).at(-1)?.body.toString('latin1')).toContain('\u0001t\0\u0001u')
    await cluster.close()
  })
})

describe('connections', () => {
  it('are shared by who asks meanwhile, but not between purposes', async () => {
    await using broker = await alone({ brokers: [], topics: [] })
    const cluster = await connect(broker)
    const before = broker.sockets.length
    expect(cluster.ready(1, 'produce')).toBeUndefined()
    const [one, two, other] = await Promise.all([
      cluster.connection(1, 'produce'),
      cluster.connection(1, 'produce'),
      cluster.connection(1, 'fetch'),
    ])
    expect([one === two, cluster.ready(1, 'produce') === one, one === other]).toEqual([true, true, false])
    await Promise.all([one, other].map(connection => connection.request(apiVersionsV2, {})))
    expect(broker.sockets.length).toBe(before + 2)
    await cluster.close()
  })

  it('to a broker that nobody named are refused', async () => {
    await using broker = await alone({ brokers: [], topics: [] })
    const cluster = await connect(broker)
    expect(cluster.ready(9)).toBeUndefined()
    await expect(cluster.connection(9)).rejects.toThrow(/no address of broker 9/)
    await cluster.close()
    await expect(cluster.connection(1, 'fetch')).rejects.toThrow(/closed by us/)
  })

  it('are tried again after a pause that grows', async () => {
    const story: Story = { brokers: [], topics: [] }
    await using broker = await alone(story)
    story.brokers.push({ id: 2, port: 1 })
    const failedMs: number[] = []
    const cluster = await connect(broker, { onTrouble: () => failedMs.push(performance.now()) })
    for (let i = 0; i < 3; i++) await expect(cluster.connection(2)).rejects.toThrow(/ECONNREFUSED/)
    const [first = 0, second = 0, third = 0] = failedMs
    // From failure to failure, which a slow machine can only make longer.
    expect(failedMs).toHaveLength(3)
    expect(second - first).toBeGreaterThan(38)
    expect(third - second).toBeGreaterThan(78)
    await cluster.close()
  })

  it('count their bytes beyond their end', async () => {
    await using broker = await alone({ brokers: [], topics: [] })
    const cluster = await connect(broker)
    const connection = await cluster.connection(1, 'fetch')
    await connection.request(apiVersionsV2, {})
    const before = [cluster.bytesRead, cluster.bytesWritten]
    connection.kill()
    expect([cluster.bytesRead, cluster.bytesWritten]).toEqual(before)
    expect(before[0]).toBeGreaterThan(100)
    await cluster.close()
  })

  it('go where they are redirected', async () => {
    const story: Story = { brokers: [], topics: [] }
    await using broker = await ScriptedBroker.start(teller(story))
    story.brokers.push({ id: 1, port: 9092, host: 'broker-1.invalid' })
    const { port } = broker
    const cluster = await connect(broker, {
      redirect: ({ host }) => ({ host: '127.0.0.1', port: host === 'x' ? 1 : port }),
    })
    expect((await (await cluster.connection(1, 'fetch')).request(apiVersionsV2, {})).errorCode).toBe(0)
    await cluster.close()
  })
})

it('a broker without our version is named before it is asked', async () => {
  await using broker = await alone({ brokers: [], topics: [] })
  const cluster = await connect(broker)
  expect(() => cluster.demand(metadataV8)).not.toThrow()
  expect(() => cluster.demand(produceV8)).toThrow(/Produce v8 \(the broker speaks v9 to v13\): UNSUPPORTED_VERSION/)
  await cluster.close()
})

it.each([
  ['broker-1:9092', { host: 'broker-1', port: 9092 }],
  ['[::1]:9092', { host: '::1', port: 9092 }],
  ['127.0.0.1:1', { host: '127.0.0.1', port: 1 }],
])('%s is an address', (text, address) => expect(parseAddress(text)).toEqual(address))
