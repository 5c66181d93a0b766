// The one place that makes sockets to brokers: no Nagle, keep-alive, reads into a buffer of the caller's choice.
import net from 'node:net'
import tls from 'node:tls'

export type TlsOptions = tls.ConnectionOptions

export type DialOptions = {
  host: string
  port: number
  /** Node's own options; the host is the server name unless they say otherwise. */
  tls?: TlsOptions
  /** Where the next bytes shall be put. */
  target: () => Buffer
  onRead: (sizeBytes: number) => void
}

const KEEP_ALIVE_MS = 60_000
/** What a socket holds back is counted by whoever writes; a lower mark only makes it tell of itself after every batch. */
const HIGH_WATER_BYTES = 64 * 1024 * 1024

/** Begins to connect. */
export function dial({ host, port, tls: secure, target, onRead }: DialOptions): net.Socket {
  const callback = (sizeBytes: number): boolean => {
    onRead(sizeBytes)
    return true
  }
  const base = { host, port, onread: { buffer: target, callback }, writableHighWaterMark: HIGH_WATER_BYTES }
  const servername = net.isIP(host) ? {} : { servername: host }
  const socket = secure ? tls.connect({ ...base, ...servername, ...secure }) : net.connect(base)
  socket.setNoDelay(true)
  socket.setKeepAlive(true, KEEP_ALIVE_MS)
  return socket
}

/** Resolves when requests can be written; rejects when the socket closes before. */
export function whenConnected(socket: net.Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('encrypted' in socket ? 'secureConnect' : 'connect', resolve)
    socket.once('close', () => reject(new Error('closed before it was connected')))
  })
}

/** Messages up to this size are copied into one buffer: that is cheaper than to hand the socket a list of them. */
const COPIED_BYTES = 64 * 1024
let spare = Buffer.allocUnsafeSlow(COPIED_BYTES)

/** Writes buffers as one message; the callback comes once, when the socket needs none of them any more. */
export function writeParts(
  socket: net.Socket,
  parts: readonly Buffer[],
  onFlushed?: (error?: Error | null) => void,
): void {
  const last = parts.length - 1
  if (last === 0) {
    socket.write(parts[0] as Buffer, onFlushed)
    return
  }
  let sizeBytes = 0
  for (const part of parts) sizeBytes += part.length
  // A socket that lags behind would keep each copy, and TLS always does.
  if (sizeBytes <= COPIED_BYTES && socket.writableLength === 0 && !('encrypted' in socket)) {
    writeCopy(socket, parts, sizeBytes, onFlushed)
    return
  }
  socket.cork()
  for (let i = 0; i < last; i++) socket.write(parts[i] as Buffer)
  socket.write(parts[last] as Buffer, onFlushed)
  socket.uncork()
}

function writeCopy(
  socket: net.Socket,
  parts: readonly Buffer[],
  sizeBytes: number,
  onFlushed: ((error?: Error | null) => void) | undefined,
): void {
  let at = 0
  for (const part of parts) {
    spare.set(part, at)
    at += part.length
  }
  socket.write(spare.subarray(0, sizeBytes), onFlushed)
  // What the kernel has not taken yet keeps the buffer; the next message then gets another.
  if (socket.writableLength > 0) spare = Buffer.allocUnsafeSlow(COPIED_BYTES)
}

/** Ends a socket in order: what was written is sent, then the other side closes, or the time is up. */
export function hangUp(socket: net.Socket, limitMs: number): Promise<void> {
  return new Promise(resolve => {
    const timer = setTimeout(() => socket.destroy(), limitMs)
    socket.once('close', () => {
      clearTimeout(timer)
      resolve()
    })
    socket.end()
  })
}
