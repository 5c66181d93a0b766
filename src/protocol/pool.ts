// One connection per broker and purpose: made when first asked for, shared by all who ask meanwhile, made again after it broke.
import { setTimeout as sleep } from 'node:timers/promises'
import { Connection, type ConnectionOptions } from './connection.ts'
import { ConnectionClosed } from './errors.ts'

export type Address = { host: string; port: number }
export type PoolOptions = Omit<ConnectionOptions, 'host' | 'port' | 'onClose'> & {
  /** Where to dial instead of an address that a broker advertises. */
  redirect?: (address: Address) => Address
  /** A connection was lost, or could not be made. */
  onTrouble?: (address: Address, cause: Error) => void
}

/** What one connection has for itself. */
type OwnOptions = Pick<ConnectionOptions, 'requestTimeoutMs'>

type Slot = { connection?: Connection; opening?: Promise<Connection>; failures: number; notBeforeMs: number }

/** Kafka's reconnect.backoff.ms and reconnect.backoff.max.ms. */
const FIRST_BACKOFF_MS = 50
const MAX_BACKOFF_MS = 1000
const JITTER = 0.2

export class ConnectionPool {
  private readonly options: PoolOptions
  private readonly slots = new Map<string, Slot>()
  private goneOut = 0
  private goneIn = 0
  private isClosed = false

  constructor(options: PoolOptions) {
    this.options = options
  }

  /** The open connection under a key, or a new one; waits while the last failure is too young. */
  open(key: string, address: Address, own: OwnOptions = {}): Promise<Connection> {
    const slot = this.slotOf(key)
    if (slot.connection?.isOpen) return Promise.resolve(slot.connection)
    slot.opening ??= this.dial(slot, address, own).finally(() => {
      delete slot.opening
    })
    return slot.opening
  }

  /** The open connection under a key; where there is none, begins to make one and returns undefined. */
  ready(key: string, address: Address): Connection | undefined {
    const connection = this.slots.get(key)?.connection
    if (connection?.isOpen) return connection
    this.open(key, address).catch(() => undefined) // onTrouble has told
    return undefined
  }

  /** Failures in a row under a key, 0 where the last attempt went well. */
  failuresOf(key: string): number {
    return this.slots.get(key)?.failures ?? 0
  }

  get bytesWritten(): number {
    return this.connections().reduce((sum, connection) => sum + connection.bytesWritten, this.goneOut)
  }

  get bytesRead(): number {
    return this.connections().reduce((sum, connection) => sum + connection.bytesRead, this.goneIn)
  }

  /** Waits for what is in flight, and takes no more. */
  async close(): Promise<void> {
    this.isClosed = true
    await Promise.all(this.connections().map(connection => connection.close()))
  }

  /** Ends every connection at once. */
  kill(): void {
    this.isClosed = true
    for (const connection of this.connections()) connection.kill()
  }

  private connections(): Connection[] {
    return [...this.slots.values()].flatMap(slot => slot.connection ?? [])
  }

  private slotOf(key: string): Slot {
    const known = this.slots.get(key)
    if (known) return known
    const slot: Slot = { failures: 0, notBeforeMs: 0 }
    this.slots.set(key, slot)
    return slot
  }

  private async dial(slot: Slot, advertised: Address, own: OwnOptions): Promise<Connection> {
    const { redirect, onTrouble, ...base } = this.options
    const address = redirect?.(advertised) ?? advertised
    const waitMs = slot.notBeforeMs - performance.now()
    if (waitMs > 0) await sleep(waitMs)
    try {
      if (this.isClosed) throw new ConnectionClosed('closed by us', { maybeWritten: false })
      const onClose = (cause: Error): void => this.lost(slot, address, cause)
      const connection = await Connection.open({ ...base, ...own, ...address, onClose })
      slot.connection = connection
      slot.failures = 0
      if (this.isClosed) connection.kill()
      return connection
    } catch (error) {
      holdBack(slot)
      if (!this.isClosed) onTrouble?.(address, error as Error)
      throw error
    }
  }

  private lost(slot: Slot, address: Address, cause: Error): void {
    this.goneOut += slot.connection?.bytesWritten ?? 0
    this.goneIn += slot.connection?.bytesRead ?? 0
    delete slot.connection
    holdBack(slot)
    if (!this.isClosed) this.options.onTrouble?.(address, cause)
  }
}

/** The pause doubles with each failure; the jitter keeps many processes from coming back as one. */
function holdBack(slot: Slot): void {
  const pauseMs = Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** slot.failures)
  slot.failures++
  slot.notBeforeMs = performance.now() + pauseMs * (1 + JITTER * (2 * Math.random() - 1))
}
