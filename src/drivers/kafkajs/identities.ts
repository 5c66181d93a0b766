// Producer ids of one idempotent worker: a partition that gave up on a batch goes on under another id, because the sequence of the old one is in doubt.
import type { Producer } from './client.ts'

/** A connected client and what is still under way on it. */
type Identity = { client: Producer; ready: Promise<void> | undefined; underWay: number; partitions: Set<string> }

/**
 * kafkajs takes the sequence numbers of a failed request back and gives them to the next batch. Where the failed one
 * was stored after all, the broker takes the next for its copy: it answers as if it were stored, and stores nothing.
 */
export class Identities {
  private readonly make: () => Producer
  /** Oldest first; a partition that is not named in any belongs to the first. */
  private readonly all: Identity[] = []
  private readonly ofPartition = new Map<string, Identity>()
  private readonly first: Identity

  constructor(make: () => Producer) {
    this.make = make
    this.first = this.add()
  }

  /** Connects the first one. */
  open(): Promise<void> {
    return this.connect(this.first)
  }

  of(topic: number, partition: number): Identity {
    return this.ofPartition.get(`${topic}:${partition}`) ?? this.first
  }

  /** The client of an identity, once its producer id is known; nothing was sent where this fails. */
  async use<T>(identity: Identity, send: (client: Producer) => Promise<T>): Promise<T> {
    identity.underWay++
    try {
      await this.connect(identity)
      return await send(identity.client)
    } finally {
      identity.underWay--
      this.retire(identity)
    }
  }

  /** No further batch of a partition is sent under the identity that it has had. */
  leave(topic: number, partition: number): void {
    const name = `${topic}:${partition}`
    const old = this.of(topic, partition)
    const newest = this.all.at(-1)
    const next = newest === undefined || newest === old ? this.add() : newest
    old.partitions.delete(name)
    next.partitions.add(name)
    this.ofPartition.set(name, next)
    this.retire(old)
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.all.map(({ client }) => client.disconnect()))
  }

  private add(): Identity {
    const identity: Identity = { client: this.make(), ready: undefined, underWay: 0, partitions: new Set() }
    this.all.push(identity)
    return identity
  }

  /** A client that connected but got no id would send without idempotence, so it is thrown away. */
  private connect(identity: Identity): Promise<void> {
    identity.ready ??= identity.client.connect().catch(async (error: unknown) => {
      const { client } = identity
      identity.client = this.make()
      identity.ready = undefined
      await client.disconnect().catch(() => undefined)
      throw error
    })
    return identity.ready
  }

  /** Ends an identity that no partition will use again; the first may still be any partition's. */
  private retire(identity: Identity): void {
    if (identity === this.first || identity.underWay > 0 || identity.partitions.size > 0) return
    const at = this.all.indexOf(identity)
    if (at < 0) return
    this.all.splice(at, 1)
    void identity.client.disconnect().catch(() => undefined)
  }
}
