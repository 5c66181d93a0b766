// A connection keeps its promises against a broker that splits, merges, floods, lies, stalls and dies.
import { describe, expect, it } from 'vitest'
import { Connection, type ConnectionOptions } from '../../../src/protocol/connection.ts'
import { ConnectionClosed, ProtocolError, RequestTimeout, type WireFailure } from '../../../src/protocol/errors.ts'
import { apiVersionsV2 } from '../../../src/protocol/requests/api-versions.ts'
import { fetchV11 } from '../../../src/protocol/requests/fetch.ts'
import { type ProduceRequest, produceV7 } from '../../../src/protocol/requests/produce.ts'
import { golden } from './golden/golden.ts'
import { frameOf, type Handler, ScriptedBroker } from './scripted-broker.ts'

const BODY = golden('ApiVersions.v2.response').subarray(8)
const FETCH_BODY = golden('Fetch.v11.response').subarray(8)
const FETCH = {
  ...{ maxWaitMs: 1, minBytes: 1, maxBytes: 1, readCommitted: false, sessionId: 0, sessionEpoch: -1 },
  ...{ topics: [], forgotten: [], rackId: '' },
}
const mute: Handler = () => undefined
const answerAll: Handler = (request, socket) => void socket.write(frameOf(request.correlationId, BODY))

const open = (broker: ScriptedBroker, options: Partial<ConnectionOptions> = {}): Promise<Connection> =>
  Connection.open({ host: '127.0.0.1', port: broker.port, clientId: 'test', ...options })

/** The outcomes of `count` requests sent at once, in the order of their callbacks. */
function sendMany(connection: Connection, count: number): Promise<{ id: number; failure: WireFailure | null }[]> {
  const outcomes: { id: number; failure: WireFailure | null }[] = []
  return new Promise(resolve => {
    for (let id = 0; id < count; id++) {
      connection.send(apiVersionsV2, {}, (failure, _) => {
        outcomes.push({ id, failure })
        if (outcomes.length === count) resolve(outcomes)
      })
    }
  })
}

const produceOf = (acks: -1 | 0, records: Buffer): ProduceRequest => ({
  transactionalId: null,
  acks,
  timeoutMs: 1000,
  topics: [{ name: 't', partitions: [{ partition: 0, records }] }],
})

