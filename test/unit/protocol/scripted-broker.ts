// A TCP server that takes Kafka requests apart and answers what the test says, byte for byte.
import { createServer, type Server, type Socket } from 'node:net'
import { Reader } from '../../../src/protocol/bytes.ts'

export type SeenRequest = { key: number; version: number; correlationId: number; clientId: string; body: Buffer }
export type Handler = (request: SeenRequest, socket: Socket, broker: ScriptedBroker) => void

export class ScriptedBroker implements AsyncDisposable {
  readonly seen: SeenRequest[] = []
  readonly sockets: Socket[] = []
  private readonly server: Server

  private constructor(server: Server) {
    this.server = server
  }

  /** Calls `onRequest` for each whole request, and `onConnection` before the first. */
  static async start(onRequest: Handler, onConnection?: (socket: Socket) => void): Promise<ScriptedBroker> {
    const server = createServer()
    const broker = new ScriptedBroker(server)
    server.on('connection', socket => {
      broker.sockets.push(socket)
      socket.setNoDelay(true)
      socket.on('error', () => undefined)
      onConnection?.(socket)
      let held: Buffer = Buffer.alloc(0)
      socket.on('data', (chunk: Buffer) => {
        held = Buffer.concat([held, chunk])
        while (held.length >= 4 && held.length >= 4 + held.readInt32BE(0)) {
          const request = parse(held.subarray(4, 4 + held.readInt32BE(0)))
          held = held.subarray(4 + held.readInt32BE(0))
          broker.seen.push(request)
          onRequest(request, socket, broker)
        }
      })
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    return broker
  }

  get port(): number {
    return (this.server.address() as { port: number }).port
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.sockets) socket.destroy()
    await new Promise(resolve => this.server.close(resolve))
  }
}

function parse(frame: Buffer): SeenRequest {
  const reader = new Reader(frame)
  const key = reader.int16()
  const version = reader.int16()
  const correlationId = reader.int32()
  const clientId = reader.string()
  return { key, version, correlationId, clientId, body: Buffer.from(frame.subarray(reader.at)) }
}

/** An answer with its size field. */
export function frameOf(correlationId: number, body: Buffer): Buffer {
  const frame = Buffer.alloc(8 + body.length)
  frame.writeInt32BE(4 + body.length, 0)
  frame.writeInt32BE(correlationId, 4)
  body.copy(frame, 8)
  return frame
}
