// The one door to @platformatic/kafka: options from Kafka's names, sockets that are counted, and how many produce requests each broker was sent.
import type { Socket } from 'node:net'
import {
  type BaseOptions,
  type Connection,
  type Message as ConsumedMessage,
  Consumer,
  compressionsAlgorithms,
  connectionsApiChannel,
  type MessagesStream,
  type MessageToProduce,
  Producer,
  protocolErrors,
  protocolErrorsCodesById,
  type SASLMechanismValue,
} from '@platformatic/kafka'
import type { Security } from '../driver.ts'

export { Consumer, compressionsAlgorithms, Producer, protocolErrors, protocolErrorsCodesById }
export type Received = ConsumedMessage<Buffer, Buffer, Buffer, Buffer>
export type Message = MessageToProduce<Buffer, Buffer, Buffer, Buffer>
export type Codec = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd'
export type Stream = MessagesStream<Buffer, Buffer, Buffer, Buffer>
export type BufferProducer = Producer<Buffer, Buffer, Buffer, Buffer>
export type BufferConsumer = Consumer<Buffer, Buffer, Buffer, Buffer>

const PRODUCE_API = 0

type Login = { mechanism: string; username: string; password: string }

/** The login as this client wants it: its TLS options, and mechanisms in capital letters. */
function securityOf(security: Security | undefined): Pick<BaseOptions, 'tls' | 'sasl'> {
  const { ssl, sasl } = security ?? {}
  const login = sasl as Login | undefined
  return {
    ...(ssl ? { tls: ssl === true ? {} : (ssl as NonNullable<BaseOptions['tls']>), tlsServerName: true } : {}),
    ...(login
      ? {
          sasl: {
            mechanism: login.mechanism.toUpperCase() as SASLMechanismValue,
            username: login.username,
            password: login.password,
          },
        }
      : {}),
  }
}

/** What producers and consumers are both told; the rest are the client's own defaults. */
export function baseOptions(options: { bootstrap: string[]; clientId: string; security?: Security }): BaseOptions {
  return { clientId: options.clientId, bootstrapBrokers: options.bootstrap, ...securityOf(options.security) }
}

type BrokerEvent = { connection: Connection }
type Client = Pick<BufferProducer, 'instanceId' | 'on'>

/** Bytes that the sockets of a client carried, those already closed included. */
export class SocketCounts {
  private readonly open = new Set<Socket>()
  private closed = { written: 0, read: 0 }

  constructor(client: Client | BufferConsumer) {
    const onConnect = ({ connection }: BrokerEvent): void => this.add(connection)
    ;(client as Client).on('client:broker:connect', onConnect)
  }

  get written(): number {
    return this.closed.written + this.sum('bytesWritten')
  }

  get read(): number {
    return this.closed.read + this.sum('bytesRead')
  }

  private add(connection: Connection): void {
    // The pool listens for the first error of a connection only; a second one would end the process.
    connection.on('error', () => undefined)
    const { socket } = connection
    if (this.open.has(socket)) return
    this.open.add(socket)
    socket.once('close', () => {
      this.open.delete(socket)
      this.closed.written += socket.bytesWritten
      this.closed.read += socket.bytesRead
    })
  }

  private sum(field: 'bytesWritten' | 'bytesRead'): number {
    let total = 0
    for (const socket of this.open) total += socket[field]
    return total
  }
}

/** Counts, per broker address, the produce requests that a client wrote to its sockets. */
export class ProduceCounts {
  private readonly byAddress = new Map<string, number>()
  private readonly listener: (message: unknown) => void
  total = 0

  constructor(client: Pick<BufferProducer, 'instanceId'>) {
    this.listener = message => {
      const { connection, apiKey } = message as { connection: Connection; apiKey: number }
      if (apiKey !== PRODUCE_API || connection.ownerId !== client.instanceId) return
      const address = `${connection.host}:${connection.port}`
      this.byAddress.set(address, this.at(address) + 1)
      this.total++
    }
    connectionsApiChannel.start.subscribe(this.listener)
  }

  at(address: string): number {
    return this.byAddress.get(address) ?? 0
  }

  close(): void {
    connectionsApiChannel.start.unsubscribe(this.listener)
  }
}
