// The sequence numbers of one partition under idempotence: what keeps retries from being stored twice, and gaps from stopping the rest.
import { CODES } from '../../protocol/error-codes.ts'
import type { PendingBatch } from '../driver.ts'

/** A producer id and its epoch, as a broker gave them. */
export type Identity = { producerId: number; epoch: number }
/** What a batch is sent under; -1 everywhere without idempotence. */
export type Stamp = Identity & { sequence: number }

/** What an error leaves to be done about one batch. */
export type Setback = { retriable: boolean; duplicatePossible: boolean }

type Pin = { batch: PendingBatch; sequence: number; isAmbiguous: boolean }

/** Sequence numbers wrap as Java's do. */
const SEQUENCES = 2 ** 31

/** The broker no longer knows us: nothing that is sent under this identity will ever be stored. */
const IDENTITY_LOST: readonly number[] = [
  CODES.UNKNOWN_PRODUCER_ID,
  CODES.INVALID_PRODUCER_EPOCH,
  CODES.PRODUCER_FENCED,
  CODES.INVALID_PRODUCER_ID_MAPPING,
]

/**
 * A batch keeps the number of its first attempt. Once one that had a number is given up, its successors would wait
 * behind the gap for ever; the lane is broken then, and takes a new identity as soon as no batch can still be
 * stored under the old one.
 */
export class Lane {
  private identity: Identity
  private next = 0
  private inFlight = 0
  private isBroken = false
  private hasStored = false
  /** In the order of their numbers; a handful, and sooner looked through than kept in a map, which is made anew every few batches. */
  private pins: Pin[] = []

  constructor(identity: Identity) {
    this.identity = identity
  }

  /** The number to send a batch under; undefined where it must wait for a new identity. */
  enter(batch: PendingBatch): Stamp | undefined {
    let pin = this.pinOf(batch)
    if (this.isBroken && !pin?.isAmbiguous) return undefined
    if (!pin) {
      pin = { batch, sequence: this.next, isAmbiguous: false }
      this.next = (this.next + batch.count) % SEQUENCES
      this.pins.push(pin)
    }
    this.inFlight++
    return { ...this.identity, sequence: pin.sequence }
  }

  /** The batch is stored. */
  stored(batch: PendingBatch): void {
    this.inFlight--
    this.hasStored = true
    this.unpin(batch)
  }

  /** An attempt ended with an error: a broker's code, or none where there was no answer. */
  failed(batch: PendingBatch, error: { code?: number; retriable: boolean; maybeWritten: boolean }): Setback {
    this.inFlight--
    const pin = this.pinOf(batch)
    if (!pin) return { retriable: error.retriable, duplicatePossible: false }
    if (error.maybeWritten) pin.isAmbiguous = true
    const isOldest = this.pins[0] === pin
    const isOutOfOrder = error.code === CODES.OUT_OF_ORDER_SEQUENCE_NUMBER
    if (isOutOfOrder && !isOldest && !this.isBroken) return { retriable: true, duplicatePossible: false }
    if (!isOutOfOrder && !IDENTITY_LOST.includes(error.code ?? 0)) {
      return { retriable: error.retriable, duplicatePossible: false }
    }
    // Behind a gap an earlier attempt cannot have been stored; without one the broker has forgotten what it stored.
    const duplicatePossible = pin.isAmbiguous && !this.isBroken
    this.unpin(batch)
    this.isBroken = true
    return { retriable: true, duplicatePossible }
  }

  /** No further attempt will be made: where the batch had a number, nothing may follow it under this identity. */
  abandon(batch: PendingBatch): void {
    if (this.unpin(batch)) this.isBroken = true
  }

  /** False until something is stored under this identity; brokers hold no numbers against it before. */
  get isKnown(): boolean {
    return this.hasStored
  }

  /** True while nothing can be sent before a new identity is there. */
  get isBlocked(): boolean {
    if (!this.isBroken) return false
    return !this.pins.some(pin => pin.isAmbiguous)
  }

  get needsIdentity(): boolean {
    return this.inFlight === 0 && this.isBlocked
  }

  /** Begins anew; whatever still waits gets new numbers. */
  renew(identity: Identity): void {
    this.identity = identity
    this.next = 0
    this.isBroken = false
    this.hasStored = false
    this.pins = []
  }

  private pinOf(batch: PendingBatch): Pin | undefined {
    return this.pins.find(pin => pin.batch === batch)
  }

  private unpin(batch: PendingBatch): boolean {
    const at = this.pins.findIndex(pin => pin.batch === batch)
    if (at >= 0) this.pins.splice(at, 1)
    return at >= 0
  }
}