describe('answers', () => {
  it('are put together from single bytes', async () => {
    await using broker = await ScriptedBroker.start((request, socket) => {
      const bytes = [...frameOf(request.correlationId, BODY)]
      const next = (): void => {
        const byte = bytes.shift()
        if (byte === undefined) return
        socket.write(Buffer.from([byte]))
        setImmediate(next)
      }
      next()
    })
    const connection = await open(broker)
    for (let i = 0; i < 3; i++) expect(await connection.request(apiVersionsV2, {})).toMatchObject({ errorCode: 35 })
    expect(connection.bytesRead).toBe(3 * (8 + BODY.length))
    await connection.close()
  })

  it('are taken apart when many come at once, in order', async () => {
    const held: Buffer[] = []
    await using broker = await ScriptedBroker.start((request, socket) => {
      held.push(frameOf(request.correlationId, BODY))
      if (held.length === 20) socket.write(Buffer.concat(held))
    })
    const connection = await open(broker)
    const outcomes = await sendMany(connection, 20)
    expect(outcomes).toEqual(Array.from({ length: 20 }, (_, id) => ({ id, failure: null })))
    expect(broker.seen.map(request => request.correlationId)).toEqual(Array.from({ length: 20 }, (_, id) => id))
    expect(broker.seen[0]).toMatchObject({ key: 18, version: 2, clientId: 'test' })
    await connection.close()
  })

  it.each([false, true])('of many megabytes are views of one buffer (reuse %s)', async reuseFrames => {
    const records = Buffer.alloc(6_000_000, 'kafka')
    const body = Buffer.concat([FETCH_BODY.subarray(0, 10), Buffer.alloc(4)])
    body.writeInt32BE(1, 10)
    const head = Buffer.concat([body, Buffer.from('00017400000001', 'hex'), Buffer.alloc(42)])
    head.writeInt32BE(records.length, head.length - 4)
    await using broker = await ScriptedBroker.start((request, socket) => {
      socket.write(frameOf(request.correlationId, Buffer.concat([head, records])))
    })
    const connection = await open(broker, { reuseFrames })
    for (let round = 0; round < 3; round++) {
      const equal = await new Promise(resolve => {
        connection.send(fetchV11, FETCH, (failure, response) => {
          resolve(failure ?? response.topics[0]?.partitions[0]?.records.equals(records))
        })
      })
      expect(equal).toBe(true)
    }
    await connection.close()
  })

  it('beyond the cap end the connection', async () => {
    await using broker = await ScriptedBroker.start((request, socket) => {
      socket.write(frameOf(request.correlationId, Buffer.alloc(1000)))
    })
    const connection = await open(broker, { maxFrameBytes: 500 })
    await expect(connection.request(apiVersionsV2, {})).rejects.toThrow(ProtocolError)
    expect(connection.isOpen).toBe(false)
  })

  it.each([
    ['of another request', (id: number) => frameOf(id + 1, BODY)],
    ['with bytes too many', (id: number) => frameOf(id, Buffer.concat([BODY, Buffer.alloc(1)]))],
    ['with bytes too few', (id: number) => frameOf(id, BODY.subarray(0, -1))],
    ['that nobody asked for', (id: number) => Buffer.concat([frameOf(id, BODY), frameOf(id + 1, BODY)])],
  ])('%s end the connection', async (_, bytes) => {
    let closed: Error | undefined
    await using broker = await ScriptedBroker.start((request, socket) => {
      socket.write(bytes(request.correlationId))
    })
    const connection = await open(broker, { onClose: cause => (closed = cause) })
    await connection.request(apiVersionsV2, {}).catch(() => undefined)
    expect(closed).toBeInstanceOf(ProtocolError)
  })
})

describe('failures', () => {
  it('in mid-frame leave every outcome unknown, and onClose comes first and once', async () => {
    await using broker = await ScriptedBroker.start((request, socket) => {
      if (request.correlationId === 2) socket.end(frameOf(0, BODY).subarray(0, 9))
    })
    const order: string[] = []
    const connection = await open(broker, { onClose: () => order.push('close') })
    const outcomes = await sendMany(connection, 3)
    order.push(...outcomes.map(({ failure }) => `${failure?.name} ${failure?.maybeWritten}`))
    expect(order).toEqual(['close', ...Array(3).fill('ConnectionClosed true')])
    connection.kill()
    expect(order).toHaveLength(4)
  })

  it('by time-out name the oldest request, and end the others too', async () => {
    await using broker = await ScriptedBroker.start(mute)
    const connection = await open(broker, { requestTimeoutMs: 40, maxInFlight: 2 })
    const [first, second, waiting] = (await sendMany(connection, 3)).map(outcome => outcome.failure)
    expect(first).toBeInstanceOf(RequestTimeout)
    expect(first?.message).toMatch(/ApiVersions.*40 ms/)
    expect(second).toBeInstanceOf(ConnectionClosed)
    expect(second).toMatchObject({ maybeWritten: true, cause: first })
    expect(waiting).toMatchObject({ maybeWritten: false })
  })

  it('after the end come later, and say that nothing was written', async () => {
    await using broker = await ScriptedBroker.start(answerAll)
    const connection = await open(broker)
    connection.kill()
    let flushed = 0
    const outcome = new Promise<WireFailure | null>(resolve => {
      connection.send(
        apiVersionsV2,
        {},
        (failure, _) => resolve(failure),
        () => flushed++,
      )
      expect(flushed).toBe(0)
    })
    expect(await outcome).toMatchObject({ name: 'ConnectionClosed', maybeWritten: false })
    expect(flushed).toBe(1)
  })

  it('to connect say why', async () => {
    const broker = await ScriptedBroker.start(mute)
    const { port } = broker
    await broker[Symbol.asyncDispose]()
    const attempt = Connection.open({ host: '127.0.0.1', port, clientId: 'test' })
    await expect(attempt).rejects.toThrow(/127\.0\.0\.1:\d+: .*ECONNREFUSED/)
    await expect(attempt).rejects.toMatchObject({ maybeWritten: false })
  })

  it.each([
    ['TLS', { tls: {} }],
    ['SASL', { sasl: { mechanism: 'plain', username: 'u', password: 'hunter2' } as const }],
  ])('of a silent peer during %s end with the connect time-out', async (_, options) => {
    await using broker = await ScriptedBroker.start(mute)
    let closed = 0
    const attempt = open(broker, { ...options, connectTimeoutMs: 60, onClose: () => closed++ })
    await expect(attempt).rejects.toThrow(/not connected within 60 ms/)
    expect(closed).toBe(0)
  })
})

