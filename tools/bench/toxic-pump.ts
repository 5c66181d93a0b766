// A TCP source and sink in a process of their own: so many bytes a second through a proxy, again after every break; tells what arrived.
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

const CHUNK = Buffer.alloc(65_536, 7)
const TICK_MS = 5
const AGAIN_MS = 20
const TELL_MS = 200
const MOST_OVERDUE_MS = 500

const bytesPerSecond = Number(process.argv[2])
let arrived = 0
let connections = 0

const sink = createServer(socket => {
  connections++
  socket.on('data', chunk => {
    arrived += chunk.length
  })
  socket.on('error', () => undefined)
})
sink.listen(0, '127.0.0.1', () => process.send?.({ sinkPort: (sink.address() as AddressInfo).port }))

/** What is long overdue was lost with a break, and is not made up for. */
async function pour(socket: Socket): Promise<void> {
  let sent = 0
  let beganMs = performance.now()
  while (!socket.destroyed) {
    const dueBytes = ((performance.now() - beganMs) / 1000) * bytesPerSecond
    if (dueBytes - sent > (bytesPerSecond * MOST_OVERDUE_MS) / 1000) [sent, beganMs] = [0, performance.now()]
    else for (; sent < dueBytes && socket.writableLength < 4 * CHUNK.length; sent += CHUNK.length) socket.write(CHUNK)
    await sleep(TICK_MS)
  }
}

async function pourForever(port: number): Promise<void> {
  for (;;) {
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => undefined)
    await pour(socket)
    await sleep(AGAIN_MS)
  }
}

process.on('message', ({ entrancePort }: { entrancePort: number }) => {
  void pourForever(entrancePort)
})
process.on('disconnect', () => process.exit())
setInterval(() => process.send?.({ arrived, connections }), TELL_MS)
