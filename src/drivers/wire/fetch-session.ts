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
const NONE_FORGOTTEN: ForgottenTopic[] = []

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
    const listed: ReadPartition[] = []
    for (const partition of wanted) if (this.isNews(partition)) listed.push(partition)
    for (const partition of listed) this.note(partition)
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

  private note(partition: ReadPartition): void {
    const { fetchOffset, leaderEpoch } = partition
    const told = this.told.get(partition)
    if (!told) this.told.set(partition, { fetchOffset, leaderEpoch })
    else {
      told.fetchOffset = fetchOffset
      told.leaderEpoch = leaderEpoch
    }
  }

  private isNews(partition: ReadPartition): boolean {
    const told = this.told.get(partition)
    return told?.fetchOffset !== partition.fetchOffset || told.leaderEpoch !== partition.leaderEpoch
  }

  private forget(wanted: ReadonlySet<ReadPartition>): ForgottenTopic[] {
    const gone: ReadPartition[] = []
    for (const partition of this.told.keys()) if (!wanted.has(partition)) gone.push(partition)
    if (gone.length === 0) return NONE_FORGOTTEN
    for (const partition of gone) this.told.delete(partition)
    return byTopic(gone, ({ partition }) => partition)
  }

  private grouped(listed: readonly ReadPartition[]): SessionRequest['topics'] {
    return byTopic(listed, ({ partition, leaderEpoch, fetchOffset }): FetchPartition => {
      return { partition, leaderEpoch, fetchOffset, maxBytes: this.maxPartitionBytes }
    })
  }
}

/** By hand, because nearly every fetch lists a partition or two of one topic. */
function byTopic<Told>(
  partitions: readonly ReadPartition[],
  tell: (partition: ReadPartition) => Told,
): { name: string; partitions: Told[] }[] {
  const topics: { name: string; partitions: Told[] }[] = []
  for (const partition of partitions) {
    const topic = topics.find(({ name }) => name === partition.name)
    if (topic) topic.partitions.push(tell(partition))
    else topics.push({ name: partition.name, partitions: [tell(partition)] })
  }
  return topics
}