describe('requests', () => {
  it('beyond the limit wait for room', async () => {
    const pending: (() => void)[] = []
    await using broker = await ScriptedBroker.start((request, socket) => {
      pending.push(() => socket.write(frameOf(request.correlationId, BODY)))
      if (pending.length === 2) for (const answer of pending.splice(0)) setImmediate(answer)
    })
    const connection = await open(broker, { maxInFlight: 2 })
    const all = sendMany(connection, 6)
    expect(connection.inFlightCount).toBe(2)
    expect((await all).map(outcome => outcome.id)).toEqual([0, 1, 2, 3, 4, 5])
    await connection.close()
  })

  it('carry spliced buffers whole', async () => {
    await using broker = await ScriptedBroker.start((request, socket) => {
      socket.write(frameOf(request.correlationId, golden('Produce.v7.response').subarray(8)))
    })
    const connection = await open(broker)
    const records = Buffer.alloc(3_000_000, 'abcdefghijk')
    await connection.request(produceV7, produceOf(-1, records))
    expect(broker.seen[0]?.body.subarray(-records.length).equals(records)).toBe(true)
    await connection.close()
  })

  it('without answer are done when their bytes have left', async () => {
    await using broker = await ScriptedBroker.start(mute)
    const connection = await open(broker)
    const response = await connection.request(produceV7, produceOf(0, Buffer.alloc(100)))
    expect(response.topics).toEqual([])
    expect(connection.inFlightCount).toBe(0)
    await connection.close()
    expect(broker.seen).toHaveLength(1)
  })

  it.each([-1, 0] as const)('give their buffers back once, also when the peer never reads (acks %i)', async acks => {
    await using broker = await ScriptedBroker.start(mute, socket => socket.pause())
    const connection = await open(broker)
    const flushed = Array<number>(8).fill(0)
    const failures: (WireFailure | null)[] = []
    for (let i = 0; i < flushed.length; i++) {
      const onFlushed = (): void => void (flushed[i] = (flushed[i] as number) + 1)
      connection.send(
        produceV7,
        produceOf(acks, Buffer.alloc(4_000_000)),
        (failure, _) => void failures.push(failure),
        onFlushed,
      )
    }
    await new Promise(resolve => setTimeout(resolve, 50))
    expect(connection.unsentBytes).toBeGreaterThan(0)
    connection.kill()
    await new Promise(resolve => setTimeout(resolve, 50))
    expect(flushed).toEqual(Array(8).fill(1))
    expect(failures).toHaveLength(8)
    expect(failures.at(-1)).toMatchObject({ name: 'ConnectionClosed', maybeWritten: true })
  })

  it('that are due are waited for by close', async () => {
    let closed: Error | undefined
    await using broker = await ScriptedBroker.start((request, socket) => {
      setTimeout(() => socket.write(frameOf(request.correlationId, BODY)), 20)
    })
    const connection = await open(broker, { onClose: cause => (closed = cause) })
    const outcomes = sendMany(connection, 2)
    await connection.close()
    expect((await outcomes).map(outcome => outcome.failure)).toEqual([null, null])
    expect(closed?.message).toMatch(/closed by us/)
  })
})
