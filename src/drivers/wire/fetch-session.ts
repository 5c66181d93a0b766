// A fetch session with one broker (KIP-227): a full fetch opens it, then only what changed is listed; any doubt begins a new one.
import { CODES } from '../../protocol/error-codes.ts'
import type { FetchPartition, ForgottenTopic } from '../../protocol/requests/fetch.ts'
import type { ReadPartition } from './assignment.ts'

/** What a fetch request says about its session. */
export type SessionRequest = {
  sessionId: number
  sessionEpoch: number
  topics: { name: string; partitions: FetchPartition[] }[]
  forgotten: ForgottenTopic[]
}

type Told = { fetchOffset: number; leaderEpoch: number }

const NO_SESSION = 0
/** In this epoch everything is listed, and a session of the given id is closed. */
const FULL = 0
const FIRST_INCREMENTAL = 1
const MAX_EPOCH = 0x7fff_ffff

export class FetchSession {
  private readonly maxPartitionBytes: number
  private id = NO_SESSION
  private epoch = FULL
  /** What the broker has been told of each partition. */
  private readonly told = new Map<ReadPartition, Told>()

  constructor(maxPartitionBytes: number) {
    this.maxPartitionBytes = maxPartitionBytes
  }

  get isIncremental(): boolean {
    return this.epoch !== FULL
  }

  /** The request for these partitions; to be answered by `accept` or `fail` before the next one. */
  next(wanted: ReadonlySet<ReadPartition>): SessionRequest {
    if (this.epoch === FULL) this.told.clear()
    const forgotten = this.forget(wanted)
    const listed = [...wanted].filter(partition => this.isNews(partition))
    for (const partition of listed) {
      const { fetchOffset, leaderEpoch } = partition
      // What changed moves to the end of the broker's order, so that none starves where an answer is full.
      this.told.delete(partition)
      this.told.set(partition, { fetchOffset, leaderEpoch })
    }
    return { sessionId: this.id, sessionEpoch: this.epoch, topics: this.grouped(listed), forgotten }
  }

  /** Takes the head of an answer; false where the broker does not know the session, and everything is to be asked for anew. */
  accept(errorCode: number, sessionId: number): boolean {
    if (errorCode !== CODES.NONE) {
      if (errorCode === CODES.FETCH_SESSION_ID_NOT_FOUND) this.id = NO_SESSION
      this.epoch = FULL
      return false
    }
    if (sessionId === NO_SESSION) {
      // The broker has no room for a session, or has put this one out.
      this.id = NO_SESSION
      this.epoch = FULL
    } else {
      this.epoch = this.epoch === FULL || this.epoch === MAX_EPOCH ? FIRST_INCREMENTAL : this.epoch + 1
      this.id = sessionId
    }
    return true
  }

  /** There was no answer: the broker may be an epoch ahead, so the session is closed with the next fetch. */
  fail(): void {
    this.epoch = FULL
  }

  /** True where an answer about a partition is one to the offset that is wanted now. */
  isCurrent(partition: ReadPartition): boolean {
    return this.told.get(partition)?.fetchOffset === partition.fetchOffset
  }

  private isNews(partition: ReadPartition): boolean {
    const told = this.told.get(partition)
    return told?.fetchOffset !== partition.fetchOffset || told.leaderEpoch !== partition.leaderEpoch
  }

  private forget(wanted: ReadonlySet<ReadPartition>): ForgottenTopic[] {
    const gone = [...this.told.keys()].filter(partition => !wanted.has(partition))
    for (const partition of gone) this.told.delete(partition)
    return [...Map.groupBy(gone, ({ name }) => name)].map(([name, own]) => {
      return { name, partitions: own.map(({ partition }) => partition) }
    })
  }

  private grouped(listed: readonly ReadPartition[]): SessionRequest['topics'] {
    return [...Map.groupBy(listed, ({ name }) => name)].map(([name, own]) => {
      const partitions = own.map(({ partition, leaderEpoch, fetchOffset }): FetchPartition => {
        return { partition, leaderEpoch, fetchOffset, maxBytes: this.maxPartitionBytes }
      })
      return { name, partitions }
    })
  }
}
