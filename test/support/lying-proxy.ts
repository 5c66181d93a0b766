// A stand-in for a wrong advertised.listeners: passes a real broker's bytes on, but for its own port, which it replaces.
import { connect, createServer, type Server } from 'node:net'

/** Listens on a free port, forwards to a broker, and puts another port into what the broker advertises. */
export async function startLyingProxy(brokerPort: number, toldPort: number): Promise<{ port: number; close(): void }> {
  const host = Buffer.from('127.0.0.1')
  const advertised = (port: number): Buffer => {
    const bytes = Buffer.alloc(4)
    bytes.writeInt32BE(port)
    return Buffer.concat([host, bytes])
  }
  const [true_, told] = [advertised(brokerPort), advertised(toldPort)]
  const server: Server = createServer(client => {
    const broker = connect(brokerPort, '127.0.0.1')
    client.pipe(broker)
    broker.on('data', (chunk: Buffer) => {
      const at = chunk.indexOf(true_)
      if (at >= 0) told.copy(chunk, at)
      client.write(chunk)
    })
    for (const [one, other] of [
      [client, broker],
      [broker, client],
    ] as const) {
      one.on('close', () => other.destroy())
      one.on('error', () => other.destroy())
    }
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('the proxy has no port')
  return { port: address.port, close: () => void server.close() }
}
